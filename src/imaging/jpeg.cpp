// JPEG (ITU T.81, annex B): a walk over the markers, so that an EXIF block or a colour profile
// before the frame header is skipped by its length, and a thumbnail inside one is never taken for
// the picture.
#include <algorithm>
#include <cstring>

#include "imaging/formats.hpp"
#include "imaging/integers.hpp"

namespace retail_pulse::imaging {
namespace {

constexpr std::uint8_t dht = 0xC4, jpg = 0xC8, dac = 0xCC, eoi = 0xD9, sos = 0xDA, com = 0xFE;
constexpr std::uint8_t jpeg_ls_frame = 0xF7;  ///< SOF55 (ITU T.87)

bool is_frame_header(std::uint8_t marker) {
  return marker >= 0xC0 && marker <= 0xCF && marker != dht && marker != jpg && marker != dac;
}

/// Tables, frame headers, scan headers, application data and comments: a marker followed by its
/// length.
bool has_length(std::uint8_t marker) {
  return (marker >= 0xC0 && marker <= 0xCF && marker != jpg) || (marker >= sos && marker <= 0xEF) ||
         marker == com;
}

/// TEM and RSTn: a marker by itself.
bool stands_alone(std::uint8_t marker) {
  return marker == 0x01 || (marker >= 0xD0 && marker <= 0xD7);
}

/// The next marker, over padding, fill bytes (FF FF) and entropy-coded data with its stuffing (FF
/// 00).
class next_marker final : public byte_source::demand {
 public:
  explicit next_marker(byte_source& file) : demand{file} {}
  std::uint8_t await_resume() const { return marker_; }

 private:
  bool serve(std::span<const std::uint8_t>& piece) override {
    while (!piece.empty()) {
      if (!after_ff_) {
        const auto* ff =
            static_cast<const std::uint8_t*>(std::memchr(piece.data(), 0xFF, piece.size()));
        if (ff == nullptr) {
          piece = {};
          return false;
        }
        after_ff_ = true;
        piece = piece.subspan(static_cast<std::size_t>(ff - piece.data()) + 1);
        continue;
      }
      marker_ = piece.front();
      piece = piece.subspan(1);
      after_ff_ = marker_ == 0xFF;
      if (marker_ != 0xFF && marker_ != 0x00) return true;
    }
    return false;
  }

  bool after_ff_ = false;
  std::uint8_t marker_ = 0;
};

constexpr std::size_t longest_frame_header =
    18;  ///< precision, height, width and 4 components of 3 bytes
using frame_header = std::array<std::uint8_t, longest_frame_header>;

/// The names of frame headers that are not read, by their marker (T.81, table B.1).
std::string_view name_of_frame(std::uint8_t marker) {
  if ((marker & 3) == 3) return "lossless JPEG";
  if (marker == 0xC5 || marker == 0xC6 || marker == 0xCD || marker == 0xCE)
    return "hierarchical JPEG";
  if (marker == 0xC9 || marker == 0xCA) return "arithmetic-coded JPEG";
  return "JPEG of other than 8 bits";
}

/// Lets stb read a file of this frame header alone: stb also checks its components and sampling
/// factors, and must not see the megabytes that may come before it. `length` counts itself, as in
/// the file.
walk_outcome measure(std::uint8_t marker, std::uint32_t length, const frame_header& frame,
                     measurement& seen) {
  constexpr std::uint32_t shortest = 8;  // a frame header without components
  if (length < shortest) return error_code::not_an_image;
  if (be16(frame, 1) == 0 || be16(frame, 3) == 0)
    return error_code::bad_dimensions;  // also a height that comes after the first scan

  std::array<std::uint8_t, 6 + longest_frame_header> file{0xFF,
                                                          0xD8,
                                                          0xFF,
                                                          marker,
                                                          static_cast<std::uint8_t>(length >> 8),
                                                          static_cast<std::uint8_t>(length)};
  std::copy(frame.begin(), frame.end(), file.begin() + 6);
  if (const auto read = stb_sizes(file)) {
    seen.width = read->width;
    seen.height = read->height;
    return error_code::none;
  }
  const bool known_to_stb =
      marker <= 0xC2 && frame[0] == 8;  // not lossless, hierarchical, arithmetic or 12 bits
  return known_to_stb ? walk_outcome{error_code::not_an_image} : unsupported(name_of_frame(marker));
}

}  // namespace

walk read_jpeg(byte_source& file, measurement& seen) {
  co_await file.skip(2);  // SOI

  while (seen.width == 0) {
    const std::uint8_t marker = co_await next_marker{file};
    if (stands_alone(marker)) continue;
    if (marker == jpeg_ls_frame) co_return unsupported("JPEG-LS");
    if (!has_length(marker) || marker == sos) co_return error_code::not_an_image;
    const auto length_bytes = co_await file.take<2>();
    const std::uint32_t length = be16(length_bytes);
    if (length < 2) co_return error_code::not_an_image;
    std::uint32_t left = length - 2;
    if (is_frame_header(marker)) {
      const auto kept = std::min<std::uint32_t>(left, longest_frame_header);
      const auto frame = co_await file.take<longest_frame_header>(kept);
      if (const auto answer = measure(marker, length, frame, seen); answer.code != error_code::none)
        co_return answer;
      left -= kept;
    }
    co_await file.skip(left);
  }

  // Any number of tables and scans. A damaged picture is still a picture, so anything that is not a
  // segment is data. A file without its end mark may lack half of its scan; only a decoder could
  // decide that.
  file.ends_as({error_code::truncated, "it has no end-of-image mark"});
  for (;;) {
    const std::uint8_t marker = co_await next_marker{file};
    if (marker == eoi) co_return error_code::none;
    if (!has_length(marker)) continue;
    const auto length_bytes = co_await file.take<2>();
    co_await file.skip(distance(2, be16(length_bytes)));
  }
}

}  // namespace retail_pulse::imaging
