#include "core/text.hpp"

#include <cstdint>

namespace retail_pulse {
namespace {

/// Bytes of a sequence that starts with `lead`, and the range of its second byte; length 0 for a byte that starts none.
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

std::string hex(std::span<const unsigned char> bytes) {
  constexpr char digits[] = "0123456789abcdef";
  std::string text;
  for (const auto byte : bytes) {
    text += digits[byte >> 4];
    text += digits[byte & 15];
  }
  return text;
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
