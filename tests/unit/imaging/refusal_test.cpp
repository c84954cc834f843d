#include <boost/test/unit_test.hpp>

#include "builders_heif.hpp"
#include "builders_tiff.hpp"

namespace retail_pulse::imaging {
namespace {

using namespace std::string_literals;

/// How many bytes a reader needs to be sure that this is no use; 0 when it never is.
std::size_t refused_after(std::string_view file) {
  image_reader reader;
  for (std::size_t at = 0; at < file.size(); ++at) {
    if (reader.feed(as_piece(file.substr(at, 1))) == image_reader::state::failed) return at + 1;
  }
  return 0;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(a_reader)

BOOST_AUTO_TEST_CASE(refuses_what_is_no_image_as_soon_as_it_is_certain) {
  BOOST_TEST(refused_after("Not found") == 1U);
  BOOST_TEST(refused_after("\x7F"
                           "ELF") == 1U);
  BOOST_TEST(refused_after("<!doctype html><title>Not found</title>") == 15U);
  BOOST_TEST(refused_after("{\"error\": \"gone\"}") == 2U);
  BOOST_TEST(refused_after("%PDF-1.7") == 5U);
  BOOST_TEST(refused_after("%PDV-1.7") == 4U);
  BOOST_TEST(refused_after("PK\3\4") == 4U);
  BOOST_TEST(refused_after("\xFF\xD8 text") == 3U);
  BOOST_TEST(refused_after("GIF88a") == 5U);
  BOOST_TEST(refused_after("\x89PNG\n") == 5U);
  BOOST_TEST(refused_after("RIFF\1\2\3\4WAVEfmt ") == 10U);
  BOOST_TEST(refused_after("RIFF\1\2\3\4WEBQ") == 12U);
  BOOST_TEST(refused_after("8BPS\1") == 5U);
  BOOST_TEST(refused_after("II*!") == 4U);
  BOOST_TEST(refused_after("BMW sells cars, not bitmaps") == 18U);
  BOOST_TEST(refused_after("\0\1\0\0\0 a font"s) == 2U);
  BOOST_TEST(refused_after("\0\0\2\0\1\0 a cursor"s) == 6U);
  BOOST_TEST(refused_after("\0\0\3\0\1\0 neither icon nor cursor"s) == 5U);
}

BOOST_AUTO_TEST_CASE(stays_with_its_refusal) {
  image_reader reader;
  BOOST_TEST((reader.feed(as_piece("<html>")) == image_reader::state::failed));
  BOOST_TEST((reader.feed(as_piece(png(3, 3))) == image_reader::state::failed));
  BOOST_TEST(reader.finish().code == error_code::not_an_image);
  BOOST_TEST((reader.finish().measured == measurement{}));
}

BOOST_AUTO_TEST_CASE(says_unsupported_of_images_it_does_not_measure) {
  const auto is_unsupported = [](const std::string& file, image_format format,
                                 const std::string& reason) {
    const auto outcome = read_in_pieces(file, 3);
    BOOST_TEST(outcome.code == error_code::unsupported_format);
    BOOST_TEST((outcome.measured == measurement{format, 0, 0}));
    BOOST_TEST(outcome.reason == reason);
  };
  for (const std::uint32_t marker : {0xC3, 0xC7, 0xCB, 0xCF}) {
    is_unsupported("\xFF\xD8" + jpeg_frame(marker, 8, 8), image_format::jpeg, "lossless JPEG");
  }
  for (const std::uint32_t marker : {0xC5, 0xC6, 0xCD, 0xCE}) {
    is_unsupported("\xFF\xD8" + jpeg_frame(marker, 8, 8), image_format::jpeg, "hierarchical JPEG");
  }
  is_unsupported("\xFF\xD8" + jpeg_frame(0xC9, 8, 8), image_format::jpeg, "arithmetic-coded JPEG");
  is_unsupported("\xFF\xD8" + jpeg_frame(0xCA, 8, 8), image_format::jpeg, "arithmetic-coded JPEG");
  is_unsupported("\xFF\xD8" + jpeg_frame(0xC1, 8, 8, 3, 12), image_format::jpeg,
                 "JPEG of other than 8 bits");
  is_unsupported("\xFF\xD8" + jpeg_frame(0xF7, 8, 8), image_format::jpeg, "JPEG-LS");
  for (const auto& [brands, format] :
       {std::pair{"avif"s, image_format::avif}, std::pair{"heicmif1"s, image_format::heic}}) {
    is_unsupported(file_type(brands) + meta_box(""), format,
                   "pictures in boxes, none of them the primary one");
    is_unsupported(file_type(brands) + iso_box("moov", ""), format,
                   "an image sequence without a picture to show for it");
    is_unsupported(file_type(brands) + "\0\0\0\0meta and all the rest"s, format,
                   "pictures in boxes, one of them without a length");
  }
}

BOOST_AUTO_TEST_CASE(needs_a_whole_first_box_to_name_a_film) {
  BOOST_TEST(code_of(file_type("isomiso2avc1mp41")) == error_code::unsupported_format);
  BOOST_TEST(code_of("\0\0\0\1ftypavif\0\0\0\0"s) == error_code::not_an_image,
             "a length of the box that cannot be");
  BOOST_TEST(code_of("\0\0\0\1ftypisom\0\0\0\0avif"s) == error_code::not_an_image);
  BOOST_TEST(code_of("\0\0\0\x1C"
                     "ftypisom\0\0\0\0"s) == error_code::truncated);
}

BOOST_AUTO_TEST_CASE(takes_more_boxes_for_what_their_first_one_says) {
  BOOST_TEST(code_of(file_type("avif")) == error_code::truncated);
  BOOST_TEST((read_in_pieces(file_type("avif")).measured == measurement{image_format::avif, 0, 0}));
  BOOST_TEST((read_in_pieces(file_type("mif1")).measured == measurement{image_format::heic, 0, 0}));
}

BOOST_AUTO_TEST_CASE(says_bad_dimensions_of_a_side_that_is_zero) {
  for (const auto& [width, height] : {std::pair{0U, 5U}, std::pair{5U, 0U}, std::pair{0U, 0U}}) {
    BOOST_TEST(code_of(jpeg(width, height)) == error_code::bad_dimensions);
    BOOST_TEST(code_of(png(width, height)) == error_code::bad_dimensions);
    BOOST_TEST(code_of(gif(width, height)) == error_code::bad_dimensions);
    BOOST_TEST(code_of(bmp({.width = width, .height = height})) == error_code::bad_dimensions);
    BOOST_TEST(code_of(bmp({.header_length = 12, .width = width, .height = height})) ==
               error_code::bad_dimensions);
    BOOST_TEST(code_of(webp_lossy(width, height)) == error_code::bad_dimensions);
    BOOST_TEST(code_of(psd_start({.width = width, .height = height})) ==
               error_code::bad_dimensions);
    BOOST_TEST(code_of(tiff({.width = width, .height = height})) == error_code::bad_dimensions);
    BOOST_TEST(code_of(heif(plain_heif(width, height))) == error_code::bad_dimensions);
    BOOST_TEST(code_of(ico({{5, 5, png(width, height)}})) == error_code::bad_dimensions);
  }
  BOOST_TEST(code_of(bmp({.width = 0x80000000})) == error_code::bad_dimensions,
             "a width below zero");
  BOOST_TEST(code_of(png(0x80000000, 1)) == error_code::bad_dimensions,
             "one more than the format allows");
  BOOST_TEST(code_of(png(1, 0x80000000)) == error_code::bad_dimensions);
  BOOST_TEST(code_of(png(1, 0x7FFFFFFF)) == error_code::none);
}

BOOST_AUTO_TEST_CASE(refuses_headers_that_contradict_themselves) {
  const auto png_of_kind = [](const std::string& kind) {
    return "\x89PNG\r\n\x1A\n" + png_header(3, 3, kind) + png_chunk("IEND", "");
  };
  BOOST_TEST(code_of(png_of_kind("\x08\2\0\0\0"s)) == error_code::none);
  BOOST_TEST(code_of(png_of_kind("\3\2\0\0\0"s)) == error_code::not_an_image, "3 bits");
  BOOST_TEST(code_of(png_of_kind("\x08\5\0\0\0"s)) == error_code::not_an_image, "colour type 5");
  BOOST_TEST(code_of(png_of_kind("\x08\2\1\0\0"s)) == error_code::not_an_image,
             "an unknown compression");
  BOOST_TEST(code_of("\x89PNG\r\n\x1A\n" + png_chunk("IDAT", "data")) == error_code::not_an_image,
             "no header");
  BOOST_TEST(code_of("\x89PNG\r\n\x1A\n" + png_chunk("IHDR", std::string(14, '\1'))) ==
                 error_code::not_an_image,
             "a header that is too long");

  for (const std::uint32_t length : {0U, 11U, 13U, 15U, 17U, 68U, 107U, 125U, 0xFFFFFFFFU}) {
    BOOST_TEST(code_of("BM" + std::string(12, '\0') +
                       std::string{file_bytes{}.le32(length).le32(1).le32(1).le16(1).le16(24).fill(
                           100)}) == error_code::not_an_image,
               "a BMP header of " << length);
  }
  BOOST_TEST(code_of(bmp({.bits = 7})) == error_code::not_an_image);
  BOOST_TEST(code_of(bmp({.bits = 0})) == error_code::not_an_image,
             "no depth although not compressed");

  BOOST_TEST(code_of(riff("VP9 \x0A\0\0\0          "s)) == error_code::not_an_image);
  BOOST_TEST(code_of(riff("VP8L\6\0\0\0\x2E     "s)) == error_code::not_an_image,
             "a wrong mark of the lossless format");

  BOOST_TEST(code_of(psd_start({.channels = 0})) == error_code::not_an_image);
  BOOST_TEST(code_of(psd_start({.channels = 56})) == error_code::truncated);
  BOOST_TEST(code_of(psd_start({.channels = 57})) == error_code::not_an_image);
  BOOST_TEST(code_of(psd_start({.depth = 7})) == error_code::not_an_image);
  auto version_3 = psd_start({});
  version_3[5] = 3;
  BOOST_TEST(code_of(version_3) == error_code::not_an_image);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace retail_pulse::imaging
