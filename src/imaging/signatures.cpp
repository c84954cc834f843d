// The table of all formats that are recognised by their first bytes: those that are measured, and
// those that are only named in an error. A format is listed if its first bytes can hardly be
// anything else: TGA has no mark at all, PCX begins like text, and the marks of MPEG streams and
// DICOM also begin other files or lie far inside.
#include "imaging/signatures.hpp"

#include <algorithm>
#include <iterator>

namespace retail_pulse::imaging {
namespace {

using namespace std::string_view_literals;

constexpr signature measured(std::string_view pattern, image_format format, format_reader reader) {
  return {pattern, reader, format};
}
constexpr signature named(std::string_view pattern, std::string_view name) {
  return {pattern, nullptr, image_format::unknown, error_code::unsupported_format, name};
}
constexpr signature no_image(std::string_view pattern, std::string_view what) {
  return {pattern, nullptr, image_format::unknown, error_code::not_an_image, what};
}
constexpr signature text(std::string_view pattern) { return {pattern, read_text}; }

// An ftyp box is below 64 KiB and an icon file holds 1 to 255 pictures, so neither fits the other's
// pattern. A cursor file holds at least one too; a TGA of type 2 has 0 there, because it has no
// palette.
constexpr signature signatures[] = {
    measured("\xFF\xD8\xFF"sv, image_format::jpeg, read_jpeg),
    measured("\x89PNG\r\n\x1A\n"sv, image_format::png, read_png),
    measured("GIF87a"sv, image_format::gif, read_gif),
    measured("GIF89a"sv, image_format::gif, read_gif),
    measured("BM"sv, image_format::bmp, read_bmp),
    measured("RIFF????WEBP"sv, image_format::webp, read_webp),
    measured("8BPS\0"sv, image_format::psd, read_psd),
    measured("\0\0??ftyp"sv, image_format::unknown, read_heif),
    measured("II*\0"sv, image_format::tiff, read_tiff),
    measured("MM\0*"sv, image_format::tiff, read_tiff),
    measured("II+\0"sv, image_format::tiff, read_tiff),
    measured("MM\0+"sv, image_format::tiff, read_tiff),
    measured("\0\0\1\0~\0"sv, image_format::ico, read_ico),

    named("\xFF\x0A"sv, "JPEG XL"),                    // ISO/IEC 18181-1, codestream
    named("\0\0\0\x0CJXL \r\n\x87\n"sv, "JPEG XL"),    // ISO/IEC 18181-2, container
    named("\0\0\0\x0CjP  \r\n\x87\n"sv, "JPEG 2000"),  // ISO/IEC 15444-1, annex I
    named("\xFF\x4F\xFF\x51"sv, "JPEG 2000"),          // the same, annex A: codestream
    named("II\xBC"sv, "JPEG XR"),                      // ITU T.832, annex A
    named("BPG\xFB"sv, "BPG"),                         // BPG specification, 3.1
    named("FLIF"sv, "FLIF"),                           // FLIF16 specification, part 1
    named("qoif\0"sv, "QOI"),                 // QOI specification 1.0, with a width below 2^24
    named("\x8AMNG\r\n\x1A\n"sv, "MNG"),      // MNG 1.0, 4.1
    named("\x8BJNG\r\n\x1A\n"sv, "JNG"),      // JNG 1.0
    named("v/1\1"sv, "OpenEXR"),              // OpenEXR file layout
    named("#?RADIANCE\n"sv, "Radiance HDR"),  // Radiance file formats
    named("#?RGBE\n"sv, "Radiance HDR"),      // as other programs write it
    named("DDS |\0\0\0"sv, "DDS"),            // DirectDraw surface, with the length of its header
    named("\xABKTX ?\?\xBB\r\n\x1A\n"sv, "KTX"),  // Khronos KTX 1 and 2
    named("SIMPLE  ="sv, "FITS"),                 // FITS 4.0, 4.4.1
    named("P1\n"sv, "Netpbm"),  // pbm(5), pgm(5), ppm(5), pam(5), as nearly all programs write it
    named("P2\n"sv, "Netpbm"),
    named("P3\n"sv, "Netpbm"),
    named("P4\n"sv, "Netpbm"),
    named("P5\n"sv, "Netpbm"),
    named("P6\n"sv, "Netpbm"),
    named("P7\n"sv, "Netpbm"),
    named("gimp xcf "sv, "XCF"),                 // GIMP, devel-docs/xcf.txt
    named("/* XPM */"sv, "XPM"),                 // XPM manual, 2
    named("\x59\xA6\x6A\x95"sv, "Sun raster"),   // rasterfile(5)
    named("icns\0"sv, "Apple icon"),             // Apple's IconFamily, with a length below 2^24
    named("\0\0\2\0~\0"sv, "Windows cursor"),    // like ICO, but of type 2
    named("RIFF????ACON"sv, "animated cursor"),  // Microsoft, RIFF
    named("AT&TFORM????DJV"sv, "DjVu"),          // DjVu 3, 8.1
    named("%PDF-"sv, "PDF"),                     // ISO 32000-1, 7.5.2
    named("%!PS"sv, "PostScript"),               // Adobe DSC 3.0
    named("\xC5\xD0\xD3\xC6"sv, "PostScript"),   // EPS with a preview in front
    named("\xD7\xCD\xC6\x9A"sv, "WMF"),          // MS-WMF 2.3.2.3
    named("\1\0\0\0????????????????????????????????????"
          " EMF"sv,
          "EMF"),  // MS-EMF 2.3.4.2

    named("FUJIFILMCCD-RAW"sv,
          "Fujifilm RAF"),  // camera raw files, as dcraw and exiftool recognise them
    named("II\x1A\0\0\0HEAPCCDR"sv, "Canon CRW"),
    named("FOVb"sv, "Sigma X3F"),
    named("\0MRM"sv, "Minolta MRW"),
    named("IIU\0"sv, "Panasonic RW2"),
    named("IIRO"sv, "Olympus ORF"),
    named("IIRS"sv, "Olympus ORF"),
    named("MMOR"sv, "Olympus ORF"),
    named("IIII?waR"sv, "Phase One raw"),
    named("MMMMRaw"sv, "Phase One raw"),

    named("\x1A\x45\xDF\xA3"sv, "WebM or Matroska video"),     // RFC 8794
    named("RIFF????AVI "sv, "AVI video"),                      // Microsoft, RIFF
    named("FLV\1"sv, "Flash video"),                           // FLV 10.1, annex E
    named("\x30\x26\xB2\x75\x8E\x66\xCF\x11"sv, "ASF video"),  // ASF 1.20, 10.1

    no_image("PK\3\4"sv, "it is a ZIP archive"),           // APPNOTE 4.3.7
    no_image("\x1F\x8B\x08"sv, "it is packed with gzip"),  // RFC 1952

    text("<"sv),
    text("{"sv),
    text("["sv),
    text(" "sv),
    text("\t"sv),
    text("\r"sv),
    text("\n"sv),
    text("\xEF\xBB\xBF"sv),  // the byte order mark of UTF-8
};

constexpr bool fits(char pattern, char byte) {
  return pattern == '?' || (pattern == '~' ? byte != '\0' : pattern == byte);
}

/// Whether one file can begin with both, as far as both go.
constexpr bool overlap(std::string_view a, std::string_view b) {
  for (std::size_t i = 0; i < a.size() && i < b.size(); ++i) {
    if (!fits(a[i], b[i]) && !fits(b[i], a[i])) return false;
  }
  return true;
}

/// No file fits two patterns, so it does not matter which is complete first.
constexpr bool are_apart() {
  for (const auto& a : signatures) {
    for (const auto& b : signatures) {
      if (&a != &b && overlap(a.pattern, b.pattern)) return false;
    }
  }
  return true;
}

constexpr bool are_short_enough() {
  return std::ranges::all_of(
      signatures, [](const signature& row) { return row.pattern.size() <= longest_signature; });
}

static_assert(are_apart(), "no file matches two signatures");
static_assert(are_short_enough(), "longest_signature is the longest");

/// Whether `head` fits the pattern as far as both go.
bool fits(std::string_view pattern, std::span<const std::uint8_t> head) {
  for (std::size_t i = 0; i < pattern.size() && i < head.size(); ++i) {
    if (!fits(pattern[i], static_cast<char>(head[i]))) return false;
  }
  return true;
}

}  // namespace

recognition recognise(std::span<const std::uint8_t> head) {
  recognition result;
  for (const auto& row : signatures) {
    if (!fits(row.pattern, head)) continue;
    if (head.size() >= row.pattern.size()) return {&row, true, row.reader != nullptr};
    result.can_be_found = true;
    if (row.reader != nullptr && row.reader != read_text) result.can_be_picture = true;
  }
  return result;
}

}  // namespace retail_pulse::imaging
