#include "core/encoding.hpp"

#include <boost/test/unit_test.hpp>

#include "core/text.hpp"

namespace retail_pulse {
namespace {

using namespace std::string_literals;

std::string unit(std::uint32_t value, bool big_endian) {
  const auto high = static_cast<char>(value >> 8), low = static_cast<char>(value & 0xFF);
  return big_endian ? std::string{high, low} : std::string{low, high};
}

std::string utf16_of(std::uint32_t code, bool big_endian) {
  if (code < 0x10000) return unit(code, big_endian);
  return unit(0xD800 + ((code - 0x10000) >> 10), big_endian) +
         unit(0xDC00 + ((code - 0x10000) & 0x3FF), big_endian);
}

/// "UTF-16 BE 2": the kind, the order of its bytes and the bytes of its mark.
std::string described(std::string_view text) {
  const auto how = encoding_of(text);
  const std::string kind = how.what == encoding::kind::utf8    ? "UTF-8"
                           : how.what == encoding::kind::utf16 ? "UTF-16"
                                                               : "UTF-32";
  return kind + (how.big_endian ? " BE " : " LE ") + std::to_string(how.mark);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(encodings)

BOOST_AUTO_TEST_CASE(are_detected_by_their_marks) {
  BOOST_TEST(described("\xEF\xBB\xBFid") == "UTF-8 LE 3");
  BOOST_TEST(described("\xFF\xFEi\0d\0"s) == "UTF-16 LE 2");
  BOOST_TEST(described("\xFE\xFF\0i\0d"s) == "UTF-16 BE 2");
  BOOST_TEST(described("\xFF\xFE"s) == "UTF-16 LE 2");
  BOOST_TEST(described("\xFF\xFE\0\0i\0\0\0"s) == "UTF-32 LE 4");
  BOOST_TEST(described("\0\0\xFE\xFF\0\0\0i"s) == "UTF-32 BE 4");
}

BOOST_AUTO_TEST_CASE(are_detected_without_a_mark_by_the_nul_bytes_of_two_ascii_characters) {
  BOOST_TEST(described("i\0d\0"s) == "UTF-16 LE 0");
  BOOST_TEST(described("\0i\0d"s) == "UTF-16 BE 0");
  BOOST_TEST(described("i\0\0\0"s) == "UTF-32 LE 0");
  BOOST_TEST(described("\0\0\0i"s) == "UTF-32 BE 0");
  for (const auto& text :
       {""s, "i"s, "i\0d"s, "id"s, "\0\0\0\0"s, "id\0\0"s, "i\0dx"s, "\xE9t\xE9s"s}) {
    BOOST_TEST(described(text) == "UTF-8 LE 0");
  }
}

BOOST_AUTO_TEST_CASE(every_character_of_utf16_is_the_same_in_utf8) {
  for (const bool big_endian : {false, true}) {
    std::size_t wrong = 0;
    for (std::uint32_t code = 0; code < 0x110000; ++code) {
      const bool surrogate = code >= 0xD800 && code < 0xE000;
      const auto made = utf8_of_utf16(utf16_of(code, big_endian), big_endian);
      const bool right =
          made.whole && utf8_sequence(made.text) == made.text.size() && !made.text.empty();
      if (right == surrogate) ++wrong;
    }
    BOOST_TEST(wrong == 0u);
  }
  BOOST_TEST(utf8_of_utf16("a\0\xE9\0\xAC\x20\x3D\xD8\0\xDE"s, false).text ==
             "a\u00e9\u20ac\U0001F600");
  BOOST_TEST(utf8_of_utf16("\0a\0\xE9\x20\xAC\xD8\x3D\xDE\0"s, true).text ==
             "a\u00e9\u20ac\U0001F600");
  BOOST_TEST(utf8_of_utf16("", false).whole);
}

BOOST_AUTO_TEST_CASE(utf16_that_is_not_whole_is_decoded_up_to_what_is_wrong) {
  for (const auto& rest : {"b"s, "\x3D\xD8"s, "\x3D\xD8z\0"s, "\0\xDE"s, "\x3D\xD8\0"s}) {
    const auto made = utf8_of_utf16("a\0"s + rest, false);
    BOOST_TEST(!made.whole);
    BOOST_TEST(made.text == "a");
  }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace retail_pulse
