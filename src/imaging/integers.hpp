#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>

namespace retail_pulse::imaging {

// Unsigned numbers out of raw bytes. The offsets are constants of the formats; the caller has taken
// that many bytes.

constexpr std::uint32_t be16(std::span<const std::uint8_t> bytes, std::size_t at = 0) {
  return std::uint32_t{bytes[at]} << 8 | bytes[at + 1];
}
constexpr std::uint32_t be32(std::span<const std::uint8_t> bytes, std::size_t at = 0) {
  return be16(bytes, at) << 16 | be16(bytes, at + 2);
}
constexpr std::uint64_t be64(std::span<const std::uint8_t> bytes, std::size_t at = 0) {
  return std::uint64_t{be32(bytes, at)} << 32 | be32(bytes, at + 4);
}
constexpr std::uint32_t le16(std::span<const std::uint8_t> bytes, std::size_t at = 0) {
  return std::uint32_t{bytes[at + 1]} << 8 | bytes[at];
}
constexpr std::uint32_t le32(std::span<const std::uint8_t> bytes, std::size_t at = 0) {
  return le16(bytes, at + 2) << 16 | le16(bytes, at);
}
constexpr std::uint64_t le64(std::span<const std::uint8_t> bytes, std::size_t at = 0) {
  return std::uint64_t{le32(bytes, at + 4)} << 32 | le32(bytes, at);
}

/// The number that be32 makes of a name of four letters, as PNG chunks and ISO boxes have it.
constexpr std::uint32_t four_letters(const char (&name)[5]) {
  return static_cast<std::uint32_t>(name[0]) << 24 | static_cast<std::uint32_t>(name[1]) << 16 |
         static_cast<std::uint32_t>(name[2]) << 8 | static_cast<std::uint32_t>(name[3]);
}

/// a + b, or the largest number if that does not fit: beyond the end of any file.
constexpr std::uint64_t saturating_sum(std::uint64_t a, std::uint64_t b) {
  constexpr auto most = std::numeric_limits<std::uint64_t>::max();
  return b > most - a ? most : a + b;
}

/// a * b, or the largest number if that does not fit: more bytes than any file has.
constexpr std::uint64_t saturating_product(std::uint64_t a, std::uint64_t b) {
  constexpr auto most = std::numeric_limits<std::uint64_t>::max();
  return b != 0 && a > most / b ? most : a * b;
}

/// The bytes from `start` to `end`; 0 if `end` is before `start`.
constexpr std::uint64_t distance(std::uint64_t start, std::uint64_t end) {
  return end > start ? end - start : 0;
}

}  // namespace retail_pulse::imaging
