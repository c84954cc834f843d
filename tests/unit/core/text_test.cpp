#include "core/text.hpp"

#include <boost/test/unit_test.hpp>
#include <string>

namespace retail_pulse {
namespace {

using namespace std::string_literals;

bool is_text(const std::string& bytes) { return valid_utf8_prefix(bytes) == bytes.size(); }

/// A code point in as few bytes as its size asks for, surrogates too.
std::string encoded(std::uint32_t code) {
  const auto tail = [&](int shift) { return static_cast<char>(0x80 | (code >> shift & 0x3F)); };
  if (code < 0x80) return {static_cast<char>(code)};
  if (code < 0x800) return {static_cast<char>(0xC0 | code >> 6), tail(0)};
  if (code < 0x10000) return {static_cast<char>(0xE0 | code >> 12), tail(6), tail(0)};
  return {static_cast<char>(0xF0 | code >> 18), tail(12), tail(6), tail(0)};
}

}  // namespace

BOOST_AUTO_TEST_SUITE(words)

BOOST_AUTO_TEST_CASE(a_limit_is_written_in_the_largest_unit_that_divides_it) {
  BOOST_TEST(size_text(0) == "0 bytes");
  BOOST_TEST(size_text(1) == "1 byte");
  BOOST_TEST(size_text(1000) == "1000 bytes");
  BOOST_TEST(size_text(1024) == "1 KiB");
  BOOST_TEST(size_text(1025) == "1025 bytes");
  BOOST_TEST(size_text(64 * 1024) == "64 KiB");
  BOOST_TEST(size_text(std::uint64_t{50} << 20) == "50 MiB");
  BOOST_TEST(size_text((std::uint64_t{50} << 20) + 1024) == "51201 KiB");
  BOOST_TEST(size_text(std::uint64_t{16} << 30) == "16 GiB");
  BOOST_TEST(size_text(std::uint64_t{1} << 50) == "1048576 GiB");
  using namespace std::chrono_literals;
  BOOST_TEST(time_text(10s) == "10 s");
  BOOST_TEST(time_text(400ms) == "400 ms");
  BOOST_TEST(time_text(1500ms) == "1500 ms");
  BOOST_TEST(time_text(10min) == "600 s");
}

BOOST_AUTO_TEST_CASE(a_token_has_no_blank_and_no_delimiter) {
  BOOST_TEST(is_token("x-Gzip2"));
  BOOST_TEST(is_token("!#$%&'*+-.^_`|~"));
  for (const std::string_view text :
       {"", " ", "a b", "a,b", "a;", "a\"", "a=b", "a/b", "\x7f", "\xC3\xA9"})
    BOOST_TEST(!is_token(text), text);
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(utf8)

BOOST_AUTO_TEST_CASE(holds_every_code_point_but_surrogates) {
  std::size_t wrong = 0;
  for (std::uint32_t code = 0; code < 0x110000; ++code) {
    const bool surrogate = code >= 0xD800 && code <= 0xDFFF;
    if (is_text(encoded(code)) == surrogate) ++wrong;
  }
  BOOST_TEST(wrong == 0U);
  BOOST_TEST(!is_text(encoded(0x110000)), "one past the last");
}

BOOST_AUTO_TEST_CASE(holds_no_overlong_cut_or_stray_bytes) {
  for (const auto& bytes : {"\xC0\x80"s, "\xC1\xBF"s, "\xE0\x9F\xBF"s, "\xF0\x8F\xBF\xBF"s,
                            "\xF5\x80\x80\x80"s, "\xFF"s, "\x80"s, "\xC3"s, "\xE6\xA1"s,
                            "\xF0\x9F\x98"s, "\xC3("s, "\xE6\xA1("s, "\xF0\x9F\x98("s}) {
    BOOST_TEST(!is_text(bytes));
    BOOST_TEST(valid_utf8_prefix("ab\xC3\xA9" + bytes + "cd") == 4U);
  }
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(blanks)

BOOST_AUTO_TEST_CASE(around_a_text_are_what_unicode_calls_white_space_and_what_nobody_sees) {
  for (std::uint32_t code = 0; code < 0x110000; ++code) {
    if (code >= 0xD800 && code <= 0xDFFF) continue;
    const bool is_blank = (code >= 0x09 && code <= 0x0D) || code == 0x20 || code == 0x85 ||
                          code == 0xA0 || code == 0x1680 || (code >= 0x2000 && code <= 0x200B) ||
                          code == 0x2028 || code == 0x2029 || code == 0x202F || code == 0x205F ||
                          code == 0x3000 || code == 0xFEFF;
    const auto blank = encoded(code);
    const auto text = blank + "S 1" + blank;
    if ((without_blanks_around(text) == "S 1") != is_blank) BOOST_ERROR("wrong about " << code);
  }
  BOOST_TEST(without_blanks_around(" \t\u00a0S\u00a0 1\u3000\r\n ") == "S\u00a0 1");
  BOOST_TEST(without_blanks_around(" \u00a0\u2003\t") == "");
  BOOST_TEST(without_blanks_around("") == "");
  BOOST_TEST(without_blanks_around("\xA0S\xA0") == "\xA0S\xA0", "of Latin-1");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace retail_pulse

BOOST_AUTO_TEST_SUITE(ascii)

BOOST_AUTO_TEST_CASE(only_ascii_letters_have_a_case) {
  BOOST_TEST(retail_pulse::lower("AZaz@[`{09") == "azaz@[`{09");
  BOOST_TEST(retail_pulse::lower("\xC3\x89") == "\xC3\x89");
  BOOST_TEST(retail_pulse::same_word("Content-Length", "CONTENT-length"));
  BOOST_TEST(!retail_pulse::same_word("a", "ab"));
  BOOST_TEST(!retail_pulse::same_word("@", "`"));
}

BOOST_AUTO_TEST_CASE(hexadecimal_digits_of_either_case_have_a_value_and_nothing_else_has) {
  const std::string digits = "0123456789abcdef";
  for (int c = 0; c < 256; ++c) {
    const auto at = digits.find(retail_pulse::lower(static_cast<char>(c)));
    BOOST_TEST(retail_pulse::hex_digit(static_cast<char>(c)) ==
               (at == std::string::npos ? -1 : static_cast<int>(at)));
  }
}

BOOST_AUTO_TEST_CASE(
    in_json_quotes_and_backslashes_take_two_bytes_and_control_characters_two_or_six) {
  using retail_pulse::json_text_bytes;
  BOOST_TEST(json_text_bytes("") == 0u);
  BOOST_TEST(json_text_bytes("http://h.example/\xC3\xA9\x7F") == 20u);
  for (int c = 0; c < 256; ++c) {
    const char byte = static_cast<char>(c);
    const bool is_short = std::string{"\"\\\b\f\n\r\t"}.find(byte) != std::string::npos;
    BOOST_TEST(json_text_bytes(std::string(1, byte)) == (is_short ? 2u : c < 0x20 ? 6u : 1u));
  }
  BOOST_TEST(json_text_bytes(std::string(1000, '\1')) == 6000u);
}

BOOST_AUTO_TEST_CASE(every_byte_is_shown_with_two_hexadecimal_digits) {
  BOOST_TEST(retail_pulse::hex({}) == "");
  const unsigned char bytes[] = {0x00, 0x0A, 0x9F, 0xFF};
  BOOST_TEST(retail_pulse::hex(bytes) == "000a9fff");
}

BOOST_AUTO_TEST_CASE(every_byte_survives_percent_encoding) {
  std::string all;
  for (int byte = 0; byte < 256; ++byte) all += static_cast<char>(byte);
  BOOST_TEST(
      retail_pulse::percent_decoded(retail_pulse::percent_encoded(all)).value_or("nothing") == all);
  BOOST_TEST(retail_pulse::percent_encoded("aZ09-._~") == "aZ09-._~");
  BOOST_TEST(retail_pulse::percent_encoded("/a b\xFF") == "%2Fa%20b%FF");
  BOOST_TEST(retail_pulse::percent_encoded("/a b", "/") == "/a%20b");
}

BOOST_AUTO_TEST_CASE(a_percent_sign_without_two_digits_is_not_decoded) {
  BOOST_TEST(retail_pulse::percent_decoded("%2f%2Fa+b").value_or("nothing") == "//a+b");
  for (const char* text : {"%", "%2", "a%2", "%zz", "%2z", "%%41"})
    BOOST_TEST(!retail_pulse::percent_decoded(text).has_value(), text);
}

BOOST_AUTO_TEST_SUITE_END()
