#include "core/text.hpp"

#include <cstdint>

namespace retail_pulse {
namespace {

/// Bytes of a sequence that starts with `lead`, and the range of its second byte; length 0 for a
/// byte that starts none.
struct sequence {
  std::size_t length;
  std::uint8_t low = 0x80;
  std::uint8_t high = 0xBF;
};

sequence sequence_of(std::uint8_t lead) {
  if (lead < 0x80) return {1};
  if (lead < 0xC2) return {0};
  if (lead < 0xE0) return {2};
  if (lead == 0xE0) return {3, 0xA0};
  if (lead == 0xED) return {3, 0x80, 0x9F};
  if (lead < 0xF0) return {3};
  if (lead == 0xF0) return {4, 0x90};
  if (lead < 0xF4) return {4};
  if (lead == 0xF4) return {4, 0x80, 0x8F};
  return {0};
}

/// The blanks beyond ASCII in UTF-8: U+0085, U+00A0, U+1680, U+2000 to U+200B, U+2028, U+2029,
/// U+202F, U+205F, U+3000, U+FEFF.
constexpr std::string_view wide_blanks[] = {
    "\xC2\x85",     "\xC2\xA0",     "\xE1\x9A\x80", "\xE2\x80\x80", "\xE2\x80\x81", "\xE2\x80\x82",
    "\xE2\x80\x83", "\xE2\x80\x84", "\xE2\x80\x85", "\xE2\x80\x86", "\xE2\x80\x87", "\xE2\x80\x88",
    "\xE2\x80\x89", "\xE2\x80\x8A", "\xE2\x80\x8B", "\xE2\x80\xA8", "\xE2\x80\xA9", "\xE2\x80\xAF",
    "\xE2\x81\x9F", "\xE3\x80\x80", byte_order_mark};

constexpr bool is_ascii_blank(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }

/// Bytes of the blank at the front of a text, or at its back; 0 where no blank is there.
std::size_t blank_at_front(std::string_view text) {
  if (text.empty() || is_ascii_blank(text.front())) return text.empty() ? 0 : 1;
  if (static_cast<std::uint8_t>(text.front()) < 0x80) return 0;
  const auto found = std::ranges::find_if(
      wide_blanks, [text](std::string_view blank) { return text.starts_with(blank); });
  return found == std::end(wide_blanks) ? 0 : found->size();
}
std::size_t blank_at_back(std::string_view text) {
  if (text.empty() || is_ascii_blank(text.back())) return text.empty() ? 0 : 1;
  if (static_cast<std::uint8_t>(text.back()) < 0x80) return 0;
  const auto found = std::ranges::find_if(
      wide_blanks, [text](std::string_view blank) { return text.ends_with(blank); });
  return found == std::end(wide_blanks) ? 0 : found->size();
}

}  // namespace

std::string size_text(std::uint64_t bytes) {
  std::string_view unit = bytes == 1 ? " byte" : " bytes";
  for (const std::string_view larger : {" KiB", " MiB", " GiB"}) {
    if (bytes == 0 || bytes % 1024 != 0) break;
    bytes /= 1024;
    unit = larger;
  }
  return std::to_string(bytes).append(unit);
}

std::string time_text(std::chrono::milliseconds time) {
  const bool whole = time.count() % 1000 == 0;
  return std::to_string(whole ? time.count() / 1000 : time.count()) + (whole ? " s" : " ms");
}

std::string_view without_blanks_in_front(std::string_view text) {
  while (const auto bytes = blank_at_front(text)) text.remove_prefix(bytes);
  return text;
}

std::string_view without_blanks_around(std::string_view text) {
  text = without_blanks_in_front(text);
  while (const auto bytes = blank_at_back(text)) text.remove_suffix(bytes);
  return text;
}

std::size_t json_text_bytes(std::string_view text) {
  constexpr std::string_view short_escapes = "\"\\\b\f\n\r\t";
  std::size_t bytes = text.size();
  for (const char c : text) {
    if (short_escapes.find(c) != std::string_view::npos) {
      bytes += 1;
    } else if (static_cast<unsigned char>(c) < 0x20) {
      bytes += 5;
    }
  }
  return bytes;
}

std::string hex(std::span<const unsigned char> bytes) {
  constexpr char digits[] = "0123456789abcdef";
  std::string text;
  for (const auto byte : bytes) {
    text += digits[byte >> 4];
    text += digits[byte & 15];
  }
  return text;
}

std::string percent_encoded(std::string_view text, std::string_view also_plain) {
  constexpr std::string_view digits = "0123456789ABCDEF";
  const auto is_plain = [also_plain](char c) {
    const bool is_letter = lower(c) >= 'a' && lower(c) <= 'z';
    const bool is_digit = c >= '0' && c <= '9';
    return is_letter || is_digit || std::string_view{"-._~"}.find(c) != std::string_view::npos ||
           also_plain.find(c) != std::string_view::npos;
  };
  std::string encoded;
  encoded.reserve(text.size());
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (is_plain(c)) {
      encoded += c;
    } else {
      encoded += {'%', digits[byte >> 4], digits[byte & 15]};
    }
  }
  return encoded;
}

std::optional<std::string> percent_decoded(std::string_view text) {
  std::string decoded;
  decoded.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      decoded += text[i];
      continue;
    }
    const int high = i + 2 < text.size() ? hex_digit(text[i + 1]) : -1;
    const int low = i + 2 < text.size() ? hex_digit(text[i + 2]) : -1;
    if (high < 0 || low < 0) return std::nullopt;
    decoded += static_cast<char>(high * 16 + low);
    i += 2;
  }
  return decoded;
}

std::size_t utf8_sequence(std::string_view text) {
  if (text.empty()) return 0;
  const sequence expected = sequence_of(static_cast<std::uint8_t>(text.front()));
  if (expected.length > text.size()) return 0;
  for (std::size_t i = 1; i < expected.length; ++i) {
    const auto byte = static_cast<std::uint8_t>(text[i]);
    if (byte < (i == 1 ? expected.low : 0x80) || byte > (i == 1 ? expected.high : 0xBF)) return 0;
  }
  return expected.length;
}

std::size_t valid_utf8_prefix(std::string_view text) {
  std::size_t at = 0;
  while (const auto length = utf8_sequence(text.substr(at))) at += length;
  return at;
}

}  // namespace retail_pulse
