#include "builders.hpp"

#include <algorithm>

namespace retail_pulse {
std::ostream& operator<<(std::ostream& out, error_code code) { return out << describe(code).name; }
std::ostream& operator<<(std::ostream& out, const measurement& m) {
  return out << name_of(m.format) << ' ' << m.width << 'x' << m.height;
}
}  // namespace retail_pulse

namespace retail_pulse::imaging {

using namespace std::string_literals;
using namespace std::string_view_literals;

std::string jpeg_segment(std::uint32_t marker, std::string_view content) {
  return file_bytes{}
      .u8(0xFF)
      .u8(marker)
      .be16(static_cast<std::uint32_t>(content.size()) + 2)
      .text(content);
}

std::string jpeg_frame(std::uint32_t marker, std::uint32_t width, std::uint32_t height,
                       std::uint32_t components, std::uint32_t precision) {
  file_bytes frame;
  frame.u8(precision).be16(height).be16(width).u8(components);
  for (std::uint32_t i = 1; i <= components; ++i) frame.u8(i).u8(0x11).u8(0);
  return jpeg_segment(marker, std::string{frame});
}

std::string jpeg_scan(std::string_view entropy_coded) {
  return jpeg_segment(0xDA, "\1\1\0\0\x3F\0"sv).append(entropy_coded);
}

std::string jpeg(std::uint32_t width, std::uint32_t height, std::string_view metadata) {
  return file_bytes{}
      .text("\xFF\xD8")
      .text(metadata)
      .text(jpeg_frame(0xC0, width, height))
      .text(jpeg_scan("scan"))
      .text("\xFF\xD9");
}

std::string jpeg_colour_profile(std::size_t bytes) {
  constexpr std::size_t longest_part =
      65533 - 14;  // of a segment, after "ICC_PROFILE", 0, number, count
  std::string segments;
  for (std::uint32_t number = 1; bytes > 0; ++number) {
    const std::size_t part = std::min(bytes, longest_part);
    segments += jpeg_segment(
        0xE2,
        std::string{file_bytes{}.text("ICC_PROFILE").u8(0).u8(number).u8(9).fill(part, 0xFF)});
    bytes -= part;
  }
  return segments;
}

std::string png_chunk(std::string_view type, std::string_view content) {
  return file_bytes{}
      .be32(static_cast<std::uint32_t>(content.size()))
      .text(type)
      .text(content)
      .text("\xBA\xDC\xC5\x00"sv);
}

std::string png_header(std::uint32_t width, std::uint32_t height, std::string_view kind) {
  return png_chunk("IHDR", std::string{file_bytes{}.be32(width).be32(height).text(kind)});
}

std::string png(std::uint32_t width, std::uint32_t height) {
  constexpr auto rgb = "\x08\x02\0\0\0"sv;
  return file_bytes{}
      .text("\x89PNG\r\n\x1A\n")
      .text(png_header(width, height, rgb))
      .text(png_chunk("IDAT", "data"))
      .text(png_chunk("IEND", ""));
}

std::string gif(std::uint32_t width, std::uint32_t height) {
  return file_bytes{}
      .text("GIF89a")
      .le16(width)
      .le16(height)
      .text("\0\0\0"sv)
      .text("\x2C\0\0\0\0"sv)
      .le16(width)
      .le16(height)
      .u8(0)                                   // no colour table of its own
      .text("\2\4\x3B\x3B\x3B\x3B\2\0\0\0"sv)  // code size, a sub-block full of trailer bytes,
                                               // another, the end of the data
      .text("\x3B");
}

std::string bmp(const bmp_options& o) {
  file_bytes header;
  header.le32(o.header_length);
  if (o.header_length == 12) {
    header.le16(o.width).le16(o.height).le16(1).le16(o.bits);
  } else {
    header.le32(o.width).le32(o.height).le16(1).le16(o.bits);
  }
  if (o.header_length >= 24) header.le32(o.compression).le32(o.data_bytes);
  if (o.header_length > header.size()) header.fill(o.header_length - header.size());
  return file_bytes{}
      .text("BM")
      .le32(o.file_length)
      .le32(0)
      .le32(14 + o.header_length)
      .text(std::string{header})
      .fill(o.pixels, 0x77);
}

std::string riff(std::string_view chunks) {
  return file_bytes{}
      .text("RIFF")
      .le32(static_cast<std::uint32_t>(chunks.size()) + 4)
      .text("WEBP")
      .text(chunks);
}

std::string webp_lossy(std::uint32_t width, std::uint32_t height) {
  const std::string frame = file_bytes{}
                                .text("\x70\0\0\x9D\1\x2A"sv)
                                .le16(width)
                                .le16(height)
                                .text("partitions");  // key frame, shown
  return riff(std::string{
      file_bytes{}.text("VP8 ").le32(static_cast<std::uint32_t>(frame.size())).text(frame)});
}

std::string webp_lossless(std::uint32_t width, std::uint32_t height) {
  const std::string picture = file_bytes{}.u8(0x2F).le32((height - 1) << 14 | (width - 1)).u8(0);
  return riff(std::string{
      file_bytes{}.text("VP8L").le32(static_cast<std::uint32_t>(picture.size())).text(picture)});
}

std::string webp_animation(std::uint32_t width, std::uint32_t height) {
  file_bytes chunks;
  chunks.text("VP8X")
      .le32(10)
      .le32(2)
      .le16(width - 1)
      .u8((width - 1) >> 16)
      .le16(height - 1)
      .u8((height - 1) >> 16);
  return riff(std::string{chunks.text("ANIM").le32(6).fill(6).text("ANMF").le32(16).fill(16)});
}

std::string psd_start(const psd_options& o) {
  file_bytes file;
  file.text("8BPS")
      .be16(o.large ? 2 : 1)
      .fill(6)
      .be16(o.channels)
      .be32(o.height)
      .be32(o.width)
      .be16(o.depth)
      .be16(3);
  file.be32(0).be32(4).text("8BIM");
  if (o.large) file.be32(0);
  return file.be32(6).text("layers");
}

std::string icon_bitmap(std::uint32_t width, std::uint32_t height, std::uint32_t header_length) {
  file_bytes header;
  header.le32(header_length);
  if (header_length == 12) {
    header.le16(width).le16(2 * height).le16(1).le16(32);
  } else {
    header.le32(width).le32(2 * height).le16(1).le16(32).fill(header_length - 16);
  }
  return header.fill(std::size_t{width} * height * 4, 0x77)
      .fill(std::size_t{(width + 31) / 32 * 4} * height);
}

std::string ico(const std::vector<icon>& icons) {
  file_bytes directory;
  directory.le16(0).le16(1).le16(static_cast<std::uint32_t>(icons.size()));
  std::string pictures;
  for (const icon& each : icons) {
    const std::size_t at = 6 + 16 * icons.size() + pictures.size();
    directory.u8(each.width).u8(each.height).le16(0).le16(1).le16(32);  // 256 becomes 0, as it
                                                                        // should
    directory.le32(static_cast<std::uint32_t>(each.picture.size()))
        .le32(static_cast<std::uint32_t>(at));
    pictures += each.picture;
  }
  return directory.text(pictures);
}

std::span<const std::byte> as_piece(std::string_view bytes) {
  return std::as_bytes(std::span{bytes.data(), bytes.size()});
}

image_reader::outcome read_in_pieces(std::string_view file, std::size_t piece) {
  image_reader reader;
  if (piece == 0) piece = std::max<std::size_t>(file.size(), 1);
  for (std::size_t at = 0; at < file.size(); at += piece)
    reader.feed(as_piece(file.substr(at, piece)));
  return reader.finish();
}

error_code code_of(std::string_view file) { return read_in_pieces(file).code; }

}  // namespace retail_pulse::imaging
