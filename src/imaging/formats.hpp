#pragma once

#include <cstdint>
#include <optional>
#include <span>

#include "core/image.hpp"
#include "imaging/byte_source.hpp"

namespace retail_pulse::imaging {

/// Reads a file from its first byte, the signature included. Sets the sizes in `seen` as soon as
/// they are known, never to zero. Both arguments outlive the walk. Outcomes: none, not_an_image,
/// unsupported_format with the format's name as reason, bad_dimensions.
using format_reader = walk (*)(byte_source& file, measurement& seen);

walk read_jpeg(byte_source& file, measurement& seen);
walk read_png(byte_source& file, measurement& seen);
walk read_gif(byte_source& file, measurement& seen);
walk read_bmp(byte_source& file, measurement& seen);
walk read_webp(byte_source& file, measurement& seen);
walk read_psd(byte_source& file, measurement& seen);

walk read_tiff(byte_source& file, measurement& seen);
walk read_ico(byte_source& file, measurement& seen);

/// AVIF and HEIC. The brands in the first box distinguish them from each other and from other files
/// in ISO boxes (films, sound), so this one sets `seen.format` too.
walk read_heif(byte_source& file, measurement& seen);

/// Text is not an image; this one finds a name for it, for the error's reason.
walk read_text(byte_source& file, measurement& seen);

/// Whether a bitmap header of a BMP or ICO file has that length: OS/2 2 headers may be cut after
/// any field; Windows' are 40, 52, 56, 108 or 124 bytes.
bool is_bitmap_header(std::uint32_t length);

/// Of a PNG ("PNG four-byte unsigned integers ... are limited to the range 0 to 2^31-1": third
/// edition, section 7.1).
inline constexpr std::uint32_t longest_png_side = 0x7FFFFFFF;

/// A side of a bitmap header of 16 bytes or more, which is a signed number (BITMAPINFOHEADER:
/// LONG). The height may be negative: the rows go from top to bottom. The width may not. 0 if
/// invalid, as is -2^31, whose opposite does not fit.
constexpr std::uint32_t bitmap_width(std::uint32_t field) { return field > 0x7FFFFFFF ? 0 : field; }
constexpr std::uint32_t bitmap_height(std::uint32_t field) {
  return field > 0x7FFFFFFF ? bitmap_width(0U - field) : field;
}

struct sizes {
  std::uint32_t width = 0;
  std::uint32_t height = 0;
};

/// The sizes that stb_image reads from the start of a JPEG, PNG or GIF file; nothing if it rejects
/// it. Decodes nothing.
std::optional<sizes> stb_sizes(std::span<const std::uint8_t> start);

}  // namespace retail_pulse::imaging
