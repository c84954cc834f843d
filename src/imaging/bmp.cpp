// BMP: the file header of 14 bytes and any of the bitmap headers that followed it over the years
// (OS/2 1 and 2, Windows 3 to 5).
#include <algorithm>

#include "imaging/formats.hpp"
#include "imaging/integers.hpp"

namespace retail_pulse::imaging {
namespace {

constexpr std::uint32_t file_header_bytes = 14;
constexpr std::uint32_t core_header_bytes = 12;  ///< OS/2 1: sides of 16 bits, always bottom up
constexpr std::size_t fields_bytes =
    20;  ///< what is read of a bitmap header, after its length: up to the size of the data

struct bitmap {
  std::uint32_t width = 0;
  std::uint32_t height = 0;
  std::uint32_t planes = 0;
  std::uint32_t bits = 0;  ///< per pixel
  std::uint32_t compression =
      0;  ///< 0 none, 1 and 2 run lengths, 3 and 6 none with bit masks, 4 JPEG, 5 PNG
  std::uint32_t data_bytes = 0;  ///< may be 0 when not compressed
};

/// An invalid side is returned as 0.
bitmap read_fields(std::uint32_t header_length, const std::array<std::uint8_t, fields_bytes>& f) {
  if (header_length == core_header_bytes)
    return {le16(f, 0), le16(f, 2), le16(f, 4), le16(f, 6), 0, 0};
  return {bitmap_width(le32(f, 0)),
          bitmap_height(le32(f, 4)),
          le16(f, 8),
          le16(f, 10),
          le32(f, 12),
          le32(f, 16)};
}

bool is_plausible(const bitmap& b) {
  constexpr std::uint32_t depths[] = {1, 2, 4, 8, 16, 24, 32, 64};
  const bool foreign =
      b.compression == 4 || b.compression == 5;  // the embedded JPEG or PNG has the depth
  return b.planes == 1 &&
         ((foreign && b.bits == 0) ||
          std::find(std::begin(depths), std::end(depths), b.bits) != std::end(depths));
}

/// The offset where the pixels end. The length field is wrong in many files, so it is used only if
/// nothing better is known.
std::uint64_t end_of_pixels(const bitmap& b, std::uint64_t pixels_at, std::uint32_t file_length) {
  if (b.compression == 0 || b.compression == 3 || b.compression == 6) {
    const std::uint64_t row_bytes = (std::uint64_t{b.width} * b.bits + 31) / 32 * 4;
    return saturating_sum(pixels_at, saturating_product(row_bytes, b.height));
  }
  if (b.data_bytes != 0) return pixels_at + b.data_bytes;
  return std::max<std::uint64_t>(file_length, pixels_at + 1);
}

}  // namespace

bool is_bitmap_header(std::uint32_t length) {
  return length == core_header_bytes || (length >= 16 && length <= 64 && length % 4 == 0) ||
         length == 108 || length == 124;
}

walk read_bmp(byte_source& file, measurement& seen) {
  const auto start = co_await file.take<file_header_bytes + 4>();
  const std::uint32_t header_length = le32(start, file_header_bytes);
  if (!is_bitmap_header(header_length)) co_return error_code::not_an_image;

  const std::size_t kept = std::min<std::size_t>(header_length - 4, fields_bytes);
  const auto fields = co_await file.take<fields_bytes>(kept);
  const bitmap found = read_fields(header_length, fields);
  if (!is_plausible(found)) co_return error_code::not_an_image;
  if (found.width == 0 || found.height == 0) co_return error_code::bad_dimensions;
  seen.width = found.width;
  seen.height = found.height;

  const std::uint64_t pixels_at = std::max(le32(start, 10), file_header_bytes + header_length);
  co_await file.skip(
      distance(start.size() + kept, end_of_pixels(found, pixels_at, le32(start, 2))));
  co_return error_code::none;
}

}  // namespace retail_pulse::imaging
