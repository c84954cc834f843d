#include <algorithm>
#include <boost/test/data/monomorphic.hpp>
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

#include "samples.hpp"

namespace retail_pulse::imaging {
namespace {

namespace data = boost::unit_test::data;

/// Where a test cuts a file: before every byte, but of a large one only near both ends and here and
/// there between.
std::vector<std::size_t> cuts(const sample& file) {
  constexpr std::size_t near = 1000, step = 4999;
  std::vector<std::size_t> lengths;
  for (std::size_t length = 0; length < file.file.size(); ++length) {
    const bool is_near = length < near || length + near >= file.file.size();
    if (!file.is_large() || is_near || length % step == 0) lengths.push_back(length);
  }
  return lengths;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(every_format)

BOOST_DATA_TEST_CASE(is_measured_however_the_file_is_cut_into_pieces, data::make(all_samples()),
                     file) {
  for (const std::size_t piece : {0, 1, 2, 3, 7}) {
    BOOST_TEST_CONTEXT("pieces of " << piece) {
      const auto outcome = read_in_pieces(file.file, piece);
      BOOST_TEST(outcome.code == error_code::none);
      BOOST_TEST(outcome.measured == file.expected);
    }
  }
}

BOOST_DATA_TEST_CASE(
    is_truncated_at_every_byte_before_its_end_but_where_nothing_of_the_picture_lacks,
    data::make(all_samples()), file) {
  image_reader reader;
  bool was_measured = false;
  std::size_t fed = 0;
  const auto other_ends = file.other_ends();
  for (const std::size_t length : cuts(file)) {
    BOOST_TEST_CONTEXT("the first " << length << " bytes") {
      const std::string_view start = std::string_view{file.file}.substr(0, length);
      const auto state = reader.feed(as_piece(start.substr(fed)));
      fed = length;
      BOOST_TEST((state == image_reader::state::measured ||
                  (state == image_reader::state::need_more && !was_measured)));
      was_measured = state == image_reader::state::measured;
      for (const auto& outcome : {reader.finish(), read_in_pieces(start)}) {
        const bool may_end = std::ranges::find(other_ends, length) != other_ends.end();
        BOOST_TEST(outcome.code == (may_end ? error_code::none : error_code::truncated));
        BOOST_TEST((outcome.measured.width == file.expected.width) == was_measured);
        BOOST_TEST((outcome.measured.height == file.expected.height) == was_measured);
      }
    }
  }
  const auto state = reader.feed(as_piece(std::string_view{file.file}.substr(fed)));
  BOOST_TEST((state == image_reader::state::measured));
  BOOST_TEST(reader.finish().code == error_code::none);
}

BOOST_DATA_TEST_CASE(is_whole_with_bytes_after_its_end, data::make(all_samples()), file) {
  const auto outcome = read_in_pieces(file.file + "\xFF\xD8 and more", 5);
  BOOST_TEST(outcome.code == error_code::none);
  BOOST_TEST(outcome.measured == file.expected);
}

BOOST_AUTO_TEST_CASE(is_known_as_soon_as_its_signature_is_complete) {
  BOOST_TEST((read_in_pieces("GIF87").measured == measurement{}));
  BOOST_TEST((read_in_pieces("GIF87a").measured == measurement{image_format::gif, 0, 0}));
}

BOOST_AUTO_TEST_CASE(is_truncated_when_there_is_nothing) {
  BOOST_TEST(image_reader{}.finish().code == error_code::truncated);
  image_reader reader;
  BOOST_TEST((reader.feed({}) == image_reader::state::need_more));
  BOOST_TEST(reader.finish().code == error_code::truncated);
}

BOOST_AUTO_TEST_CASE(goes_on_after_the_reader_was_moved) {
  const std::string file = jpeg(37, 21, jpeg_segment(0xE1, "metadata"));
  image_reader first;
  first.feed(as_piece(std::string_view{file}.substr(0, 9)));
  image_reader second{std::move(first)};
  first = image_reader{};
  second.feed(as_piece(std::string_view{file}.substr(9)));
  BOOST_TEST(second.finish().code == error_code::none);
  BOOST_TEST((second.finish().measured == measurement{image_format::jpeg, 37, 21}));
}

BOOST_AUTO_TEST_CASE(does_not_look_at_checksums_of_a_png) {
  BOOST_TEST(png(3, 3).find(std::string("\xBA\xDC\xC5\x00", 4)) != std::string::npos);
  BOOST_TEST(code_of(png(3, 3)) == error_code::none);
}

BOOST_AUTO_TEST_CASE(of_a_bmp_ends_with_its_last_pixel_whatever_its_length_field_says) {
  BOOST_TEST(code_of(bmp({.file_length = 1'000'000, .pixels = 48})) == error_code::none);
  BOOST_TEST(code_of(bmp({.file_length = 1'000'000, .pixels = 47})) == error_code::truncated);
  BOOST_TEST(code_of(bmp({.file_length = 54, .pixels = 47})) == error_code::truncated);
  BOOST_TEST(code_of(bmp({.width = 0x7FFFFFFF, .height = 0x80000001, .bits = 32})) ==
                 error_code::truncated,
             "no overflow");
  BOOST_TEST((read_in_pieces(bmp({.height = 0x80000001})).measured ==
              measurement{image_format::bmp, 5, 0x7FFFFFFF}));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace retail_pulse::imaging
