#include "core/terminal_text.hpp"

#include <boost/test/unit_test.hpp>

namespace {

using namespace retail_pulse;

BOOST_AUTO_TEST_SUITE(texts_for_terminals)

BOOST_AUTO_TEST_CASE(what_misleads_a_terminal_becomes_an_escape_of_json) {
  BOOST_TEST(for_terminal(std::string_view{"\0\x01\x1b[2J\x1f\x7f", 8}) ==
             R"(\u0000\u0001\u001b[2J\u001f\u007f)");
  BOOST_TEST(for_terminal("\u0080\u009b\u009f") == R"(\u0080\u009b\u009f)");
  BOOST_TEST(for_terminal("\u061c\u180e\u200b\u200e\u200f") == R"(\u061c\u180e\u200b\u200e\u200f)");
  BOOST_TEST(for_terminal("\u2028\u2029\u202a\u202b\u202c\u202d\u202e") ==
             R"(\u2028\u2029\u202a\u202b\u202c\u202d\u202e)");
  BOOST_TEST(for_terminal("\u2060\u2066\u2067\u2068\u2069\u206f\ufeff\ufff9\ufffb") ==
             R"(\u2060\u2066\u2067\u2068\u2069\u206f\ufeff\ufff9\ufffb)");
  BOOST_TEST(for_terminal("\u00ad\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0\U0001D173") ==
             R"(\u00ad\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0\ud834\udd73)");
  BOOST_TEST(for_terminal("\U000E0041\U000E007F") == R"(\udb40\udc41\udb40\udc7f)");
}

BOOST_AUTO_TEST_CASE(what_people_write_stays) {
  for (const std::string_view text :
       {"", "plain \\ \"text\"", "\u00a0K\u00f6ln\u00a1", "\u200c\u200d", "\u180b\ufe0f\U000E0100",
        "\u115e\u2801\u3163\uffa1", "\u2027\u202f\u205f\u2070", "\u05d0\u0627", "\U0001F600",
        "\ufffd", "\ufefe", "\U000E0080", "a\tb\n", "a\r\nb\r\n", "\n\n"}) {
    BOOST_TEST(for_terminal(text) == text);
  }
}

BOOST_AUTO_TEST_CASE(a_carriage_return_alone_would_write_over_the_line) {
  BOOST_TEST(for_terminal("good\rbad\r\n") == "good\\u000dbad\r\n");
  BOOST_TEST(for_terminal("\r\r\n\r") == "\\u000d\r\n\\u000d");
}

BOOST_AUTO_TEST_CASE(bytes_that_are_not_utf8_become_replacement_characters) {
  BOOST_TEST(for_terminal("a\xff\x9b\xc3z") == R"(a\ufffd\ufffd\ufffdz)");
  BOOST_TEST(for_terminal("\xe2\x80") == R"(\ufffd)");
  BOOST_TEST(for_terminal("\xed\xa0\x80") == R"(\ufffd\ufffd\ufffd)");
}

BOOST_AUTO_TEST_CASE(parts_may_begin_and_end_anywhere) {
  const std::string text =
      "a\r\nb\r\u00e4\u009b\u202e\U000E0041\U0001F600\xff\xe2\x80z\r\n\xf0\x9f";
  const auto whole = for_terminal(text);
  for (std::size_t size = 1; size <= text.size(); ++size) {
    terminal_text parts;
    std::string shown;
    for (std::size_t at = 0; at < text.size(); at += size)
      shown += parts.shown(std::string_view{text}.substr(at, size));
    BOOST_TEST(shown + parts.rest() == whole, size);
    BOOST_TEST(parts.rest() == "");
  }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
