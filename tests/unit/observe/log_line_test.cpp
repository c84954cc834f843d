#include "observe/log_line.hpp"

#include <boost/test/unit_test.hpp>
#include <nlohmann/json.hpp>

namespace {

using namespace retail_pulse;
using namespace retail_pulse::observe;

constexpr unix_millis some_time{1'700'000'000'123};  // 2023-11-14T22:13:20.123Z

std::string text_line(std::string_view message, std::initializer_list<field> fields = {}) {
  return as_text({some_time, level::info, message, {fields.begin(), fields.size()}});
}
std::string json_line(std::string_view message, std::initializer_list<field> fields = {}) {
  return as_json({some_time, level::info, message, {fields.begin(), fields.size()}});
}
/// The text of one value as a text line shows it.
std::string shown(std::string_view value) {
  return text_line("m", {{"v", value}}).substr(text_line("m").size() + 3);
}

bool is_one_printable_line(std::string_view line) {
  return std::ranges::all_of(
      line, [](char c) { return static_cast<unsigned char>(c) >= 0x20 && c != 0x7F; });
}

BOOST_AUTO_TEST_SUITE(log_lines)

BOOST_AUTO_TEST_CASE(a_text_line_has_time_level_message_and_fields) {
  BOOST_TEST(text_line("job accepted", {field{job_id{7}},
                                        field{image_number{0}},
                                        {"store", "S00339218"},
                                        {"ms", std::int64_t{-5}}}) ==
             "2023-11-14T22:13:20.123Z info    job accepted job=7 image=0 store=S00339218 ms=-5");
  BOOST_TEST(as_text({some_time, level::warning, "w", {}}) == "2023-11-14T22:13:20.123Z warning w");
  BOOST_TEST(as_text({some_time, level::debug, "d", {}}) == "2023-11-14T22:13:20.123Z debug   d");
  BOOST_TEST(as_text({some_time, level::error, "e", {}}) == "2023-11-14T22:13:20.123Z error   e");
}

BOOST_AUTO_TEST_CASE(a_json_line_is_one_object_in_the_same_order) {
  BOOST_TEST(
      json_line("job accepted", {field{job_id{7}}, {"store", "S00339218"}}) ==
      R"({"time":"2023-11-14T22:13:20.123Z","level":"info","message":"job accepted","job":7,"store":"S00339218"})");
}

BOOST_AUTO_TEST_CASE(a_value_with_more_than_plain_characters_stands_in_quotes) {
  BOOST_TEST(shown("plain-1.jpg") == "plain-1.jpg");
  BOOST_TEST(shown("") == R"("")");
  BOOST_TEST(shown("two words") == R"("two words")");
  BOOST_TEST(shown("a=b") == R"("a=b")");
  BOOST_TEST(shown(R"(say "hi")") == R"("say \"hi\"")");
  BOOST_TEST(shown(R"(back\slash)") == R"("back\\slash")");
  BOOST_TEST(shown("K\xc3\xb6ln") == "\"K\xc3\xb6ln\"");
}

BOOST_AUTO_TEST_CASE(a_stranger_cannot_forge_a_line_of_text) {
  BOOST_TEST(shown("a\n2023-11-14T22:13:20.123Z error forged") ==
             R"("a\n2023-11-14T22:13:20.123Z error forged")");
  BOOST_TEST(shown("a\r\tb") == R"("a\r\tb")");
  BOOST_TEST(shown(std::string_view{"\0\x01\x1f\x7f", 4}) == R"("\x00\x01\x1f\x7f")");
  BOOST_TEST(shown("\x1b[2J") == R"("\x1b[2J")");
  BOOST_TEST(shown("\xc2\x9b"
                   "2J") == R"("\xc2\x9b2J")");
  BOOST_TEST(text_line("two\nlines").ends_with(R"(two\nlines)"));
}

BOOST_AUTO_TEST_CASE(a_stranger_cannot_turn_a_line_around_or_hide_in_it) {
  for (const std::string_view text : {"\xe2\x80\xae", "\xe2\x81\xa6", "\xe2\x80\x8e",
                                      "\xe2\x80\xa8", "\xd8\x9c", "\xe2\x80\x8b"}) {
    const auto line = shown(std::string{"a"}.append(text));
    BOOST_TEST(line.starts_with("\"a\\x"), line);
    BOOST_TEST(line.find(text) == std::string::npos, line);
  }
}

BOOST_AUTO_TEST_CASE(bytes_that_are_not_utf8_are_shown_in_hex) {
  BOOST_TEST(shown("\xff") == R"("\xff")");
  BOOST_TEST(shown("\xc3") == R"("\xc3")");          // ends early
  BOOST_TEST(shown("\xc0\xaf") == R"("\xc0\xaf")");  // overlong
  BOOST_TEST(shown("\xe0\x80\xaf") == R"("\xe0\x80\xaf")");
  BOOST_TEST(shown("\xed\xa0\x80") == R"("\xed\xa0\x80")");          // surrogate
  BOOST_TEST(shown("\xf4\x90\x80\x80") == R"("\xf4\x90\x80\x80")");  // beyond U+10FFFF
  BOOST_TEST(shown("\xf4\x8f\xbf\xbf") == "\"\xf4\x8f\xbf\xbf\"");
}

BOOST_AUTO_TEST_CASE(every_single_byte_leaves_one_printable_line_that_json_reads_back) {
  for (int byte = 0; byte < 256; ++byte) {
    const std::string value = std::string{"a"} + static_cast<char>(byte) + "b";
    BOOST_TEST(is_one_printable_line(text_line(value, {{"v", value}})), byte);
    const std::string json = json_line(value, {{"v", value}});
    BOOST_TEST(is_one_printable_line(json), byte);
    const auto object = nlohmann::json::parse(json);
    if (byte < 0x80) {
      BOOST_TEST(object["v"].get<std::string>() == value, byte);
      BOOST_TEST(object["message"].get<std::string>() == value, byte);
    } else {
      BOOST_TEST(object["v"].get<std::string>() ==
                     "a\xef\xbf\xbd"
                     "b",
                 byte);
    }
  }
}

BOOST_AUTO_TEST_CASE(a_url_is_cut_before_its_query_or_fragment) {
  BOOST_TEST(without_query("https://e.com/a.jpg?signature=s3cret") == "https://e.com/a.jpg");
  BOOST_TEST(without_query("https://e.com/a.jpg#part?x") == "https://e.com/a.jpg");
  BOOST_TEST(without_query("https://e.com/a.jpg") == "https://e.com/a.jpg");
  BOOST_TEST(without_query("?") == "");
  BOOST_TEST(without_query("") == "");
}

BOOST_AUTO_TEST_CASE(a_field_named_url_never_shows_its_query) {
  BOOST_TEST(text_line("m", {{"url", "https://e.com/a.jpg?signature=s3cret"}})
                 .ends_with(" m url=https://e.com/a.jpg"));
  BOOST_TEST(json_line("m", {{"url", "https://e.com/a.jpg?signature=s3cret"}})
                 .ends_with(R"("url":"https://e.com/a.jpg"})"));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
