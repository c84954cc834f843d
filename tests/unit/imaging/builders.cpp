#include "builders.hpp"

#include <algorithm>

namespace retail_pulse {
std::ostream& operator<<(std::ostream& out, error_code code) { return out << describe(code).name; }
std::ostream& operator<<(std::ostream& out, const measurement& m) { return out << name_of(m.format) << ' ' << m.width << 'x' << m.height; }
}  // namespace retail_pulse

namespace retail_pulse::imaging {

using namespace std::string_literals;
using namespace std::string_view_literals;

std::ostream& operator<<(std::ostream& out, const sample& s) { return out << s.name; }

std::string jpeg_segment(std::uint32_t marker, std::string_view content) {
  return file_bytes{}.u8(0xFF).u8(marker).be16(static_cast<std::uint32_t>(content.size()) + 2).text(content);
}

std::string jpeg_frame(std::uint32_t marker, std::uint32_t width, std::uint32_t height, std::uint32_t components, std::uint32_t precision) {
  file_bytes frame;
  frame.u8(precision).be16(height).be16(width).u8(components);
  for (std::uint32_t i = 1; i <= components; ++i) frame.u8(i).u8(0x11).u8(0);
  return jpeg_segment(marker, std::string{frame});
}

std::string jpeg_scan(std::string_view entropy_coded) { return jpeg_segment(0xDA, "\1\1\0\0\x3F\0"sv).append(entropy_coded); }

std::string jpeg(std::uint32_t width, std::uint32_t height, std::string_view metadata) {
  return file_bytes{}.text("\xFF\xD8").text(metadata).text(jpeg_frame(0xC0, width, height)).text(jpeg_scan("scan")).text("\xFF\xD9");
}

std::string png_chunk(std::string_view type, std::string_view content) {
  return file_bytes{}.be32(static_cast<std::uint32_t>(content.size())).text(type).text(content).text("\xBA\xDC\xC5\x00"sv);
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
      .text("\x2C\0\0\0\0\5\0\5\0\0"sv)        // an image without a colour table of its own
      .text("\2\4\x3B\x3B\x3B\x3B\2\0\0\0"sv)  // code size, a sub-block full of trailer bytes, another, the end of the data
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
  return file_bytes{}.text("BM").le32(o.file_length).le32(0).le32(14 + o.header_length).text(std::string{header}).fill(o.pixels, 0x77);
}

std::string riff(std::string_view chunks) {
  return file_bytes{}.text("RIFF").le32(static_cast<std::uint32_t>(chunks.size()) + 4).text("WEBP").text(chunks);
}

std::string webp_lossy(std::uint32_t width, std::uint32_t height) {
  const std::string frame = file_bytes{}.text("\x70\0\0\x9D\1\x2A"sv).le16(width).le16(height).text("partitions");  // key frame, shown
  return riff(std::string{file_bytes{}.text("VP8 ").le32(static_cast<std::uint32_t>(frame.size())).text(frame)});
}

std::string webp_lossless(std::uint32_t width, std::uint32_t height) {
  const std::string picture = file_bytes{}.u8(0x2F).le32((height - 1) << 14 | (width - 1)).u8(0);
  return riff(std::string{file_bytes{}.text("VP8L").le32(static_cast<std::uint32_t>(picture.size())).text(picture)});
}

std::string webp_animation(std::uint32_t width, std::uint32_t height) {
  file_bytes chunks;
  chunks.text("VP8X").le32(10).le32(2).le16(width - 1).u8((width - 1) >> 16).le16(height - 1).u8((height - 1) >> 16);
  return riff(std::string{chunks.text("ANIM").le32(6).fill(6).text("ANMF").le32(16).fill(16)});
}

std::string psd_start(const psd_options& o) {
  file_bytes file;
  file.text("8BPS").be16(o.large ? 2 : 1).fill(6).be16(o.channels).be32(o.height).be32(o.width).be16(o.depth).be16(3);
  file.be32(0).be32(4).text("8BIM");
  if (o.large) file.be32(0);
  return file.be32(6).text("layers");
}

namespace {

void add(std::vector<sample>& samples, std::string name, std::string file, measurement expected) {
  const std::size_t size = file.size();
  samples.push_back({std::move(name), std::move(file), expected, size});
}

void add_jpegs(std::vector<sample>& samples) {
  const auto format = image_format::jpeg;
  const std::string exif = jpeg_segment(0xE1, "Exif\0\0"s + jpeg(160, 120));
  const std::string tables = jpeg_segment(0xDB, std::string(65, '\1')) + jpeg_segment(0xC4, std::string(17, '\0'));
  add(samples, "baseline", jpeg(37, 21, tables), {format, 37, 21});
  add(samples, "thumbnail inside the metadata", jpeg(400, 300, exif), {format, 400, 300});
  add(samples, "progressive, three scans",
      file_bytes{}
          .text("\xFF\xD8")
          .text(jpeg_frame(0xC2, 300, 200))
          .text(jpeg_scan("one\xFF\0two"sv))
          .text(tables)
          .text(jpeg_scan("\xFF\0\xFF\0"sv))
          .text(jpeg_scan("last"))
          .text("\xFF\xD9"),
      {format, 300, 200});
  add(samples, "restart markers",
      file_bytes{}
          .text("\xFF\xD8")
          .text(jpeg_segment(0xDD, "\0\4"sv))
          .text(jpeg_frame(0xC1, 16, 8, 1))
          .text(jpeg_scan("a\xFF\xD0"
                          "b\xFF\xD7"
                          "c"))
          .text("\xFF\xD9"),
      {format, 16, 8});
  add(samples, "fill bytes before markers",
      file_bytes{}
          .text("\xFF\xD8\xFF\xFF\xFF")
          .text(std::string_view{exif}.substr(1))
          .text("\xFF\xFF")
          .text(jpeg_frame(0xC0, 9, 8))
          .text(jpeg_scan("data\xFF\xFF\xFF\xD9"sv)),
      {format, 9, 8});
  add(samples, "CMYK",
      file_bytes{}
          .text("\xFF\xD8")
          .text(jpeg_segment(0xEE, "Adobe\0\x64\0\0\0\0\2"sv))
          .text(jpeg_frame(0xC0, 50, 60, 4))
          .text(jpeg_scan(""))
          .text("\xFF\xD9"),
      {format, 50, 60});
  add(samples, "one fill byte", file_bytes{}.text("\xFF\xD8\xFF").text(jpeg_frame(0xC0, 9, 8)).text(jpeg_scan("data\xFF\xFF\xD9")),
      {format, 9, 8});
  add(samples, "padding between segments",
      file_bytes{}
          .text("\xFF\xD8")
          .text(tables)
          .fill(3)
          .text("\xFF\0\xFF\xD0"sv)
          .text(jpeg_frame(0xC0, 7, 6))
          .fill(2)
          .text(jpeg_scan("x"))
          .text("\xFF\xD9"),
      {format, 7, 6});
}

void add_pngs(std::vector<sample>& samples) {
  const auto format = image_format::png;
  const auto with = [](std::string_view header, std::string_view middle) {
    return std::string{file_bytes{}.text("\x89PNG\r\n\x1A\n").text(header).text(middle).text(png_chunk("IEND", ""))};
  };
  const std::string data = png_chunk("IDAT", "data IEND data");
  const std::string palette = png_chunk("PLTE", "rgbrgb");
  add(samples, "RGB", png(37, 21), {format, 37, 21});
  add(samples, "16 bits with alpha", with(png_header(12, 13, "\x10\6\0\0\0"sv), data), {format, 12, 13});
  add(samples, "palette behind a colour profile",
      with(png_header(640, 480, "\x08\3\0\0\0"sv), png_chunk("iCCP", std::string(300, 'p')) + palette + data), {format, 640, 480});
  add(samples, "interlaced, 1 bit", with(png_header(1, 70000, "\1\0\0\0\1"sv), data), {format, 1, 70000});
  add(samples, "animated",
      with(png_header(64, 32, "\x08\6\0\0\0"sv), png_chunk("acTL", "\0\0\0\2\0\0\0\0"sv) + png_chunk("fcTL", std::string(26, '\0')) + data +
                                                     png_chunk("fcTL", std::string(26, '\1')) + png_chunk("fdAT", "1234more")),
      {format, 64, 32});
  add(samples, "Apple's chunk in front",
      file_bytes{}
          .text("\x89PNG\r\n\x1A\n")
          .text(png_chunk("CgBI", "\x50\0\x20\6"sv))
          .text(png_header(30, 40, "\x08\6\0\0\0"sv))
          .text(data)
          .text(png_chunk("IEND", "")),
      {format, 30, 40});
  add(samples, "more than a decoder would unpack", png(0x7FFFFFFF, 0x7FFFFFFF), {format, 0x7FFFFFFF, 0x7FFFFFFF});
  add(samples, "palette, more than a decoder would unpack", with(png_header(40000, 40000, "\x08\3\0\0\0"sv), palette + data),
      {format, 40000, 40000});
}

void add_gifs(std::vector<sample>& samples) {
  const auto format = image_format::gif;
  add(samples, "one image", gif(37, 21), {format, 37, 21});
  add(samples, "colour tables, extensions, two images",
      file_bytes{}
          .text("GIF87a")
          .le16(65535)
          .le16(1)
          .text("\x81\0\0"sv)
          .fill(12, 0x3B)                  // screen's colour table
          .text("\x21\xF9\4\0\0\0\0\0"sv)  // how to show the next image
          .text("\x21\xFE\x08;comment\0"sv)
          .text("\x2C\0\0\0\0\1\0\1\0\x80"sv)
          .fill(6, 0x3B)  // the image's colour table
          .text("\2\1;\0"sv)
          .text("\0\0"sv)  // stray bytes
          .text("\x2C\0\0\0\0\1\0\1\0\0\2\1\x2C\0"sv)
          .text(";"),
      {format, 65535, 1});
}

void add_bmps(std::vector<sample>& samples) {
  const auto format = image_format::bmp;
  const measurement size{format, 5, 3};
  for (const std::uint32_t length : {12U, 16U, 40U, 52U, 56U, 64U, 108U, 124U}) {
    bmp_options options;
    options.header_length = length;
    add(samples, "header of " + std::to_string(length) + " bytes", bmp(options), size);
  }
  bmp_options top_down;
  top_down.height = 0U - 3U;
  top_down.file_length = 9999;  // wrong, as in many files
  add(samples, "top down", bmp(top_down), size);
  add(samples, "1 bit", bmp({.width = 33, .height = 2, .bits = 1, .pixels = 16}), {format, 33, 2});
  add(samples, "bit masks", bmp({.header_length = 56, .bits = 16, .compression = 3, .pixels = 36}), size);
  add(samples, "run lengths", bmp({.bits = 8, .compression = 1, .data_bytes = 20, .pixels = 20}), size);
  add(samples, "run lengths, only the file's length is known", bmp({.bits = 8, .compression = 1, .file_length = 54 + 10, .pixels = 10}),
      size);
  add(samples, "run lengths, no length is known", bmp({.bits = 8, .compression = 1, .pixels = 1}), size);
  add(samples, "JPEG inside", bmp({.bits = 0, .compression = 4, .data_bytes = 30, .pixels = 30}), size);
}

void add_webps(std::vector<sample>& samples) {
  const auto format = image_format::webp;
  add(samples, "lossy", webp_lossy(37, 21), {format, 37, 21});
  add(samples, "lossy, largest", webp_lossy(16383, 16383), {format, 16383, 16383});
  add(samples, "lossless", webp_lossless(16384, 1), {format, 16384, 1});
  add(samples, "animation", webp_animation(70000, 600), {format, 70000, 600});
}

void add_psds(std::vector<sample>& samples) {
  const auto format = image_format::psd;
  const measurement size{format, 5, 3};
  add(samples, "raw", psd_start({}) + "\0\0"s + std::string(45, 'p'), size);
  add(samples, "raw, 1 bit", psd_start({.width = 9, .channels = 1, .depth = 1}) + "\0\0"s + std::string(6, 'p'), {format, 9, 3});
  add(samples, "run lengths", psd_start({.channels = 1}) + "\0\1\0\2\0\3\0\4"s + std::string(9, 'p'), size);
  add(samples, "large document, run lengths",
      psd_start({.large = true, .channels = 1}) + "\0\1\0\0\0\2\0\0\0\3\0\0\0\4"s + std::string(9, 'p'), size);
  add(samples, "zip", psd_start({.depth = 32}) + "\0\2z"s, size);
}

}  // namespace

const std::vector<sample>& all_samples() {
  static const auto samples = [] {
    std::vector<sample> made;
    for (const auto add_some : {add_jpegs, add_pngs, add_gifs, add_bmps, add_webps, add_psds}) add_some(made);
    for (auto& each : made) each.name = std::string{name_of(each.expected.format)} + ", " + each.name;
    return made;
  }();
  return samples;
}

std::span<const std::byte> as_piece(std::string_view bytes) { return std::as_bytes(std::span{bytes.data(), bytes.size()}); }

image_reader::outcome read_in_pieces(std::string_view file, std::size_t piece) {
  image_reader reader;
  if (piece == 0) piece = std::max<std::size_t>(file.size(), 1);
  for (std::size_t at = 0; at < file.size(); at += piece) reader.feed(as_piece(file.substr(at, piece)));
  return reader.finish();
}

error_code code_of(std::string_view file) { return read_in_pieces(file).code; }

}  // namespace retail_pulse::imaging
