// PSD and PSB (Adobe Photoshop File Formats Specification): the file header, three sections by
// their lengths, and the merged picture up to its last byte; of a zip-compressed one, whose length
// is not stored, only the first.
#include "imaging/formats.hpp"
#include "imaging/integers.hpp"

namespace retail_pulse::imaging {
namespace {

constexpr std::uint32_t raw = 0, run_lengths = 1;

/// Of a side (same document, "File Header Section": "Supported range is 1 to 30,000. (PSB max of
/// 300,000.)").
constexpr std::uint32_t longest_psd_side = 30'000, longest_psb_side = 300'000;

bool is_depth(std::uint32_t bits) { return bits == 1 || bits == 8 || bits == 16 || bits == 32; }

}  // namespace

walk read_psd(byte_source& file, measurement& seen) {
  const auto header = co_await file.take<26>();
  const std::uint32_t version = be16(header, 4);
  const std::uint32_t channels = be16(header, 12);
  const std::uint32_t height = be32(header, 14);
  const std::uint32_t width = be32(header, 18);
  const std::uint32_t depth = be16(header, 22);
  const bool large = version == 2;  // PSB: some lengths have twice the bytes
  if ((version != 1 && !large) || channels < 1 || channels > 56 || !is_depth(depth))
    co_return error_code::not_an_image;
  const std::uint32_t longest = large ? longest_psb_side : longest_psd_side;
  if (width == 0 || height == 0 || width > longest || height > longest)
    co_return error_code::bad_dimensions;
  seen.width = width;
  seen.height = height;

  for (int section = 0; section < 2; ++section) {  // colour mode, resources
    const auto length = co_await file.take<4>();
    co_await file.skip(be32(length));
  }
  const auto layers_length = co_await file.take<8>(large ? 8 : 4);
  co_await file.skip(large ? be64(layers_length) : be32(layers_length));

  const auto compression = co_await file.take<2>();
  const std::uint64_t rows = std::uint64_t{height} * channels;
  if (be16(compression) == raw) {
    co_await file.skip(saturating_product(rows, (std::uint64_t{width} * depth + 7) / 8));
  } else if (be16(compression) == run_lengths) {
    std::uint64_t packed_bytes =
        0;  // cannot overflow: it grows by less than 2^32 for every 2 bytes that were read
    for (std::uint64_t row = 0; row < rows; ++row) {
      const auto count = co_await file.take<4>(large ? 4 : 2);
      packed_bytes += large ? be32(count) : be16(count);
    }
    co_await file.skip(packed_bytes);
  } else {
    co_await file.skip(1);
  }
  co_return error_code::none;
}

}  // namespace retail_pulse::imaging
