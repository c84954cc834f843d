// WebP: libwebp reads the features, the RIFF header tells the length.
#include <webp/decode.h>

#include <algorithm>

#include "imaging/formats.hpp"
#include "imaging/integers.hpp"

namespace retail_pulse::imaging {
namespace {

constexpr std::size_t least_start =
    25;  ///< RIFF and chunk headers and the 5 bytes of VP8L, whose files may be no longer than 26
constexpr std::size_t most_start = 30;  ///< enough for VP8 (10 bytes) and VP8X (also 10)

/// libwebp rejects a VP8 key frame without width or height like any damaged one.
bool is_empty_frame(std::span<const std::uint8_t, most_start> start) {
  constexpr std::array<std::uint8_t, 4> vp8{'V', 'P', '8', ' '};
  constexpr std::uint32_t side = 0x3FFF;  // the upper two bits are a scale
  return std::equal(vp8.begin(), vp8.end(), start.begin() + 12) && start[23] == 0x9D &&
         start[24] == 0x01 && start[25] == 0x2A &&
         ((le16(start, 26) & side) == 0 || (le16(start, 28) & side) == 0);
}

/// "The product of Canvas Width and Canvas Height MUST be at most 2^32 - 1" (RFC 9649, section
/// 2.7); each has 24 bits and is one less in the file. libwebp rejects such a canvas like any
/// damaged file.
bool is_beyond_canvas(std::span<const std::uint8_t, most_start> start) {
  constexpr std::array<std::uint8_t, 4> vp8x{'V', 'P', '8', 'X'};
  const std::uint64_t width = (le32(start, 24) & 0xFFFFFF) + 1;
  const std::uint64_t height = (le32(start, 26) >> 8) + 1;
  return std::equal(vp8x.begin(), vp8x.end(), start.begin() + 12) && width * height > 0xFFFFFFFF;
}

}  // namespace

walk read_webp(byte_source& file, measurement& seen) {
  std::array<std::uint8_t, most_start> start{};
  std::size_t have = least_start;
  const auto first = co_await file.take<least_start>();
  std::copy(first.begin(), first.end(), start.begin());

  WebPBitstreamFeatures features{};
  auto status = WebPGetFeatures(start.data(), have, &features);
  if (status == VP8_STATUS_NOT_ENOUGH_DATA) {
    const auto rest = co_await file.take<most_start - least_start>();
    std::copy(rest.begin(), rest.end(), start.begin() + least_start);
    have = most_start;
    status = WebPGetFeatures(start.data(), have, &features);
  }
  const bool has_no_size = is_empty_frame(start) || (have == most_start && is_beyond_canvas(start));
  if (status != VP8_STATUS_OK)
    co_return has_no_size ? error_code::bad_dimensions : error_code::not_an_image;
  if (features.width <= 0 || features.height <= 0) co_return error_code::bad_dimensions;
  seen.width = static_cast<std::uint32_t>(features.width);
  seen.height = static_cast<std::uint32_t>(features.height);

  co_await file.skip(distance(have, std::uint64_t{8} + le32(start, 4)));
  co_return error_code::none;
}

}  // namespace retail_pulse::imaging
