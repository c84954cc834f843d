#pragma once

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

/// Text as protocols see it: ASCII without a locale, and UTF-8.
namespace retail_pulse {

/// U+FEFF in UTF-8. At the start of a text it marks it as UTF-8 for spreadsheets, and editors on
/// Windows.
inline constexpr std::string_view byte_order_mark = "\xEF\xBB\xBF";

/// ASCII letters only; every other byte stays as it is.
constexpr char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

inline std::string lower(std::string_view text) {
  std::string result{text};
  for (char& c : result) c = lower(c);
  return result;
}

/// Compares without the case of ASCII letters, as header names, schemes and units are compared.
constexpr bool same_word(std::string_view a, std::string_view b) {
  return std::ranges::equal(a, b, [](char x, char y) { return lower(x) == lower(y); });
}

/// The value of a hexadecimal digit of either case; -1 for any other character.
constexpr int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  const char letter = lower(c);
  return letter >= 'a' && letter <= 'f' ? letter - 'a' + 10 : -1;
}

/// Without the blanks and tabs at either end.
constexpr std::string_view trimmed(std::string_view text) {
  const auto blank = [](char c) { return c == ' ' || c == '\t'; };
  while (!text.empty() && blank(text.front())) text.remove_prefix(1);
  while (!text.empty() && blank(text.back())) text.remove_suffix(1);
  return text;
}

/// A name as HTTP writes it (RFC 9110, section 5.6.2).
constexpr bool is_token(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, [](char c) {
    return (c >= '0' && c <= '9') || (lower(c) >= 'a' && lower(c) <= 'z') ||
           std::string_view{"!#$%&'*+-.^_`|~"}.find(c) != std::string_view::npos;
  });
}

/// "50 MiB", "8 KiB", "1500 bytes": in the largest unit of 1024s that divides it.
std::string size_text(std::uint64_t bytes);
/// "10 s", "400 ms".
std::string time_text(std::chrono::milliseconds time);

/// Without the blanks at both ends: Unicode white space, with line ends, and the zero-width U+200B
/// and U+FEFF.
std::string_view without_blanks_around(std::string_view text);
std::string_view without_blanks_in_front(std::string_view text);

/// Bytes of a text in JSON, without the quotes around it: quotes, backslashes and control
/// characters take two bytes, or six (RFC 8259, section 7); all else stays as it is.
std::size_t json_text_bytes(std::string_view text);

/// Two lower-case hexadecimal digits for every byte.
std::string hex(std::span<const unsigned char> bytes);

/// Percent-encoding (RFC 3986, section 2.1): every byte as "%XX" with upper-case digits, except
/// ASCII letters, digits, "-._~" and the bytes of `also_plain`.
std::string percent_encoded(std::string_view text, std::string_view also_plain = {});
/// The reverse; digits of either case. Nothing if two hexadecimal digits do not follow a '%'. '+'
/// stays as it is, and "%00" gives a NUL.
std::optional<std::string> percent_decoded(std::string_view text);

/// Bytes of the UTF-8 sequence at the front of a text (Unicode 15, table 3-7: no surrogates, no
/// overlong forms); 0 if the text does not begin with one.
std::size_t utf8_sequence(std::string_view text);

/// How many of the first bytes are valid UTF-8.
std::size_t valid_utf8_prefix(std::string_view text);

}  // namespace retail_pulse
