#include <boost/test/unit_test.hpp>

#include "builders.hpp"
#include "builders_tiff.hpp"

namespace retail_pulse::imaging {
namespace {

using namespace std::string_literals;

std::string without_last(std::size_t bytes, const std::string& file) {
  return file.substr(0, file.size() - bytes);
}

void is_truncated(const std::string& file, const std::string& reason) {
  const auto outcome = read_in_pieces(file, 3);
  BOOST_TEST(outcome.code == error_code::truncated);
  BOOST_TEST(outcome.reason == reason);
}

constexpr std::size_t iend_bytes = 12;

}  // namespace

BOOST_AUTO_TEST_SUITE(a_file_without_its_end_mark)

BOOST_AUTO_TEST_CASE(is_truncated_when_it_is_a_jpeg_because_nothing_tells_how_much_lacks) {
  is_truncated(without_last(2, jpeg(37, 21)), "it has no end-of-image mark");
  is_truncated(without_last(1, jpeg(37, 21)), "it has no end-of-image mark");
  BOOST_TEST((read_in_pieces(without_last(2, jpeg(37, 21))).measured ==
              measurement{image_format::jpeg, 37, 21}));
  is_truncated(jpeg(37, 21).substr(0, 10), "");
}

BOOST_AUTO_TEST_CASE(is_whole_when_it_is_a_gif_that_ends_behind_a_picture) {
  const std::string file = gif(37, 21);
  BOOST_TEST(code_of(without_last(1, file)) == error_code::none);
  BOOST_TEST(read_in_pieces(without_last(1, file), 1).reason.empty());
  is_truncated(without_last(2, file), "it ends within a block");
  is_truncated(file.substr(0, 13), "");
  const std::string comment = "\x21\xFE\1x\0"s;
  BOOST_TEST(code_of(without_last(1, file) + comment) == error_code::none);
  is_truncated(without_last(1, file) + without_last(1, comment), "it ends within a block");
  is_truncated(file.substr(0, 13) + comment, "it ends within a block");
}

BOOST_AUTO_TEST_CASE(is_whole_when_it_is_a_png_that_ends_behind_a_chunk_of_picture_data) {
  const std::string file = png(37, 21);
  BOOST_TEST(code_of(without_last(iend_bytes, file)) == error_code::none);
  BOOST_TEST(read_in_pieces(without_last(iend_bytes, file), 1).reason.empty());
  is_truncated(without_last(iend_bytes + 1, file), "it ends within a chunk");
  is_truncated(without_last(iend_bytes - 1, file), "it ends within a chunk");
  is_truncated(without_last(1, file), "it ends within a chunk");
  BOOST_TEST(code_of(without_last(iend_bytes, file) + png_chunk("tEXt", "a")) == error_code::none);
  is_truncated("\x89PNG\r\n\x1A\n" + png_header(37, 21, "\x08\2\0\0\0"s) + png_chunk("tEXt", "a"),
               "it has no picture data");
}

BOOST_AUTO_TEST_CASE(says_no_more_than_that_it_ended_where_its_format_has_no_mark) {
  is_truncated(without_last(1, bmp({})), "");
  is_truncated(without_last(1, webp_lossy(37, 21)), "");
  is_truncated(without_last(1, tiff({})), "");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace retail_pulse::imaging
