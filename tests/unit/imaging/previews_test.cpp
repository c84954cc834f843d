// That no preview is ever taken for the picture, in any format that can hold one.
#include <boost/test/unit_test.hpp>

#include "builders_heif.hpp"
#include "builders_tiff.hpp"
#include "core/limits.hpp"

namespace retail_pulse::imaging {
namespace {

using namespace std::string_literals;

const tiff_entry dng_version{50706, tiff_type::byte, {1, 4, 0, 0}};
const tiff_directory preview{.width = 256, .height = 192, .kind = 1};
const tiff_directory picture{.width = 37, .height = 21};
const measurement size{image_format::tiff, 37, 21};

tiff_directory followed_by(std::size_t next, tiff_directory first) {
  first.next = next;
  return first;
}
tiff_directory holding(std::vector<std::size_t> inner, tiff_directory outer) {
  outer.inner = std::move(inner);
  return outer;
}
tiff_directory of_kind(std::uint64_t kind, tiff_directory directory) {
  directory.kind = kind;
  return directory;
}
tiff_directory in_dng(tiff_directory first) {
  first.more.push_back(dng_version);
  return first;
}

void is_unsupported(const std::string& file, const std::string& reason) {
  for (const std::size_t piece : {0, 1, 100}) {
    const auto outcome = read_in_pieces(file, piece);
    BOOST_TEST(outcome.code == error_code::unsupported_format);
    BOOST_TEST(outcome.reason == reason);
    BOOST_TEST(outcome.measured.width == 0U);
  }
}
void is_measured(const std::string& file, std::uint32_t width, std::uint32_t height) {
  for (const std::size_t piece : {0, 1, 100}) {
    const auto outcome = read_in_pieces(file, piece);
    BOOST_TEST(outcome.code == error_code::none);
    BOOST_TEST((outcome.measured == measurement{image_format::tiff, width, height}));
  }
}

constexpr const char* only_previews = "TIFF that holds nothing but reduced pictures";
constexpr const char* in_front =
    "TIFF whose pictures are described in front of its first directory";
constexpr const char* too_many = "TIFF of more directories than are followed";

}  // namespace

BOOST_AUTO_TEST_SUITE(a_preview)

BOOST_AUTO_TEST_CASE(in_a_camera_raw_file_is_not_the_picture) {
  is_measured(dng(), 4032, 3024);
  is_measured(nef(), 4032, 3024);
  is_measured(arw(), 4032, 3024);
  is_measured(arw(false), 4032, 3024);
  is_unsupported(cr2(), "Canon CR2");
}

BOOST_AUTO_TEST_CASE(is_not_measured_before_the_picture_is_known) {
  const std::string file = dng();
  image_reader reader;
  for (std::size_t at = 0; at < file.size(); ++at) {
    reader.feed(as_piece(std::string_view{file}.substr(at, 1)));
    const auto width = reader.finish().measured.width;
    BOOST_REQUIRE((width == 0 || width == 4032));
  }
}

BOOST_AUTO_TEST_CASE(alone_is_unsupported) {
  is_unsupported(tiff_of({preview}), only_previews);
  is_unsupported(tiff_of({followed_by(1, preview), preview}), only_previews);
  is_unsupported(tiff_of({holding({1}, preview), preview}), only_previews);
  is_unsupported(tiff_of({of_kind(4, picture)}), only_previews);
  is_unsupported(tiff_of({in_dng(preview)}), "DNG without a full picture");
  is_unsupported(tiff_of({in_dng(holding({1}, preview)), {.kind = 0}}),
                 "DNG without a full picture");
}

BOOST_AUTO_TEST_CASE(of_a_raw_file_with_a_mark_behind_its_header_is_unsupported_by_its_name) {
  const auto with_mark = [](const std::string& mark) {
    return tiff_of({picture}, {.behind_header = mark});
  };
  is_unsupported(with_mark("CR\2\0\0\2\0\0"s), "Canon CR2");
  is_unsupported(with_mark("\xBA\xB0\xAC\xBB\1\2\3\4"), "Canon EOS-1D raw");
  is_unsupported(with_mark("IIIITwaR"), "Phase One IIQ");
  is_unsupported(with_mark("MMMMRawT"), "Phase One IIQ");
  // Pixels may lie there.
  for (const char* pixels : {"IIIIIIII", "MMMMMMMM", "IIIITwaS", "MMMMRaxT", "CRCRCRCR", "CR"})
    is_measured(with_mark(pixels), 37, 21);
}

BOOST_AUTO_TEST_CASE(in_a_dng_is_all_but_the_main_picture) {
  for (const std::uint64_t kind : {1, 4, 8, 16, 0x10001, 0x10004}) {
    is_measured(tiff_of({in_dng(holding({1, 2}, preview)),
                         of_kind(kind, {.width = 9000, .height = 9000}), of_kind(0, picture)},
                        {.last = 2}),
                37, 21);
  }
  is_measured(tiff_of({in_dng(of_kind(0, picture))}), 37, 21);
  is_measured(tiff_of({in_dng(picture)}), 37, 21);
}

BOOST_AUTO_TEST_CASE(is_no_page) {
  is_measured(tiff_of({followed_by(1, preview), picture}, {.last = 1}), 37, 21);
  is_measured(
      tiff_of({followed_by(1, preview), followed_by(2, of_kind(5, preview)), of_kind(2, picture)},
              {.last = 2}),
      37, 21);
  is_measured(tiff_of({followed_by(1, picture), {.width = 900, .height = 900}}), 37, 21);
}

BOOST_AUTO_TEST_CASE(that_is_not_marked_is_smaller_than_the_picture_that_its_page_holds) {
  is_measured(
      tiff_of({holding({1, 2}, {.width = 30, .height = 20}), {.width = 31, .height = 20}, picture},
              {.last = 2}),
      37, 21);
  is_measured(tiff_of({holding({1}, picture), {.width = 20, .height = 20}}), 37, 21);
  is_measured(tiff_of({holding({1}, {.width = 30, .height = 20}), holding({2}, preview), picture},
                      {.last = 2}),
              37, 21);
}

BOOST_AUTO_TEST_CASE(leads_to_nothing_that_lies_in_front_of_it) {
  is_unsupported(tiff_of({picture, followed_by(0, preview)}, {.first = 1}), in_front);
  is_unsupported(tiff_of({picture, holding({0}, preview)}, {.first = 1}), in_front);
  is_unsupported(tiff_of({of_kind(0, picture), in_dng(holding({0}, {.width = 30, .height = 20}))},
                         {.first = 1}),
                 in_front);
  is_unsupported(
      tiff_of({picture, holding({0}, {.width = 30, .height = 20, .kind = 1, .next = 2}), picture},
              {.first = 1, .last = 2}),
      in_front);
  // What is not marked may be the preview of what is lost; one that is full by its own word needs
  // no other.
  is_unsupported(
      tiff_of({picture, holding({0}, {.width = 16, .height = 12})}, {.first = 1, .last = 1}),
      in_front);
  is_unsupported(tiff_of({preview, holding({0}, picture)}, {.first = 1, .last = 1}), in_front);
  is_measured(tiff_of({preview, holding({0}, of_kind(0, picture))}, {.first = 1, .last = 1}), 37,
              21);
}

BOOST_AUTO_TEST_CASE(that_leads_to_itself_ends) {
  is_unsupported(tiff_of({followed_by(0, preview)}), in_front);
  is_unsupported(tiff_of({holding({0}, preview)}), in_front);
  is_unsupported(tiff_of({holding({0, 0, 0}, followed_by(0, preview))}), in_front);
  is_unsupported(tiff_of({followed_by(1, preview), followed_by(0, preview)}), in_front);
}

BOOST_AUTO_TEST_CASE(may_be_one_of_as_many_directories_as_are_followed_and_no_more) {
  for (const std::size_t directories : {limits::tiff_directories, limits::tiff_directories + 1}) {
    const bool fits = directories == limits::tiff_directories;
    std::vector<tiff_directory> chain;
    for (std::size_t n = 1; n < directories; ++n) chain.push_back(followed_by(n, preview));
    chain.push_back(picture);
    std::vector<tiff_directory> held(directories, preview);
    for (std::size_t n = 1; n < directories; ++n) held[0].inner.push_back(n);
    held.back() = picture;
    for (const auto& all : {chain, held}) {
      const std::string file = tiff_of(all, {.last = directories - 1});
      if (fits) {
        is_measured(file, 37, 21);
      } else {
        is_unsupported(file, too_many);
      }
    }
  }
}

BOOST_AUTO_TEST_CASE(may_announce_more_directories_than_there_are) {
  tiff_bytes endless{false};
  endless.header(8)
      .entry_count(3)
      .entry({254, tiff_type::u32, {1}})
      .entry({256, tiff_type::u32, {5}});
  endless.raw_entry(330, tiff_type::u32, 0xFFFFFFFF, 60).offset(0).fill(1000);
  is_unsupported(std::string{endless}, too_many);
  tiff_bytes repeated{false, true};  // the same tag again and again
  repeated.header(16).entry_count(40);
  for (int n = 0; n < 40; ++n) repeated.entry({330, tiff_type::byte, {1, 1, 1, 1, 1, 1, 1, 1}});
  repeated.offset(0);
  BOOST_TEST(code_of(std::string{repeated}) == error_code::bad_dimensions);
  // Places that are left empty lead nowhere.
  is_measured(tiff_of({{.width = 37, .height = 21, .more = {{330, tiff_type::u32, {0}}}}}), 37, 21);
}

BOOST_AUTO_TEST_CASE(may_be_followed_by_a_page_that_tells_no_size) {
  BOOST_TEST(code_of(tiff_of({followed_by(1, preview), {.width = 5}})) ==
             error_code::bad_dimensions);
  BOOST_TEST(code_of(tiff_of({followed_by(1, {.width = 5}), picture})) ==
             error_code::bad_dimensions);
  is_measured(tiff_of({holding({1}, {.width = 5}), picture}, {.last = 1}), 37, 21);
}

BOOST_AUTO_TEST_CASE(inside_of_a_jpeg_is_passed_over_with_its_segment) {
  const std::string exif = jpeg_segment(0xE1, "Exif\0\0"s + jpeg(160, 120));
  const std::string photoshop = jpeg_segment(0xED, "Photoshop 3.0\0"s + jpeg(160, 120));
  const std::string extension = jpeg_segment(0xE0, "JFXX\0\x10"s + jpeg(90, 60));
  const std::string more_pictures = jpeg_segment(0xE2, "MPF\0II*\0\x08\0\0\0"s);
  const std::string file = jpeg(400, 300, extension + exif + photoshop + more_pictures);
  BOOST_TEST((read_in_pieces(file).measured == measurement{image_format::jpeg, 400, 300}));
  BOOST_TEST((read_in_pieces(file + jpeg(1600, 1200), 7).measured ==
              measurement{image_format::jpeg, 400, 300}),
             "of a later picture (MPF)");
}

BOOST_AUTO_TEST_CASE(inside_of_a_psd_is_passed_over_with_its_section) {
  const std::string start = psd_start({});
  const std::string resources = jpeg(160, 120);
  std::string file = start.substr(0, 30);  // header and colour mode
  file += file_bytes{}.be32(static_cast<std::uint32_t>(resources.size())).text(resources).be32(0);
  file += "\0\0"s + std::string(45, 'p');
  BOOST_TEST(code_of(file) == error_code::none);
  BOOST_TEST((read_in_pieces(file).measured == measurement{image_format::psd, 5, 3}));
}

BOOST_AUTO_TEST_CASE(among_the_items_of_a_picture_in_boxes_is_not_the_primary_one) {
  heif_options options = plain_heif(640, 480);
  options.properties.push_back(size_property(160, 120));
  options.items.insert(
      options.items.begin(),
      {.number = 9, .properties = {static_cast<std::uint32_t>(options.properties.size())}});
  BOOST_TEST((read_in_pieces(heif(options)).measured == measurement{image_format::heic, 640, 480}));
}

BOOST_AUTO_TEST_CASE(is_no_picture_of_an_animation_either) {
  // The screen or canvas, not the part of it that a frame paints.
  BOOST_TEST((read_in_pieces(webp_animation(700, 600)).measured ==
              measurement{image_format::webp, 700, 600}));
  const std::string animated =
      "\x89PNG\r\n\x1A\n" + png_header(64, 32, "\x08\6\0\0\0"s) +
      png_chunk("acTL", "\0\0\0\2\0\0\0\0"s) + png_chunk("IDAT", "x") +
      png_chunk("fcTL", "\0\0\0\1\0\0\0\4\0\0\0\4"s + std::string(14, '\0')) +
      png_chunk("fdAT", "1234more") + png_chunk("IEND", "");
  BOOST_TEST((read_in_pieces(animated).measured == measurement{image_format::png, 64, 32}));
  BOOST_TEST(
      (read_in_pieces(ico({{16, 16, icon_bitmap(16, 16)}, {48, 40, png(48, 40)}})).measured ==
       measurement{image_format::ico, 48, 40}));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace retail_pulse::imaging
