#include "fetch/engine/engine.hpp"
#include "tests/hostile/cases.hpp"
#include "tests/support/packed.hpp"
#include "tests/unit/imaging/builders.hpp"
#include "tests/unit/imaging/builders_tiff.hpp"

namespace retail_pulse::hostile {
namespace {

using imaging::file_bytes;

hostile_case content(std::string name, error_code expected, const std::string& file) {
  return {.name = "content: " + std::move(name),
          .expected = expected,
          .run = test_support::serving(http_response(200, file))};
}

hostile_case named(std::string name, error_code expected, const std::string& file,
                   std::string reason) {
  auto made = content(std::move(name), expected, file);
  made.reason = std::move(reason);
  return made;
}

hostile_case raw_file(std::string name, const std::string& file) {
  auto made = content(std::move(name), error_code::none, file);
  made.width = 4032;
  made.height = 3024;
  return made;
}

/// Ends because of the bound on files, not because of the host.
hostile_case endless_content(std::string name, error_code expected, std::string start,
                             std::string again) {
  return {
      .name = "content: " + std::move(name),
      .expected = expected,
      .run = test_support::endless("HTTP/1.1 200 OK\r\n\r\n" + std::move(start), std::move(again)),
      .tune = [](fetch::engine_options& options) { options.max_image_bytes = 4 << 20; }};
}

std::string repeated(const std::string& piece, std::size_t bytes) {
  std::string text;
  while (text.size() < bytes) text += piece;
  return text;
}

/// Its bound on files is a megabyte, so that a bomb is larger. In both modes.
void add_packed(cases& to, const std::string& name, error_code expected, const std::string& coding,
                const std::string& body) {
  for (const auto how : {fetch::mode::full, fetch::mode::header}) {
    to.push_back({.name = "packed: " + name + (how == fetch::mode::full ? "" : ", header mode"),
                  .expected = expected,
                  .run = test_support::serving(
                      http_response(200, body, "Content-Encoding: " + coding + "\r\n")),
                  .tune = [how](fetch::engine_options& options) {
                    options.how = how;
                    options.max_image_bytes = 1 << 20;
                  }});
  }
}

/// Claims such sides, as many as its format has or more, and is whole. In both modes.
void add_sides(cases& to, const std::string& name, error_code expected, const std::string& file,
               std::uint32_t width = 0, std::uint32_t height = 0) {
  for (const auto how : {fetch::mode::full, fetch::mode::header}) {
    to.push_back({.name = "sides: " + name + (how == fetch::mode::full ? "" : ", header mode"),
                  .expected = expected,
                  .width = width,
                  .height = height,
                  .run = test_support::serving(http_response(200, file)),
                  .tune = [how](fetch::engine_options& options) { options.how = how; }});
  }
}

/// One whose pixels are packed by zip: of those only the first byte is looked for.
std::string psd(bool large, std::uint32_t width, std::uint32_t height) {
  return imaging::psd_start({.large = large, .width = width, .height = height}) + "\0\2x"s;
}

std::string but_one(const std::string& file) { return file.substr(0, file.size() - 1); }

}  // namespace

cases content_cases() {
  using enum error_code;
  const auto jpeg_start = imaging::jpeg(10, 10).substr(0, 2);
  auto measured_png = [](std::uint32_t side) {
    auto made = content("a PNG that claims " + std::to_string(side) + " x " + std::to_string(side),
                        none, imaging::png(side, side));
    made.width = made.height = side;
    return made;
  };
  auto measured_jpeg = [](std::uint32_t side) {
    auto made = content("a JPEG that claims " + std::to_string(side) + " x " + std::to_string(side),
                        none, imaging::jpeg(side, side));
    made.width = made.height = side;
    return made;
  };
  return {
      named("a page", not_an_image, "<!doctype html><title>Not found</title>",
            "it is an HTML page"),
      named("an error in JSON", not_an_image, R"({"error": "gone"})", "it is JSON"),
      named("a drawing in SVG", unsupported_format,
            R"(<svg xmlns="http://www.w3.org/2000/svg" width="10" height="10"/>)", "SVG"),
      named(
          "a bomb of XML entities", not_an_image,
          R"(<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b "bbbbbbbb"><!ENTITY c "&b;&b;&b;&b;">]><svg>&c;</svg>)",
          "it is XML"),
      named("a PDF", unsupported_format, "%PDF-1.7\n1 0 obj", "PDF"),
      named("a zip file", not_an_image, "PK\3\4" + std::string(100, 'z'), "it is a ZIP archive"),
      named("a film", unsupported_format,
            "\0\0\0\x18"
            "ftypisom\0\0\0\0isommp42"s +
                std::string(100, 'f'),
            "MP4 or QuickTime"),
      named("a JPEG XL", unsupported_format, "\0\0\0\x0CJXL \r\n\x87\n"s + std::string(100, 'x'),
            "JPEG XL"),
      raw_file("a DNG with previews", imaging::dng()),
      raw_file("a NEF with previews", imaging::nef()),
      raw_file("an ARW with previews", imaging::arw()),
      raw_file("an ARW that does not mark its preview", imaging::arw(false)),
      named("a CR2 with previews", unsupported_format, imaging::cr2(), "Canon CR2"),
      content("a TIFF whose previews lead to each other", unsupported_format,
              imaging::tiff_of({{.width = 5, .height = 3, .kind = 1, .next = 1},
                                {.width = 5, .height = 3, .kind = 1, .inner = {0}, .next = 0}})),
      named("a JPEG without its end mark", truncated,
            imaging::jpeg(10, 10).substr(0, imaging::jpeg(10, 10).size() - 2),
            "it has no end-of-image mark"),
      content("a GIF without its trailer", none, but_one(picture())),
      content("a PNG without its last chunk", none,
              imaging::png(10, 10).substr(0, imaging::png(10, 10).size() - 12)),
      endless_content("a page of endless white space", not_an_image, " ", std::string(65536, ' ')),
      endless_content("a drawing behind an endless comment", not_an_image, "<!--",
                      std::string(65536, ' ')),
      content("noise", not_an_image, std::string(1000, '\xA7')),
      content("zeros", not_an_image, std::string(1000, '\0')),
      content("one byte", truncated, "\xFF"),
      content("a JPEG of no height", bad_dimensions, imaging::jpeg(10, 0)),
      content("a PNG of no width", bad_dimensions, imaging::png(0, 10)),
      content("a GIF of no width", bad_dimensions, imaging::gif(0, 10)),
      content("a BMP of negative width", bad_dimensions, imaging::bmp({.width = 0x80000005})),
      measured_jpeg(65'500),
      measured_png(0x7FFFFFFF),
      content("a PNG that claims 2^31 x 2^31", bad_dimensions,
              imaging::png(0x80000000, 0x80000000)),
      content(
          "an arithmetic-coded JPEG", unsupported_format,
          jpeg_start + imaging::jpeg_frame(0xC9, 10, 10) + imaging::jpeg_scan("data") + "\xFF\xD9"),
      content(
          "a lossless JPEG", unsupported_format,
          jpeg_start + imaging::jpeg_frame(0xC3, 10, 10) + imaging::jpeg_scan("data") + "\xFF\xD9"),
      content("a JPEG segment of length 0", not_an_image,
              jpeg_start + std::string("\xFF\xE1\0\0", 4) + imaging::jpeg(10, 10).substr(2)),
      content("a PNG chunk of 4 GB", truncated,
              "\x89PNG\r\n\x1A\n" + imaging::png_header(10, 10, std::string("\x8\2\0\0\0", 5)) +
                  "\xFF\xFF\xFF\xFFIDAT"),
      content("a WebP that announces 4 GB", not_an_image,
              "RIFF\xFE\xFF\xFF\xFF" + imaging::webp_lossy(10, 10).substr(8)),
      content("a bitmap of 2^31 - 1 x 2^31 - 1", truncated,
              imaging::bmp({.width = 0x7FFFFFFF, .height = 0x80000001, .bits = 32})),
      endless_content("a JPEG of endless segments", too_large, jpeg_start,
                      repeated(imaging::jpeg_segment(0xE1, "x"), 65536)),
      endless_content("a JPEG of endless fill bytes", too_large, jpeg_start,
                      std::string(65536, '\xFF')),
      endless_content("a JPEG of endless scans", too_large, but_one(imaging::jpeg(10, 10)),
                      repeated(imaging::jpeg_scan("data"), 65536)),
      endless_content("a PNG of endless chunks", too_large,
                      but_one(imaging::png(10, 10)).substr(0, 33),
                      repeated(imaging::png_chunk("tEXt", ""), 65536)),
      endless_content("a GIF of endless blocks", too_large, but_one(picture()),
                      repeated(std::string("!\xFE\1x\0", 5), 65536)),
      endless_content("boxes of 8 bytes without end", too_large,
                      "\0\0\0\x18"
                      "ftypavif\0\0\0\0avifmif1"s,
                      repeated("\0\0\0\x08"
                               "free"s,
                               65536)),
      content("a box that is shorter than its header", not_an_image,
              "\0\0\0\x18"
              "ftypavif\0\0\0\0avifmif1"s +
                  "\0\0\0\x07"
                  "free"s),
      content("a box that reaches to the end of the file", unsupported_format,
              "\0\0\0\x18"
              "ftypavif\0\0\0\0avifmif1"s +
                  "\0\0\0\0"
                  "mdat"s +
                  std::string(50, 'x')),
      content("a box of 2^64 - 1 bytes", truncated,
              "\0\0\0\x18"
              "ftypavif\0\0\0\0avifmif1"s +
                  "\0\0\0\x01"
                  "free\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF"s +
                  std::string(50, 'x')),
      content("a TIFF whose directory lies behind the file", truncated,
              "II*\0\xFF\xFF\xFF\xFF"s + std::string(50, 'x')),
      content("a TIFF whose directory lies in its header", not_an_image,
              "II*\0\4\0\0\0"s + std::string(50, 'x')),
      content("a TIFF of 65,535 entries that are not there", truncated,
              "II*\0\x08\0\0\0\xFF\xFF"s + std::string(50, '\0')),
      content(
          "a BigTIFF of 2^64 - 1 entries", truncated,
          "II+\0\x08\0\0\0\x10\0\0\0\0\0\0\0"s + std::string(8, '\xFF') + std::string(50, '\0')),
      content("a TIFF without a size", bad_dimensions, "II*\0\x08\0\0\0\0\0\0\0\0\0"s),
      content("an icon without a picture", not_an_image, "\0\0\1\0\0\0"s + std::string(50, 'x')),
      content(
          "an icon whose picture lies in its directory", not_an_image,
          std::string{
              file_bytes{}.text("\0\0\1\0\1\0"s).u8(10).u8(10).fill(6).le32(40).le32(6).fill(40)}),
      content("an icon whose picture lies behind the file", truncated,
              std::string{file_bytes{}
                              .text("\0\0\1\0\1\0"s)
                              .u8(10)
                              .u8(10)
                              .fill(6)
                              .le32(40)
                              .le32(0x7FFFFFFF)
                              .fill(40)}),
  };
}

cases side_cases() {
  using enum error_code;
  constexpr std::uint32_t most_31 = 0x7FFFFFFF, most_32 = 0xFFFFFFFF;
  const auto run_lengths =
      [](std::uint32_t width,
         std::uint32_t height) {  // BMP: the pixels are as long as the header says
        return imaging::bmp(
            {.width = width, .height = height, .bits = 8, .compression = 1, .data_bytes = 48});
      };
  cases all;
  add_sides(all, "a JPEG", none, imaging::jpeg(65'535, 65'535), 65'535, 65'535);
  add_sides(all, "a GIF", none, imaging::gif(65'535, 65'535), 65'535, 65'535);
  add_sides(all, "a PNG", none, imaging::png(most_31, most_31), most_31, most_31);
  add_sides(all, "a PNG beyond", bad_dimensions, imaging::png(most_31, most_31 + 1));
  add_sides(all, "a bitmap", none, run_lengths(most_31, most_31), most_31, most_31);
  add_sides(all, "a bitmap beyond", bad_dimensions, run_lengths(most_31, most_31 + 1));
  add_sides(all, "a WebP", none, imaging::webp_animation(65'536, 65'535), 65'536, 65'535);
  add_sides(all, "a WebP beyond", bad_dimensions, imaging::webp_animation(65'536, 65'536));
  add_sides(all, "a PSD", none, psd(false, 30'000, 30'000), 30'000, 30'000);
  add_sides(all, "a PSD beyond", bad_dimensions, psd(false, 30'000, 30'001));
  add_sides(all, "a PSD far beyond", bad_dimensions, psd(false, most_32, most_32));
  add_sides(all, "a PSB", none, psd(true, 300'000, 300'000), 300'000, 300'000);
  add_sides(all, "a PSB beyond", bad_dimensions, psd(true, 300'001, 300'000));
  add_sides(
      all, "a TIFF", none,
      imaging::tiff({.width = most_32, .height = most_32, .side_type = imaging::tiff_type::u32}),
      most_32, most_32);
  add_sides(all, "a TIFF beyond", bad_dimensions,
            imaging::tiff({.large = true,
                           .width = std::uint64_t{most_32} + 1,
                           .side_type = imaging::tiff_type::u64}));
  return all;
}

cases packed_cases() {
  using enum error_code;
  using namespace test_support;
  const auto file = picture();
  const auto bomb = std::string(16 << 20, '\0');
  cases all;
  add_packed(all, "gzip", none, "gzip", gzip(file));
  add_packed(all, "x-gzip", none, "x-gzip", gzip(file));
  add_packed(all, "deflate in the zlib format", none, "deflate", zlib_deflate(file));
  add_packed(all, "bare deflate", none, "deflate", bare_deflate(file));
  add_packed(all, "gzip in gzip", none, "gzip, gzip", gzip(gzip(file)));
  add_packed(all, "gzip in deflate, and identity between", none, "gzip, identity, deflate",
             zlib_deflate(gzip(file)));
  add_packed(all, "gzip three times", unsupported_format, "gzip, gzip, gzip",
             gzip(gzip(gzip(file))));
  add_packed(all, "several members of gzip", none, "gzip",
             gzip(file.substr(0, 10)) + gzip("") + gzip(file.substr(10)));
  add_packed(all, "garbage behind gzip", none, "gzip",
             gzip(file) + std::string(1000, '\0') + "garbage");
  add_packed(all, "brotli", unsupported_format, "br", "\x0b\x0d\x80" + file + "\x03");
  add_packed(all, "zstd", unsupported_format, "zstd", "\x28\xb5\x2f\xfd" + file);
  add_packed(all, "a coding of 9,000 letters", protocol_error, std::string(9000, 'x'), gzip(file));
  add_packed(all, "a coding whose name is a page", unsupported_format, "<h1>hello</h1>",
             gzip(file));
  add_packed(all, "said to be base64, and is not", none, "base64", file);
  add_packed(all, "a page", not_an_image, "gzip", gzip("<!doctype html>"));
  add_packed(all, "a page that is not packed", protocol_error, "gzip", "<!doctype html>");
  add_packed(all, "nothing", truncated, "gzip", "");
  add_packed(all, "nothing, packed", truncated, "gzip", gzip(""));
  add_packed(all, "gzip that is damaged", protocol_error, "gzip",
             gzip(file).substr(0, 10) + "\xFF\xFF" + gzip(file).substr(12));
  add_packed(all, "a bomb", too_large, "gzip", gzip("II*\0\xFF\xFF\xFF\xFF"s + bomb));
  add_packed(all, "a bomb in a bomb", too_large, "gzip, gzip",
             gzip(gzip("II*\0\xFF\xFF\xFF\xFF"s + bomb)));
  add_packed(all, "a bomb of bare deflate", too_large, "deflate",
             bare_deflate("II*\0\xFF\xFF\xFF\xFF"s + bomb));
  std::string members;
  for (int i = 0; i < 60'000; ++i) members += gzip("");
  add_packed(all, "a bomb of empty members", too_large, "gzip, gzip", gzip(members));
  // What ends early is found out only where the end is read.
  auto add_full = [&](const std::string& name, error_code expected, const std::string& body) {
    add_packed(all, name, expected, "gzip", body);
    all.back().expected = none;
  };
  add_full("gzip that is cut", truncated, but_one(gzip(file)));
  add_full("a picture that is cut, packed", truncated,
           gzip(but_one(but_one(file))));  // in front of its trailer, which may lack
  add_full("gzip with a wrong checksum", protocol_error,
           gzip(file).substr(0, gzip(file).size() - 8) + std::string(8, '\0'));
  add_full("a bomb behind a picture", too_large, gzip(file + bomb));
  return all;
}

cases all_cases() {
  cases all;
  for (const auto group :
       {name_cases, address_cases, connection_cases, tls_cases, head_cases, body_cases,
        redirect_cases, range_cases, content_cases, side_cases, packed_cases, damage_cases}) {
    auto more = group();
    std::move(more.begin(), more.end(), std::back_inserter(all));
  }
  return all;
}

}  // namespace retail_pulse::hostile
