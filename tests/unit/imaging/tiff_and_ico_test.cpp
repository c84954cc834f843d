#include <boost/test/unit_test.hpp>
#include <limits>

#include "builders_tiff.hpp"

namespace retail_pulse::imaging {
namespace {

using namespace std::string_literals;

constexpr std::uint64_t most = std::numeric_limits<std::uint64_t>::max();

/// A little-endian file with that directory right behind the header, and nothing else.
std::string with_entries(const std::vector<tiff_entry>& entries, bool large = false) {
  tiff_bytes file{false, large};
  file.header(large ? 16 : 8).entry_count(entries.size());
  for (const auto& each : entries) file.entry(each, 8);
  return file.offset(0);
}

std::string with_width(const tiff_entry& width, bool large = false) {
  return with_entries({width, {257, tiff_type::u16, {21}}}, large);
}

measurement measured_of(const std::string& file) { return read_in_pieces(file).measured; }

const measurement size{image_format::tiff, 37, 21};

}  // namespace

BOOST_AUTO_TEST_SUITE(a_tiff)

BOOST_AUTO_TEST_CASE(with_its_directory_inside_of_its_header_is_no_image) {
  const std::string directory = with_width({256, tiff_type::u16, {37}}).substr(8);
  for (const std::uint32_t at : {0U, 1U, 7U}) {
    BOOST_TEST(
        code_of(std::string{tiff_bytes{false}.header(at)} + directory) == error_code::not_an_image,
        "at " << at);
  }
  BOOST_TEST(code_of(std::string{tiff_bytes{false}.header(8)} + directory) == error_code::none);
  BOOST_TEST(code_of(std::string{tiff_bytes{false}.header(9)} + "?" + directory) ==
             error_code::none);
  for (const std::uint64_t at : {0, 8, 15}) {
    BOOST_TEST(code_of(std::string{tiff_bytes{true, true}.header(at)}) == error_code::not_an_image,
               "at " << at);
  }
  BOOST_TEST(code_of(std::string{tiff_bytes{true, true}.header(16)}) == error_code::truncated);
}

BOOST_AUTO_TEST_CASE(with_its_directory_behind_the_end_of_any_file_is_truncated) {
  for (const std::uint64_t at : {std::uint64_t{1} << 62, std::uint64_t{1} << 63, most - 1, most}) {
    image_reader reader;
    reader.feed(as_piece(std::string{tiff_bytes{true, true}.header(at)}));
    BOOST_TEST(reader.wanted() == at);
    reader.feed(as_piece(std::string(100'000, '\0')));
    BOOST_TEST(reader.wanted() == at);
    BOOST_TEST(reader.finish().code == error_code::truncated);
  }
}

BOOST_AUTO_TEST_CASE(of_64_bits_says_that_its_offsets_have_8_bytes) {
  auto file = tiff({.large = true});
  BOOST_TEST(code_of(file) == error_code::none);
  for (const std::size_t at : {4, 5, 6, 7}) {
    auto changed = file;
    changed[at] = static_cast<char>(changed[at] ^ 4);
    BOOST_TEST(code_of(changed) == error_code::not_an_image, "byte " << at);
  }
}

BOOST_AUTO_TEST_CASE(without_a_size_has_bad_dimensions) {
  BOOST_TEST((measured_of(with_width({256, tiff_type::u16, {37}})) == size));
  const auto is_bad = [](const std::string& file) {
    BOOST_TEST(code_of(file) == error_code::bad_dimensions);
    BOOST_TEST((measured_of(file) == measurement{image_format::tiff, 0, 0}));
  };
  is_bad(with_entries({}));
  is_bad(with_entries({{257, tiff_type::u16, {21}}}));
  is_bad(with_entries({{256, tiff_type::u16, {37}}}));
  is_bad(with_width({256, tiff_type::u16, {0}}));
  is_bad(with_width({256, tiff_type::u16, {}}));
  is_bad(with_width({256, tiff_type::u32, {37, 37}}));  // outside of the directory
  is_bad(with_entries({{256, tiff_type::u32, {37}}, {257, tiff_type::u32, {0}}}));
}

BOOST_AUTO_TEST_CASE(has_whole_numbers_for_sides) {
  const measurement expected{image_format::tiff, 37, 21};
  for (const std::uint32_t type :
       {tiff_type::byte, tiff_type::u16, tiff_type::u32, tiff_type::i16, tiff_type::i32}) {
    BOOST_TEST((measured_of(with_width({256, type, {37}})) == expected), "type " << type);
  }
  for (const std::uint32_t type : {tiff_type::text, tiff_type::f32, 7U, 14U}) {
    BOOST_TEST(code_of(with_width({256, type, {37}})) == error_code::bad_dimensions,
               "type " << type);
  }
  BOOST_TEST(code_of(with_width({256, tiff_type::rational, {37}}, true)) ==
             error_code::bad_dimensions);
  BOOST_TEST(code_of(with_width({256, tiff_type::i16, {0xFFFF}})) == error_code::bad_dimensions,
             "-1");
  BOOST_TEST(code_of(with_width({256, tiff_type::i32, {0x80000000}})) == error_code::bad_dimensions,
             "below zero");
  BOOST_TEST((measured_of(with_width({256, tiff_type::u32, {0x80000000}})) ==
              measurement{image_format::tiff, 0x80000000, 21}));
}

BOOST_AUTO_TEST_CASE(has_sides_of_at_most_32_bits) {
  BOOST_TEST((measured_of(with_width({256, tiff_type::u64, {0xFFFFFFFF}}, true)) ==
              measurement{image_format::tiff, 0xFFFFFFFF, 21}));
  BOOST_TEST(code_of(with_width({256, tiff_type::u64, {0x100000000}}, true)) ==
             error_code::bad_dimensions);
  BOOST_TEST(code_of(with_width({256, tiff_type::u64, {most}}, true)) ==
             error_code::bad_dimensions);
}

BOOST_AUTO_TEST_CASE(is_measured_by_the_first_of_two_widths) {
  const std::vector<tiff_entry> entries{
      {256, tiff_type::u16, {37}}, {256, tiff_type::u16, {0}}, {257, tiff_type::u16, {21}}};
  BOOST_TEST((measured_of(with_entries(entries)) == size));
}

BOOST_AUTO_TEST_CASE(with_entries_of_an_unknown_type_is_measured_all_the_same) {
  tiff_bytes file{false};
  file.header(8)
      .entry_count(3)
      .entry({256, tiff_type::u16, {37}})
      .entry({257, tiff_type::u16, {21}});
  file.raw_entry(273, 99, 0xFFFFFFFF, 0xFFFFFFFF).offset(0);
  BOOST_TEST(code_of(std::string{file}) == error_code::none);
  BOOST_TEST((measured_of(std::string{file}) == size));
}

BOOST_AUTO_TEST_CASE(counts_no_further_than_its_bytes_go) {
  const std::string filler(1'000'000, '\0');
  BOOST_TEST(code_of(std::string{tiff_bytes{false, true}.header(16).entry_count(most)} + filler) ==
             error_code::truncated);
  for (const bool large : {false, true}) {
    for (const std::uint32_t tag : {273U, 279U, 324U, 325U, 700U}) {
      for (const std::uint32_t type : {tiff_type::byte, tiff_type::u16, tiff_type::u64}) {
        for (const std::uint64_t at :
             {std::uint64_t{0}, std::uint64_t{200}, std::uint64_t{0xFFFFFFFF}}) {
          tiff_bytes file{false, large};
          file.header(large ? 16 : 8)
              .entry_count(3)
              .entry({256, tiff_type::u16, {37}})
              .entry({257, tiff_type::u16, {21}});
          file.raw_entry(tag, type, large ? most : 0xFFFFFFFF, at).offset(0);
          const auto outcome = read_in_pieces(std::string{file} + filler, 100'000);
          BOOST_TEST(outcome.code == error_code::truncated,
                     "tag " << tag << " of type " << type << " at " << at);
          BOOST_TEST((outcome.measured == size));
        }
      }
    }
  }
}

BOOST_AUTO_TEST_CASE(may_have_arrays_that_overlap_each_other) {
  tiff_bytes file{false};
  file.header(8)
      .entry_count(4)
      .entry({256, tiff_type::u16, {37}})
      .entry({257, tiff_type::u16, {21}});
  file.raw_entry(273, tiff_type::u32, 3, 64)
      .raw_entry(279, tiff_type::u32, 3, 68)
      .offset(0)
      .fill(2);
  for (const std::uint32_t number : {90U, 80U, 10U, 10U}) file.number(number, 4);
  BOOST_TEST(file.size() == 80U);
  BOOST_TEST(code_of(std::string{file}) == error_code::truncated, "the first strip starts at 90");
  file.fill(10);
  BOOST_TEST(code_of(std::string{file}) == error_code::truncated);
  file.fill(1);
  BOOST_TEST(code_of(std::string{file}) == error_code::none);
}

BOOST_AUTO_TEST_CASE(has_strips_that_end_nowhere_when_their_sum_overflows) {
  tiff_bytes file{true, true};
  file.header(16)
      .entry_count(4)
      .entry({256, tiff_type::u16, {37}})
      .entry({257, tiff_type::u16, {21}});
  file.entry({273, tiff_type::u64, {most}})
      .entry({279, tiff_type::u64, {most}})
      .offset(0)
      .fill(1000);
  BOOST_TEST(code_of(std::string{file}) == error_code::truncated);
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(an_icon_file)

namespace {

/// Overwrites the length or the offset of a picture in the directory.
std::string with_field(std::string file, std::size_t icon, std::size_t field, std::uint32_t value) {
  return file.replace(6 + 16 * icon + field, 4, std::string{file_bytes{}.le32(value)});
}
constexpr std::size_t length_field = 8, offset_field = 12;

std::string with_picture(const std::string& picture) { return ico({{5, 3, picture}}); }

}  // namespace

BOOST_AUTO_TEST_CASE(without_pictures_is_no_image) {
  BOOST_TEST(code_of(ico({})) == error_code::not_an_image);
  BOOST_TEST(code_of("\0\0\1\0\0\1"s) == error_code::not_an_image, "256 of them");
}

BOOST_AUTO_TEST_CASE(with_a_picture_inside_of_its_directory_is_no_image) {
  const std::string file = ico({{5, 3, icon_bitmap(5, 3)}, {4, 4, icon_bitmap(4, 4)}});
  for (const std::uint32_t at : {0U, 6U, 37U}) {
    BOOST_TEST(code_of(with_field(file, 0, offset_field, at)) == error_code::not_an_image,
               "at " << at);
    BOOST_TEST(code_of(with_field(file, 1, offset_field, at)) == error_code::not_an_image,
               "at " << at);
  }
  BOOST_TEST(code_of(with_field(file, 1, offset_field, 38)) == error_code::none,
             "two entries for one picture");
}

BOOST_AUTO_TEST_CASE(with_a_picture_that_is_too_short_for_its_header_is_refused) {
  const std::string file = with_picture(icon_bitmap(5, 3));
  BOOST_TEST(code_of(with_field(file, 0, length_field, 0)) == error_code::not_an_image);
  BOOST_TEST(code_of(with_field(file, 0, length_field, 4)) == error_code::bad_dimensions,
             "no sides");
  BOOST_TEST(code_of(with_field(file, 0, length_field, 8)) == error_code::bad_dimensions,
             "a width and no height");
  BOOST_TEST(code_of(with_field(file, 0, length_field, 12)) == error_code::none);
  const std::string with_png = with_picture(png(37, 21));
  BOOST_TEST(code_of(with_field(with_png, 0, length_field, 15)) == error_code::not_an_image);
  BOOST_TEST(code_of(with_field(with_png, 0, length_field, 20)) == error_code::bad_dimensions);
}

BOOST_AUTO_TEST_CASE(may_have_a_small_picture_of_length_0) {
  const std::string file = ico({{5, 3, icon_bitmap(5, 3)}, {2, 2, ""}});
  BOOST_TEST((read_in_pieces(file).measured == measurement{image_format::ico, 5, 3}));
  BOOST_TEST(code_of(file) == error_code::none);
}

BOOST_AUTO_TEST_CASE(with_a_picture_that_is_neither_bitmap_nor_png_is_no_image) {
  for (const std::uint32_t length : {0U, 11U, 13U, 15U, 17U, 68U, 125U, 0xFFFFFFFFU}) {
    BOOST_TEST(code_of(with_picture(file_bytes{}.le32(length).le32(5).le32(6).fill(100))) ==
                   error_code::not_an_image,
               "a header of " << length << " bytes");
  }
  BOOST_TEST(code_of(with_picture(jpeg(37, 21) + std::string(20, 'x'))) ==
             error_code::not_an_image);
  BOOST_TEST(code_of(with_picture("\x89PNG\r\n\x1A\n" + png_chunk("IDAT", "no header here"))) ==
             error_code::not_an_image);
}

BOOST_AUTO_TEST_CASE(with_a_picture_without_a_size_has_bad_dimensions) {
  for (const auto& picture :
       {icon_bitmap(0, 3), icon_bitmap(5, 0), icon_bitmap(0, 3, 12), png(0, 3), png(5, 0)}) {
    BOOST_TEST(code_of(with_picture(picture + std::string(12, '\0'))) ==
               error_code::bad_dimensions);
  }
  const std::string below_zero = file_bytes{}.le32(40).le32(0x80000000).le32(6).fill(28);
  BOOST_TEST(code_of(with_picture(below_zero)) == error_code::bad_dimensions);
}

BOOST_AUTO_TEST_CASE(is_truncated_as_long_as_one_of_its_pictures_is) {
  const std::string file = ico({{5, 3, icon_bitmap(5, 3)}, {2, 2, icon_bitmap(2, 2)}});
  BOOST_TEST(code_of(with_field(file, 1, length_field, 0xFFFFFFFF)) == error_code::truncated);
  const auto outcome = read_in_pieces(
      with_field(file, 1, offset_field, 0xFFFFFFFF) + std::string(1'000'000, '\0'), 4096);
  BOOST_TEST(outcome.code == error_code::truncated);
  BOOST_TEST((outcome.measured == measurement{image_format::ico, 5, 3}));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace retail_pulse::imaging
