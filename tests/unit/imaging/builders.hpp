#pragma once

#include <cstddef>
#include <cstdint>
#include <ostream>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "imaging/image_reader.hpp"

namespace retail_pulse::imaging {

/// Builds files byte by byte. Every call appends.
class file_bytes {
 public:
  file_bytes& text(std::string_view bytes) {
    bytes_ += bytes;
    return *this;
  }
  file_bytes& u8(std::uint32_t value) {
    bytes_ += static_cast<char>(value & 0xFF);
    return *this;
  }
  file_bytes& be16(std::uint32_t value) { return u8(value >> 8).u8(value); }
  file_bytes& be32(std::uint32_t value) { return be16(value >> 16).be16(value); }
  file_bytes& be64(std::uint64_t value) {
    return be32(static_cast<std::uint32_t>(value >> 32)).be32(static_cast<std::uint32_t>(value));
  }
  file_bytes& le16(std::uint32_t value) { return u8(value).u8(value >> 8); }
  file_bytes& le32(std::uint32_t value) { return le16(value).le16(value >> 16); }
  file_bytes& fill(std::size_t count, std::uint32_t value = 0) {
    bytes_.append(count, static_cast<char>(value));
    return *this;
  }
  std::size_t size() const { return bytes_.size(); }
  operator const std::string&() const { return bytes_; }

 private:
  std::string bytes_;
};

// Parts of JPEG files.
std::string jpeg_segment(std::uint32_t marker, std::string_view content);
std::string jpeg_frame(std::uint32_t marker, std::uint32_t width, std::uint32_t height,
                       std::uint32_t components = 3, std::uint32_t precision = 8);
std::string jpeg_scan(std::string_view entropy_coded);
/// A colour profile in as many APP2 segments as it takes.
std::string jpeg_colour_profile(std::size_t bytes);
/// SOI, `metadata`, a frame header of that size, one scan, EOI.
std::string jpeg(std::uint32_t width, std::uint32_t height, std::string_view metadata = {});

std::string png_chunk(std::string_view type, std::string_view content);
/// Depth, colour type, compression, filter, interlace as they stand in the file.
std::string png_header(std::uint32_t width, std::uint32_t height, std::string_view kind);
std::string png(std::uint32_t width, std::uint32_t height);

std::string gif(std::uint32_t width, std::uint32_t height);

struct bmp_options {
  std::uint32_t header_length = 40;
  std::uint32_t width = 5;
  std::uint32_t height = 3;
  std::uint32_t bits = 24;
  std::uint32_t compression = 0;
  std::uint32_t data_bytes = 0;   ///< the field
  std::uint32_t file_length = 0;  ///< the field
  std::size_t pixels = 48;        ///< bytes that follow
};
std::string bmp(const bmp_options& options);

std::string riff(std::string_view chunks);
std::string webp_lossy(std::uint32_t width, std::uint32_t height);
std::string webp_lossless(std::uint32_t width, std::uint32_t height);
std::string webp_animation(std::uint32_t width, std::uint32_t height);

struct psd_options {
  bool large = false;
  std::uint32_t width = 5;
  std::uint32_t height = 3;
  std::uint32_t channels = 3;
  std::uint32_t depth = 8;
};
/// Header and sections; the merged picture is the caller's.
std::string psd_start(const psd_options& options);

struct icon {
  std::uint32_t width = 16;
  std::uint32_t height = 16;
  std::string picture;  ///< a PNG file, or what icon_bitmap makes
};
/// The directory and its pictures, in the order given.
std::string ico(const std::vector<icon>& icons);
/// A BMP without its file header, of 32 bits per pixel and with a mask; its header says twice the
/// height.
std::string icon_bitmap(std::uint32_t width, std::uint32_t height,
                        std::uint32_t header_length = 40);

/// What a reader says that gets the file in pieces of that size; 0: all at once.
image_reader::outcome read_in_pieces(std::string_view file, std::size_t piece = 0);
/// The code alone, after the whole file at once.
error_code code_of(std::string_view file);

std::span<const std::byte> as_piece(std::string_view bytes);

}  // namespace retail_pulse::imaging

namespace retail_pulse {
std::ostream& operator<<(std::ostream& out, error_code code);
std::ostream& operator<<(std::ostream& out, const measurement& m);
}  // namespace retail_pulse
