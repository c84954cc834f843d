// ICO: a directory of pictures, each a PNG file or a BMP without its file header. The answer is the
// largest one.
#include <algorithm>
#include <vector>

#include "imaging/formats.hpp"
#include "imaging/integers.hpp"

namespace retail_pulse::imaging {
namespace {

constexpr std::size_t entry_bytes = 16;

struct picture {
  std::uint32_t at = 0;
  std::uint32_t bytes = 0;
};

/// The pictures that may be the largest. The directory has 0 for 256 and for all larger sides; then
/// only the pictures themselves have the size.
class candidates {
 public:
  void add(std::uint8_t width, std::uint8_t height, picture each) {
    const auto side = [](std::uint8_t value) { return value == 0 ? 256U : value; };
    const std::uint32_t area = side(width) * side(height);
    const bool may_be_larger = width == 0 || height == 0;
    if (area < area_ || (area == area_ && !may_be_larger)) return;
    if (area > area_) pictures_.clear();
    area_ = area;
    pictures_.push_back(each);
  }
  std::vector<picture> in_file_order() {
    std::ranges::sort(pictures_, {}, &picture::at);
    return std::move(pictures_);
  }

 private:
  std::uint32_t area_ = 0;  ///< by the directory
  std::vector<picture> pictures_;
};

constexpr std::size_t start_bytes =
    24;  ///< signature, length and name of a chunk, width and height of a PNG; a bitmap needs 12
/// The directory ends at 256, and larger pictures are written as 0. Icons of 1,024 exist; the
/// format names no bound.
constexpr std::uint32_t longest_side = 4096;
constexpr std::array<std::uint8_t, 8> png_signature{0x89, 'P', 'N', 'G', '\r', '\n', 0x1A, '\n'};

/// The true size of a picture, zero if invalid. A bitmap has twice the height, because a mask
/// follows the colours.
std::optional<sizes> sizes_of(const std::array<std::uint8_t, start_bytes>& start) {
  if (std::equal(png_signature.begin(), png_signature.end(), start.begin())) {
    if (be32(start, 12) != four_letters("IHDR")) return std::nullopt;
    const sizes claimed{be32(start, 16), be32(start, 20)};
    return claimed;
  }
  const std::uint32_t header_length = le32(start);
  if (!is_bitmap_header(header_length)) return std::nullopt;
  if (header_length == 12) return sizes{le16(start, 4), le16(start, 6) / 2};
  return sizes{bitmap_width(le32(start, 4)), bitmap_height(le32(start, 8)) / 2};
}

}  // namespace

walk read_ico(byte_source& file, measurement& seen) {
  const auto header = co_await file.take<6>();
  const std::uint32_t count = le16(header, 4);  // 1 to 255 by the signature
  const std::uint64_t directory_end = header.size() + entry_bytes * std::uint64_t{count};

  candidates largest;
  std::uint64_t furthest = 0;
  for (std::uint32_t n = 0; n < count; ++n) {
    const auto entry = co_await file.take<entry_bytes>();
    const picture each{le32(entry, 12), le32(entry, 8)};
    if (each.at < directory_end) co_return error_code::not_an_image;
    furthest = std::max(furthest, std::uint64_t{each.at} + each.bytes);
    largest.add(entry[0], entry[1], each);
  }

  sizes found;
  for (const picture& each : largest.in_file_order()) {
    if (each.at < file.position()) continue;  // within another one
    co_await file.skip(each.at - file.position());
    const auto start =
        co_await file.take<start_bytes>(std::min<std::size_t>(start_bytes, each.bytes));
    const auto shown = sizes_of(start);
    if (!shown) co_return error_code::not_an_image;
    const auto area = [](const sizes& of) { return std::uint64_t{of.width} * of.height; };
    if (area(*shown) > area(found)) found = *shown;
  }
  if (found.width == 0 || found.width > longest_side || found.height > longest_side)
    co_return error_code::bad_dimensions;
  seen.width = found.width;
  seen.height = found.height;

  co_await file.skip(distance(file.position(), furthest));
  co_return error_code::none;
}

}  // namespace retail_pulse::imaging
