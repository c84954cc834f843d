// The longest sides that each format can have, and one pixel more where its fields have room for
// it.
#include <boost/test/unit_test.hpp>
#include <string>
#include <vector>

#include "builders.hpp"
#include "builders_heif.hpp"
#include "builders_tiff.hpp"

namespace retail_pulse::imaging {
namespace {

constexpr std::uint32_t most_16 = 0xFFFF, most_31 = 0x7FFFFFFF, most_32 = 0xFFFFFFFF;

struct picture {
  std::string name;
  std::string file;
  std::uint32_t width = 0;  ///< and height; of a picture beyond a bound nothing is measured
  std::uint32_t height = 0;
};

std::string icon_of_bitmap(std::uint32_t width, std::uint32_t twice_height) {
  return ico({{5, 5, file_bytes{}.le32(40).le32(width).le32(twice_height).fill(28)}});
}

std::vector<picture> at_their_bounds() {
  return {
      {"JPEG", jpeg(most_16, most_16), most_16,
       most_16},  // fields of 16 bits have no room for more
      {"GIF", gif(most_16, most_16), most_16, most_16},
      {"PNG", png(most_31, most_31), most_31, most_31},
      {"BMP", bmp({.width = most_31, .height = most_31}), most_31, most_31},
      {"BMP from top to bottom", bmp({.width = 5, .height = 0U - most_31}), 5, most_31},
      {"OS/2 BMP", bmp({.header_length = 12, .width = most_16, .height = most_16}), most_16,
       most_16},
      {"lossy WebP", webp_lossy(16'383, 16'383), 16'383, 16'383},
      {"lossless WebP", webp_lossless(16'384, 16'384), 16'384, 16'384},
      {"WebP by its width", webp_animation(1 << 24, 255), 1 << 24, 255},
      {"WebP by its height", webp_animation(255, 1 << 24), 255, 1 << 24},
      {"WebP by its area", webp_animation(65'536, 65'535), 65'536, 65'535},
      {"PSD", psd_start({.width = 30'000, .height = 30'000}), 30'000, 30'000},
      {"PSB", psd_start({.large = true, .width = 300'000, .height = 300'000}), 300'000, 300'000},
      {"TIFF", tiff({.width = most_32, .height = most_32, .side_type = tiff_type::u32}), most_32,
       most_32},
      {"BigTIFF",
       tiff({.large = true, .width = most_32, .height = most_32, .side_type = tiff_type::u64}),
       most_32, most_32},
      {"icon with a PNG", ico({{5, 5, png(4096, 4096)}}), 4096, 4096},
      {"icon with a bitmap", icon_of_bitmap(4096, 8192), 4096, 4096},
      {"HEIC", heif(plain_heif(most_32, most_32)), most_32, most_32},
  };
}

std::vector<picture> beyond_their_bounds() {
  return {
      {"PNG by its width", png(most_31 + 1, 5)},
      {"PNG by its height", png(5, most_31 + 1)},
      {"BMP by its width", bmp({.width = most_31 + 1, .height = 5})},
      {"BMP by its height", bmp({.width = 5, .height = most_31 + 1})},
      {"lossy WebP by its width", webp_lossy(16'384, 5)},
      {"lossy WebP by its height", webp_lossy(5, 16'384)},
      {"WebP of 2^24 by 2^8", webp_animation(1 << 24, 256)},
      {"WebP of 2^16 by 2^16", webp_animation(65'536, 65'536)},
      {"WebP of 2^24 by 2^24", webp_animation(1 << 24, 1 << 24)},
      {"PSD by its width", psd_start({.width = 30'001, .height = 5})},
      {"PSD by its height", psd_start({.width = 5, .height = 30'001})},
      {"PSD of 2^32 - 1", psd_start({.width = most_32, .height = most_32})},
      {"PSB by its width", psd_start({.large = true, .width = 300'001, .height = 5})},
      {"PSB by its height", psd_start({.large = true, .width = 5, .height = 300'001})},
      {"BigTIFF by its width",
       tiff({.large = true, .width = std::uint64_t{most_32} + 1, .side_type = tiff_type::u64})},
      {"BigTIFF by its height",
       tiff({.large = true, .height = std::uint64_t{most_32} + 1, .side_type = tiff_type::u64})},
      {"icon with a PNG, by its width", ico({{5, 5, png(4097, 5)}})},
      {"icon with a PNG, by its height", ico({{5, 5, png(5, 4097)}})},
      {"icon with a PNG of 2^32 - 1", ico({{5, 5, png(most_32, most_32)}})},
      {"icon with a bitmap, by its width", icon_of_bitmap(4097, 6)},
      {"icon with a bitmap, by its height", icon_of_bitmap(5, 8194)},
      {"icon with a bitmap of a negative width", icon_of_bitmap(most_31 + 1, 6)},
  };
}

}  // namespace

BOOST_AUTO_TEST_SUITE(the_sides_of_a_picture)

// A measured size is all that header mode waits for; full mode looks at the end, which is not there
// of every picture of such a size.
BOOST_AUTO_TEST_CASE(are_measured_at_the_bound_of_its_format) {
  for (const auto& each : at_their_bounds()) {
    BOOST_TEST_CONTEXT(each.name) {
      image_reader reader;
      BOOST_TEST((reader.feed(as_piece(each.file)) == image_reader::state::measured));
      const auto outcome = reader.finish();
      BOOST_TEST((outcome.code == error_code::none || outcome.code == error_code::truncated));
      BOOST_TEST(outcome.measured.width == each.width);
      BOOST_TEST(outcome.measured.height == each.height);
    }
  }
}

BOOST_AUTO_TEST_CASE(are_refused_beyond_it_as_soon_as_they_are_read) {
  for (const auto& each : beyond_their_bounds()) {
    for (const std::size_t piece : {std::size_t{1}, each.file.size()}) {
      BOOST_TEST_CONTEXT(each.name << " in pieces of " << piece) {
        const auto outcome = read_in_pieces(each.file, piece);
        BOOST_TEST(outcome.code == error_code::bad_dimensions);
        BOOST_TEST(outcome.measured.width + outcome.measured.height == 0u);
      }
    }
    image_reader reader;
    BOOST_TEST((reader.feed(as_piece(each.file)) == image_reader::state::failed), each.name);
  }
}

BOOST_AUTO_TEST_CASE(make_a_perimeter_that_fits) {
  BOOST_TEST(perimeter_of({image_format::tiff, most_32, most_32}) == 17'179'869'180);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace retail_pulse::imaging
