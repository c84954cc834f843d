// PNG (W3C, third edition): the image header, then from chunk to chunk up to IEND. Checksums are
// not checked. A file that ends between two chunks, after picture data, has all that decoders need.
#include <algorithm>

#include "imaging/formats.hpp"
#include "imaging/integers.hpp"

namespace retail_pulse::imaging {
namespace {

constexpr std::uint64_t checksum_bytes = 4;
constexpr std::size_t header_bytes = 13;
using image_header = std::array<std::uint8_t, header_bytes>;

/// A second opinion on the fields of a header besides its size, which we have read already:
/// stb_image rejects depths, colour types and methods that no decoder would accept. Its file is
/// this header with a size of one pixel, because stb also rejects pictures that take more than 1
/// GiB when decoded. A palette and the start of the data follow, because stb looks for transparency
/// in the palette; the real palette may come after a long colour profile.
bool stb_accepts(image_header header) {
  constexpr std::array<std::uint8_t, 16> before{
      0x89, 'P', 'N', 'G', '\r', '\n', 0x1A, '\n', 0, 0, 0, header_bytes, 'I', 'H', 'D', 'R'};
  constexpr std::array<std::uint8_t, 27> after{0, 0, 0, 0,  // checksum
                                               0, 0, 0, 3, 'P', 'L', 'T', 'E',
                                               0, 0, 0, 0, 0,   0,   0,  // one colour
                                               0, 0, 0, 0, 'I', 'D', 'A', 'T'};
  constexpr std::array<std::uint8_t, 8> one_pixel{0, 0, 0, 1, 0, 0, 0, 1};
  std::ranges::copy(one_pixel, header.begin());
  std::array<std::uint8_t, before.size() + header_bytes + after.size()> file{};
  auto end = std::ranges::copy(before, file.begin()).out;
  end = std::ranges::copy(header, end).out;
  std::ranges::copy(after, end);
  return stb_sizes(file).has_value();
}

error_code measure(const image_header& header, measurement& seen) {
  const sizes claimed{be32(header, 0), be32(header, 4)};
  if (claimed.width == 0 || claimed.height == 0) return error_code::bad_dimensions;
  if (claimed.width > longest_png_side || claimed.height > longest_png_side)
    return error_code::bad_dimensions;
  if (!stb_accepts(header)) return error_code::not_an_image;
  seen.width = claimed.width;
  seen.height = claimed.height;
  return error_code::none;
}

}  // namespace

walk read_png(byte_source& file, measurement& seen) {
  co_await file.skip(8);  // signature

  while (seen.width == 0) {
    const auto chunk = co_await file.take<8>();
    std::uint64_t left = be32(chunk, 0);
    if (be32(chunk, 4) == four_letters("IHDR") && left == header_bytes) {
      const auto header = co_await file.take<header_bytes>();
      if (const auto code = measure(header, seen); code != error_code::none) co_return code;
      left = 0;
    } else if (be32(chunk, 4) != four_letters("CgBI") ||
               left != 4) {  // Apple's tools put this one in front
      co_return error_code::not_an_image;
    }
    co_await file.skip(left + checksum_bytes);
  }

  bool has_data = false;
  for (;;) {
    file.ends_as(has_data ? walk_outcome{}
                          : walk_outcome{error_code::truncated, "it has no picture data"});
    const auto first = co_await file.take<1>();
    file.ends_as({error_code::truncated, "it ends within a chunk"});
    const auto rest = co_await file.take<7>();
    const std::uint64_t length = std::uint64_t{first[0]} << 24 | be32(rest) >> 8;
    co_await file.skip(length + checksum_bytes);
    if (be32(rest, 3) == four_letters("IEND")) co_return error_code::none;
    has_data = has_data || be32(rest, 3) == four_letters("IDAT");
  }
}

}  // namespace retail_pulse::imaging
