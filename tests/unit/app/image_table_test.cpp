#include "app/cli/image_table.hpp"

#include <boost/test/unit_test.hpp>

#include "core/text.hpp"

namespace {

using namespace retail_pulse::app;
using retail_pulse::client::listed_image;

listed_image measured(const std::string& store, const std::string& url) {
  return {.store_id = store,
          .visit_time = "t",
          .url = url,
          .state = "succeeded",
          .width = 640,
          .height = 480,
          .perimeter = 2240,
          .format = "jpeg",
          .code = "",
          .error = ""};
}

listed_image failed(const std::string& store, const std::string& url, const std::string& sentence) {
  auto image = measured(store, url);
  image.state = "failed";
  image.error = sentence;
  return image;
}

std::size_t characters(const std::string& text) {
  std::size_t count = 0;
  for (std::size_t at = 0; at < text.size();
       at += retail_pulse::utf8_sequence(std::string_view{text}.substr(at)))
    ++count;
  return count;
}

BOOST_AUTO_TEST_SUITE(image_tables)

BOOST_AUTO_TEST_CASE(columns_are_as_wide_as_their_images_need) {
  const std::vector images{measured("S00339218", "http://h/shelf.jpg"),
                           failed("S1", "http://h/b.jpg", "The file is not an image")};
  const image_table table{images, std::nullopt};
  BOOST_TEST(table.header() ==
             "STORE      IMAGE               FORMAT        SIZE       PERIMETER\n");
  BOOST_TEST(table.row(images[0]) ==
             "S00339218  http://h/shelf.jpg  jpeg       640 x 480          2240\n");
  BOOST_TEST(table.row(images[1]) == "S1         http://h/b.jpg      The file is not an image\n");
  auto pending = measured("S1", "http://h/c.jpg");
  pending.state = "pending";
  BOOST_TEST(table.row(pending) == "S1         http://h/c.jpg      pending\n");
  auto silent = failed("S1", "http://h/c.jpg", "");
  silent.code = "internal";
  BOOST_TEST(table.row(silent) == "S1         http://h/c.jpg      internal\n");
}

BOOST_AUTO_TEST_CASE(on_a_terminal_the_start_of_a_url_gives_way) {
  const std::vector images{measured(
      "S00339218", "http://images.example.com/a/very/long/path/to/a/K\u00f6lner-shelf.jpg")};
  const image_table table{images, 80};
  BOOST_TEST(table.row(images[0]) ==
             "S00339218  \u2026/long/path/to/a/K\u00f6lner-shelf.jpg  jpeg       640 x 480         "
             " 2240\n");
  for (const std::size_t columns : {66, 80, 100, 132}) {
    const image_table any{images, columns};
    BOOST_TEST(characters(any.row(images[0])) <= columns + 1, columns);
    BOOST_TEST(characters(any.header()) == characters(any.row(images[0])), columns);
  }
}

BOOST_AUTO_TEST_CASE(a_sentence_that_does_not_fit_behind_its_image_stands_below_it) {
  const std::string sentence = "The image host answered with an error status (404)";
  const std::vector images{
      failed("S00339218", "http://images.example.com/no-such-photo.jpg", sentence)};
  BOOST_TEST((image_table{images, 80}.row(images[0])) ==
             "S00339218  \u2026es.example.com/no-such-photo.jpg\n           " + sentence + "\n");
  BOOST_TEST((image_table{images, 120}.row(images[0])) ==
             "S00339218  http://images.example.com/no-such-photo.jpg  " + sentence + "\n");
}

BOOST_AUTO_TEST_CASE(a_terminal_that_is_too_narrow_still_gets_whole_columns) {
  const std::vector images{measured(std::string(60, 's'), "http://images.example.com/shelf.jpg")};
  const auto row = image_table{images, 10}.row(images[0]);
  BOOST_TEST(row.starts_with("\u2026" + std::string(23, 's') + "  \u2026e.com/shelf.jpg  jpeg"),
             row);
}

BOOST_AUTO_TEST_CASE(text_of_strangers_cannot_move_the_cursor) {
  const std::vector images{failed("S\x1b[2J", "http://h/\r\n\x7f\xc2\x9b.jpg\xff", "a\tb")};
  BOOST_TEST((image_table{images, 80}.row(images[0])) == "S?[2J  http://h/????.jpg?  a?b\n");
}

BOOST_AUTO_TEST_CASE(
    text_of_strangers_cannot_turn_a_line_around_on_a_terminal_and_stays_in_a_pipe) {
  const std::vector images{failed("S\u202e", "http://h/\u2066", "a\u200e")};
  BOOST_TEST((image_table{images, 80}.row(images[0])) == R"(S\u202e  http://h/\u2066  a\u200e)"
                                                         "\n");
  BOOST_TEST((image_table{images, std::nullopt}.row(images[0])) ==
             "S\u202e     http://h/\u2066  a\u200e\n");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
