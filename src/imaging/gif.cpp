// GIF (CompuServe, 1989): the size of the logical screen, then from block to block up to the
// trailer. A screen without width or height takes that of the first picture, as decoders do. A file
// that ends between two blocks, after a picture, has all that decoders need.
#include "imaging/formats.hpp"
#include "imaging/integers.hpp"

namespace retail_pulse::imaging {
namespace {

constexpr std::uint8_t extension = 0x21, image = 0x2C, trailer = 0x3B;

/// Bytes of the colour table of a screen or image descriptor with these flags.
std::uint64_t colour_table_bytes(std::uint8_t flags) {
  return (flags & 0x80) != 0 ? std::uint64_t{3} << ((flags & 7) + 1) : 0;
}

}  // namespace

walk read_gif(byte_source& file, measurement& seen) {
  const auto header =
      co_await file.take<13>();  // all of it, because stb reads missing bytes as zeros
  const auto read = stb_sizes(header);
  if (!read) co_return error_code::not_an_image;
  if (read->width != 0 && read->height != 0) {
    seen.width = read->width;
    seen.height = read->height;
  }
  co_await file.skip(colour_table_bytes(header[10]));

  bool has_picture = false;
  for (;;) {
    if (has_picture) file.ends_as(error_code::none);
    const auto introducer = co_await file.take<1>();
    if (introducer[0] == trailer)
      co_return seen.width != 0 ? error_code::none : error_code::bad_dimensions;
    const bool is_block = introducer[0] == extension || introducer[0] == image;
    if (!is_block) continue;  // some writers leave stray bytes between blocks
    file.ends_as({error_code::truncated, "it ends within a block"});
    if (introducer[0] == extension) {
      co_await file.skip(1);  // label
    } else {
      const auto descriptor = co_await file.take<9>();
      if (seen.width == 0) {
        const sizes shown{read->width != 0 ? read->width : le16(descriptor, 4),
                          read->height != 0 ? read->height : le16(descriptor, 6)};
        if (shown.width == 0 || shown.height == 0) co_return error_code::bad_dimensions;
        seen.width = shown.width;
        seen.height = shown.height;
      }
      co_await file.skip(colour_table_bytes(descriptor[8]) + 1);  // and the code size
    }
    auto sub_block = co_await file.take<1>();
    while (sub_block[0] != 0) {
      co_await file.skip(sub_block[0]);
      sub_block = co_await file.take<1>();
    }
    has_picture = has_picture || introducer[0] == image;
  }
}

}  // namespace retail_pulse::imaging
