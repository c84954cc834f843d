#include "samples.hpp"

#include <algorithm>
#include <iterator>

#include "builders.hpp"

namespace retail_pulse::imaging {

using namespace std::string_literals;
using namespace std::string_view_literals;

std::ostream& operator<<(std::ostream& out, const sample& s) { return out << s.name; }

namespace {

std::size_t byte_at(const std::string& file, std::size_t at) {
  return static_cast<std::uint8_t>(file.at(at));
}

std::vector<std::size_t> ends_of_png(const std::string& file) {
  std::vector<std::size_t> ends;
  bool has_data = false;
  for (std::size_t at = 8; at + 12 <= file.size();) {
    has_data = has_data || file.substr(at + 4, 4) == "IDAT";
    at += 12 + (byte_at(file, at) << 24 | byte_at(file, at + 1) << 16 | byte_at(file, at + 2) << 8 |
                byte_at(file, at + 3));
    if (has_data && at < file.size()) ends.push_back(at);
  }
  return ends;
}

std::vector<std::size_t> ends_of_gif(const std::string& file) {
  const auto table = [&](std::size_t flags) {
    return (flags & 0x80) != 0 ? std::size_t{3} << ((flags & 7) + 1) : 0;
  };
  std::vector<std::size_t> ends;
  bool has_picture = false;
  for (std::size_t at = 13 + table(byte_at(file, 10)); at < file.size();) {
    const char part = file[at];
    if (has_picture) ends.push_back(at);
    if (part != '!' && part != ',') {  // the trailer, or a stray byte
      ++at;
      continue;
    }
    at += part == '!' ? 2 : 11 + table(byte_at(file, at + 9));
    while (file.at(at) != '\0') at += 1 + byte_at(file, at);
    ++at;
    has_picture = has_picture || part == ',';
  }
  return ends;
}

void add(std::vector<sample>& samples, std::string name, std::string file, measurement expected) {
  samples.push_back({std::move(name), std::move(file), expected});
}

}  // namespace

std::vector<std::size_t> sample::other_ends() const {
  if (expected.format == image_format::png) return ends_of_png(file);
  return expected.format == image_format::gif ? ends_of_gif(file) : std::vector<std::size_t>{};
}

namespace {

void add_jpegs(std::vector<sample>& samples) {
  const auto format = image_format::jpeg;
  const std::string exif = jpeg_segment(0xE1, "Exif\0\0"s + jpeg(160, 120));
  const std::string tables =
      jpeg_segment(0xDB, std::string(65, '\1')) + jpeg_segment(0xC4, std::string(17, '\0'));
  add(samples, "baseline", jpeg(37, 21, tables), {format, 37, 21});
  add(samples, "thumbnail inside the metadata", jpeg(400, 300, exif), {format, 400, 300});
  const std::string long_exif =
      "Exif\0\0"s + jpeg(160, 120) + std::string(60'000, 'x') + jpeg(160, 120);
  add(samples, "60 KB of metadata with a thumbnail",
      jpeg(4032, 3024, jpeg_segment(0xE1, long_exif)), {format, 4032, 3024});
  add(samples, "580 KB of colour profile", jpeg(4032, 3024, jpeg_colour_profile(580'000)),
      {format, 4032, 3024});
  add(samples, "grey",
      file_bytes{}
          .text("\xFF\xD8")
          .text(jpeg_frame(0xC0, 65535, 1, 1))
          .text(jpeg_scan("x"))
          .text("\xFF\xD9"),
      {format, 65535, 1});
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
  add(samples, "one fill byte",
      file_bytes{}
          .text("\xFF\xD8\xFF")
          .text(jpeg_frame(0xC0, 9, 8))
          .text(jpeg_scan("data\xFF\xFF\xD9")),
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
    return std::string{file_bytes{}
                           .text("\x89PNG\r\n\x1A\n")
                           .text(header)
                           .text(middle)
                           .text(png_chunk("IEND", ""))};
  };
  const std::string data = png_chunk("IDAT", "data IEND data");
  const std::string palette = png_chunk("PLTE", "rgbrgb");
  add(samples, "RGB", png(37, 21), {format, 37, 21});
  struct colour_type {
    std::uint32_t number;
    std::vector<std::uint32_t> depths;
  };
  for (const auto& [type, depths] : std::vector<colour_type>{
           {0, {1, 2, 4, 8, 16}}, {2, {8, 16}}, {3, {1, 2, 4, 8}}, {4, {8, 16}}, {6, {8, 16}}}) {
    for (const std::uint32_t depth : depths) {
      for (const std::uint32_t interlaced : {0U, 1U}) {
        const std::string kind = file_bytes{}.u8(depth).u8(type).u8(0).u8(0).u8(interlaced);
        add(samples,
            "colour type " + std::to_string(type) + " of " + std::to_string(depth) + " bits" +
                (interlaced != 0 ? ", interlaced" : ""),
            with(png_header(12, 13, kind), type == 3 ? palette + data : data), {format, 12, 13});
      }
    }
  }
  add(samples, "palette behind a colour profile",
      with(png_header(640, 480, "\x08\3\0\0\0"sv),
           png_chunk("iCCP", std::string(300, 'p')) + palette + data),
      {format, 640, 480});
  add(samples, "interlaced, 1 bit", with(png_header(1, 70000, "\1\0\0\0\1"sv), data),
      {format, 1, 70000});
  add(samples, "animated",
      with(png_header(64, 32, "\x08\6\0\0\0"sv),
           png_chunk("acTL", "\0\0\0\2\0\0\0\0"sv) + png_chunk("fcTL", std::string(26, '\0')) +
               data + png_chunk("fcTL", std::string(26, '\1')) + png_chunk("fdAT", "1234more")),
      {format, 64, 32});
  add(samples, "Apple's chunk in front",
      file_bytes{}
          .text("\x89PNG\r\n\x1A\n")
          .text(png_chunk("CgBI", "\x50\0\x20\6"sv))
          .text(png_header(30, 40, "\x08\6\0\0\0"sv))
          .text(data)
          .text(png_chunk("IEND", "")),
      {format, 30, 40});
  add(samples, "more than a decoder would unpack", png(0x7FFFFFFF, 0x7FFFFFFF),
      {format, 0x7FFFFFFF, 0x7FFFFFFF});
  add(samples, "palette, more than a decoder would unpack",
      with(png_header(40000, 40000, "\x08\3\0\0\0"sv), palette + data), {format, 40000, 40000});
}

void add_gifs(std::vector<sample>& samples) {
  const auto format = image_format::gif;
  add(samples, "one image", gif(37, 21), {format, 37, 21});
  add(samples, "no screen", std::string{gif(37, 21)}.replace(6, 4, 4, '\0'), {format, 37, 21});
  add(samples, "a screen without height", std::string{gif(37, 21)}.replace(8, 2, 2, '\0'),
      {format, 37, 21});
  add(samples, "version of 1987", "GIF87a" + gif(37, 21).substr(6), {format, 37, 21});
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
  for (const std::uint32_t length : {40U, 108U, 124U}) {
    bmp_options options;
    options.header_length = length;
    options.height = 0U - 3U;
    add(samples, "header of " + std::to_string(length) + " bytes, top down", bmp(options), size);
  }
  add(samples, "1 bit", bmp({.width = 33, .height = 2, .bits = 1, .pixels = 16}), {format, 33, 2});
  add(samples, "bit masks", bmp({.header_length = 56, .bits = 16, .compression = 3, .pixels = 36}),
      size);
  add(samples, "run lengths", bmp({.bits = 8, .compression = 1, .data_bytes = 20, .pixels = 20}),
      size);
  add(samples, "run lengths, only the file's length is known",
      bmp({.bits = 8, .compression = 1, .file_length = 54 + 10, .pixels = 10}), size);
  add(samples, "run lengths, no length is known", bmp({.bits = 8, .compression = 1, .pixels = 1}),
      size);
  add(samples, "JPEG inside", bmp({.bits = 0, .compression = 4, .data_bytes = 30, .pixels = 30}),
      size);
}

void add_webps(std::vector<sample>& samples) {
  const auto format = image_format::webp;
  add(samples, "lossy", webp_lossy(37, 21), {format, 37, 21});
  add(samples, "lossy, largest", webp_lossy(16383, 16383), {format, 16383, 16383});
  add(samples, "lossless", webp_lossless(16384, 1), {format, 16384, 1});
  add(samples, "lossless, largest", webp_lossless(16384, 16384), {format, 16384, 16384});
  add(samples, "animation", webp_animation(70000, 600), {format, 70000, 600});
  file_bytes extended;  // with a colour profile and transparency, before the picture and metadata
                        // behind it
  extended.text("VP8X")
      .le32(10)
      .le32(0x38)
      .le16(36)
      .u8(0)
      .le16(20)
      .u8(0)
      .text("ICCP")
      .le32(400)
      .fill(400, 'p');
  extended.text("ALPH")
      .le32(8)
      .fill(8)
      .text(webp_lossy(37, 21).substr(12))
      .text("EXIF")
      .le32(5)
      .fill(6);
  add(samples, "extended", riff(std::string{extended}), {format, 37, 21});
}

void add_psds(std::vector<sample>& samples) {
  const auto format = image_format::psd;
  const measurement size{format, 5, 3};
  add(samples, "raw", psd_start({}) + "\0\0"s + std::string(45, 'p'), size);
  add(samples, "raw, 1 bit",
      psd_start({.width = 9, .channels = 1, .depth = 1}) + "\0\0"s + std::string(6, 'p'),
      {format, 9, 3});
  add(samples, "run lengths",
      psd_start({.channels = 1}) + "\0\1\0\2\0\3\0\4"s + std::string(9, 'p'), size);
  add(samples, "large document, run lengths",
      psd_start({.large = true, .channels = 1}) + "\0\1\0\0\0\2\0\0\0\3\0\0\0\4"s +
          std::string(9, 'p'),
      size);
  add(samples, "large document, raw",
      psd_start({.large = true, .width = 300'000, .height = 1, .channels = 1, .depth = 1}) +
          "\0\0"s + std::string(37500, 'p'),
      {format, 300'000, 1});
  add(samples, "large document, zip", psd_start({.large = true}) + "\0\3z"s, size);
  add(samples, "CMYK, 16 bits",
      psd_start({.channels = 4, .depth = 16}) + "\0\0"s + std::string(120, 'p'), size);
  add(samples, "zip", psd_start({.depth = 32}) + "\0\2z"s, size);
}

void add_icos(std::vector<sample>& samples) {
  const auto format = image_format::ico;
  const std::string small = icon_bitmap(4, 4);
  add(samples, "bitmap", ico({{5, 3, icon_bitmap(5, 3)}}), {format, 5, 3});
  add(samples, "bitmap with a header of 12 bytes", ico({{5, 3, icon_bitmap(5, 3, 12)}}),
      {format, 5, 3});
  add(samples, "bitmap with a header of 124 bytes", ico({{5, 3, icon_bitmap(5, 3, 124)}}),
      {format, 5, 3});
  add(samples, "bitmap, top down",
      ico({{5, 3, std::string{file_bytes{}.le32(40).le32(5).le32(0U - 6U).fill(28 + 60 + 12)}}}),
      {format, 5, 3});
  add(samples, "PNG", ico({{37, 21, png(37, 21)}}), {format, 37, 21});
  add(samples, "PNG of 256, written as 0", ico({{256, 256, png(256, 256)}}), {format, 256, 256});
  add(samples, "PNG larger than the directory can say", ico({{0, 0, png(1024, 768)}}),
      {format, 1024, 768});
  add(samples, "two that the directory cannot tell apart",
      ico({{0, 0, png(256, 256)}, {0, 0, png(512, 300)}, {4, 4, small}}), {format, 512, 300});
  add(samples, "two that the directory cannot tell apart, the larger first",
      ico({{0, 0, png(512, 300)}, {0, 0, png(256, 256)}}), {format, 512, 300});
  add(samples, "the largest first", ico({{256, 256, png(256, 256)}, {4, 4, small}}),
      {format, 256, 256});
  add(samples, "the largest in the middle",
      ico({{4, 4, small}, {20, 10, icon_bitmap(20, 10)}, {4, 4, small}}), {format, 20, 10});
  add(samples, "the largest last", ico({{4, 4, small}, {4, 4, small}, {48, 40, png(48, 40)}}),
      {format, 48, 40});
  add(samples, "255 pictures", ico(std::vector<icon>(255, {1, 1, icon_bitmap(1, 1)})),
      {format, 1, 1});
}

void add_tiffs(std::vector<sample>& samples) {
  std::ranges::copy(tiff_samples(), std::back_inserter(samples));
}
void add_heifs(std::vector<sample>& samples) {
  std::ranges::copy(heif_samples(), std::back_inserter(samples));
}

}  // namespace

const std::vector<sample>& all_samples() {
  static const auto samples = [] {
    std::vector<sample> made;
    for (const auto add_some : {add_jpegs, add_pngs, add_gifs, add_bmps, add_webps, add_psds,
                                add_icos, add_tiffs, add_heifs})
      add_some(made);
    for (auto& each : made)
      each.name = std::string{name_of(each.expected.format)} + ", " + each.name;
    return made;
  }();
  return samples;
}

}  // namespace retail_pulse::imaging
