#include <boost/test/unit_test.hpp>

#include "builders.hpp"

namespace retail_pulse::imaging {
namespace {

using namespace std::string_literals;

constexpr std::size_t longest_content = 65533;

}  // namespace

BOOST_AUTO_TEST_SUITE(a_jpeg)

BOOST_AUTO_TEST_CASE(may_be_as_large_as_the_format_allows) {
  BOOST_TEST((read_in_pieces(jpeg(65500, 65500)).measured ==
              measurement{image_format::jpeg, 65500, 65500}));
  BOOST_TEST((read_in_pieces(jpeg(65535, 65535)).measured ==
              measurement{image_format::jpeg, 65535, 65535}));
  BOOST_TEST(perimeter_of(read_in_pieces(jpeg(65535, 65535)).measured) == 262140);
}

BOOST_AUTO_TEST_CASE(may_have_the_longest_segment_there_is) {
  BOOST_TEST(code_of(jpeg(8, 8, jpeg_segment(0xFE, std::string(longest_content, '\xFF')))) ==
             error_code::none);
}

BOOST_AUTO_TEST_CASE(is_not_whole_because_its_thumbnail_is) {
  const std::string file = jpeg(400, 300, jpeg_segment(0xE1, "Exif\0\0"s + jpeg(160, 120)));
  const auto outcome = read_in_pieces(file.substr(0, file.size() - 2));
  BOOST_TEST(outcome.code == error_code::truncated);
  BOOST_TEST((outcome.measured == measurement{image_format::jpeg, 400, 300}));
}

BOOST_AUTO_TEST_CASE(of_a_kind_that_is_not_read_is_unsupported) {
  const auto with_frame = [](const std::string& frame) {
    return "\xFF\xD8" + frame + jpeg_scan("x") + "\xFF\xD9";
  };
  BOOST_TEST(code_of(with_frame(jpeg_frame(0xC0, 8, 8))) == error_code::none);
  BOOST_TEST(code_of(with_frame(jpeg_frame(0xC1, 8, 8))) == error_code::none);
  BOOST_TEST(code_of(with_frame(jpeg_frame(0xC2, 8, 8))) == error_code::none);
  for (const std::uint32_t marker : {0xC3, 0xC5, 0xC6, 0xC7, 0xC9, 0xCA, 0xCB, 0xCD, 0xCE, 0xCF}) {
    BOOST_TEST(code_of(with_frame(jpeg_frame(marker, 8, 8))) == error_code::unsupported_format,
               "marker " << marker);
  }
  BOOST_TEST(code_of(with_frame(jpeg_frame(0xC1, 8, 8, 3, 12))) == error_code::unsupported_format);
}

BOOST_AUTO_TEST_CASE(without_a_size_in_its_frame_header_has_bad_dimensions) {
  BOOST_TEST(code_of(jpeg(0, 8)) == error_code::bad_dimensions);
  BOOST_TEST(code_of(jpeg(8, 0)) == error_code::bad_dimensions);
  BOOST_TEST(code_of(jpeg(1, 1)) == error_code::none);
}

BOOST_AUTO_TEST_CASE(that_breaks_off_into_something_else_before_its_frame_header_is_not_an_image) {
  const auto start = "\xFF\xD8"s;
  BOOST_TEST(code_of(start + "\xFF\xD9") == error_code::not_an_image, "an end without a picture");
  BOOST_TEST(code_of(start + jpeg_scan("x")) == error_code::not_an_image, "a scan without a frame");
  BOOST_TEST(code_of(start + "\xFF\xD8") == error_code::not_an_image, "two starts");
  BOOST_TEST(code_of(start + "\xFF\x41") == error_code::not_an_image, "a reserved marker");
  BOOST_TEST(code_of(start + "\xFF\xE1\0\1"s) == error_code::not_an_image,
             "a length that does not hold itself");
  BOOST_TEST(code_of(start + "\xFF\xE1\0\2"s) == error_code::truncated, "one that just does");
  BOOST_TEST(code_of(start + jpeg_segment(0xC0, "\x08\0\1\0\1"s)) == error_code::not_an_image,
             "a frame header that is too short");
  BOOST_TEST(
      code_of(start + jpeg_segment(0xC0, "\x08\0\1\0\1\1\1\x11\0"s)) == error_code::truncated,
      "one that just fits");
  BOOST_TEST(
      code_of(start + jpeg_segment(0xC0, "\x08\0\1\0\1\1\1\x11\0!"s)) == error_code::not_an_image,
      "one that is too long");
}

BOOST_AUTO_TEST_CASE(with_a_damaged_scan_is_still_whole_when_its_end_is_there) {
  const auto with_scan = [](const std::string& scan) {
    return "\xFF\xD8" + jpeg_frame(0xC0, 8, 8) + jpeg_scan(scan) + "\xFF\xD9";
  };
  BOOST_TEST(code_of(with_scan("a\xFF\x41\xFF\xFE")) == error_code::truncated,
             "a comment whose length leads past the end");
  BOOST_TEST(code_of(with_scan("a\xFF\x41\x42\x43 \xFF\xF3zz \xFF\xD8z")) == error_code::none,
             "markers that do not belong there");
  BOOST_TEST(code_of(with_scan("a\xFF\xFE\0\0z"s)) == error_code::none,
             "a segment with an impossible length");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace retail_pulse::imaging
