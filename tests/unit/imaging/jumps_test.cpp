#include <boost/test/data/monomorphic.hpp>
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>
#include <limits>

#include "builders_tiff.hpp"
#include "samples.hpp"

namespace retail_pulse::imaging {
namespace {

namespace data = boost::unit_test::data;

struct journey {
  image_reader::outcome outcome;
  std::size_t jumps = 0;
  std::size_t fed = 0;                 ///< bytes
  std::size_t fed_until_measured = 0;  ///< of them
};

/// Feeds `piece` bytes, passes over `1 / part` of what is not wanted then, and so on.
journey travel(std::string_view file, std::size_t piece, std::uint64_t part = 1) {
  image_reader reader;
  journey made;
  while (reader.position() < file.size()) {
    const auto bytes = file.substr(static_cast<std::size_t>(reader.position()), piece);
    const auto state = reader.feed(as_piece(bytes));
    made.fed += bytes.size();
    if (state == image_reader::state::need_more) made.fed_until_measured = made.fed;
    const std::uint64_t left_out = (reader.wanted() - reader.position()) / part;
    if (left_out == 0) continue;
    ++made.jumps;
    reader.skip_to(reader.position() + left_out);
  }
  made.outcome = reader.finish();
  return made;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(a_reader_of_parts)

BOOST_DATA_TEST_CASE(gives_the_same_answer_without_the_bytes_it_does_not_want,
                     data::make(all_samples()), file) {
  for (const std::size_t piece : {1, 2, 7, 64}) {
    for (const std::uint64_t part : {1, 2, 3}) {
      BOOST_TEST_CONTEXT("pieces of " << piece << ", a part of " << part) {
        const auto made = travel(file.file, piece, part);
        BOOST_TEST(made.outcome.code == error_code::none);
        BOOST_TEST(made.outcome.measured == file.expected);
      }
    }
  }
}

BOOST_DATA_TEST_CASE(wants_nothing_before_its_position_nor_behind_the_end_of_a_whole_file,
                     data::make(all_samples()), file) {
  image_reader reader;
  bool is_within = reader.wanted() == 0;
  for (std::size_t at = 0; at < file.file.size(); ++at) {
    reader.feed(as_piece(std::string_view{file.file}.substr(at, 1)));
    is_within = is_within && reader.position() == at + 1 && reader.wanted() >= reader.position() &&
                reader.wanted() <= file.file.size();
  }
  BOOST_TEST(is_within);
}

BOOST_DATA_TEST_CASE(feels_the_loss_of_the_last_byte_also_when_it_jumps, data::make(all_samples()),
                     file) {
  image_reader reader;
  const std::string_view start = std::string_view{file.file}.substr(0, file.file.size() - 1);
  while (reader.position() < start.size()) {
    reader.feed(as_piece(start.substr(static_cast<std::size_t>(reader.position()), 1)));
    reader.skip_to(std::max<std::uint64_t>(reader.position(),
                                           std::min<std::uint64_t>(reader.wanted(), start.size())));
  }
  BOOST_TEST(reader.finish().code == read_in_pieces(start).code);
  if (file.other_ends().empty() || file.other_ends().back() != start.size())
    BOOST_TEST(reader.finish().code == error_code::truncated);
  BOOST_TEST(reader.finish().measured == read_in_pieces(start).measured);
}

BOOST_AUTO_TEST_CASE(jumps_once_for_every_segment_of_a_colour_profile) {
  const std::string file = jpeg(4032, 3024, jpeg_colour_profile(580'000));
  const auto made = travel(file, 1);
  BOOST_TEST((made.outcome.measured == measurement{image_format::jpeg, 4032, 3024}));
  BOOST_TEST(made.jumps <= 12U);
  BOOST_TEST(made.fed_until_measured < 100U);
}

BOOST_AUTO_TEST_CASE(jumps_to_a_directory_at_the_end) {
  const auto made = travel(tiff({.strips = {1'000'000}, .layout = "strips, directory, arrays"}), 1);
  BOOST_TEST((made.outcome.measured == measurement{image_format::tiff, 37, 21}));
  BOOST_TEST(made.fed_until_measured < 100U);
}

BOOST_AUTO_TEST_CASE(jumps_over_previews_to_the_directory_of_the_picture) {
  const auto made =
      travel(tiff_of({{.width = 160, .height = 120, .kind = 1, .next = 1, .strip = 100'000},
                      {.width = 37, .height = 21}},
                     {.last = 1, .strips_first = true}),
             1);
  BOOST_TEST((made.outcome.measured == measurement{image_format::tiff, 37, 21}));
  BOOST_TEST(made.fed_until_measured < 200U);
}

BOOST_AUTO_TEST_CASE(wants_all_that_is_left_of_a_length_that_no_file_has) {
  image_reader reader;
  reader.feed(as_piece(
      std::string{tiff_bytes{false, true}.header(std::numeric_limits<std::uint64_t>::max())}));
  BOOST_TEST(reader.wanted() == std::numeric_limits<std::uint64_t>::max());
  reader.skip_to(std::numeric_limits<std::uint64_t>::max() - 1);
  BOOST_TEST(reader.position() == std::numeric_limits<std::uint64_t>::max() - 1);
  BOOST_TEST(reader.finish().code == error_code::truncated);
}

BOOST_AUTO_TEST_CASE(wants_the_next_byte_once_it_is_done) {
  for (const std::string& file : {png(3, 3), std::string{"<html>"}}) {
    image_reader reader;
    reader.feed(as_piece(file + "more"));
    BOOST_TEST(reader.position() == file.size() + 4);
    BOOST_TEST(reader.wanted() == reader.position());
    reader.skip_to(reader.position());
  }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace retail_pulse::imaging
