#include <boost/test/unit_test.hpp>

#include "builders_heif.hpp"
#include "core/limits.hpp"

namespace retail_pulse::imaging {
namespace {

using namespace std::string_literals;

/// What a client reads of the file, however it comes.
std::string sentence_of(const std::string& file) {
  const auto outcome = read_in_pieces(file);
  for (const std::size_t piece : {1, 2, 3})
    BOOST_TEST(read_in_pieces(file, piece).reason == outcome.reason);
  BOOST_TEST(outcome.measured.width == 0U);
  return public_sentence(outcome.code, 0, outcome.reason);
}

std::string unsupported_sentence(const std::string& name) {
  return public_sentence(error_code::unsupported_format, 0, name);
}
std::string no_image_sentence(const std::string& what) {
  return public_sentence(error_code::not_an_image, 0, what);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(a_file_that_is_not_measured)

BOOST_AUTO_TEST_CASE(is_named_where_its_first_bytes_tell_its_format) {
  const std::pair<std::string, const char*> files[] = {
      {"\xFF\x0A\xFA\x1F", "JPEG XL"},
      {"\0\0\0\x0CJXL \r\n\x87\n\0\0\0\x14"
       "ftypjxl "s,
       "JPEG XL"},
      {"\0\0\0\x0CjP  \r\n\x87\n"s, "JPEG 2000"},
      {"\xFF\x4F\xFF\x51\0\x2F"s, "JPEG 2000"},
      {"II\xBC\1\x20\0\0\0"s, "JPEG XR"},
      {"BPG\xFB", "BPG"},
      {"FLIF31", "FLIF"},
      {"qoif\0\0\0\x20"s, "QOI"},
      {"\x8AMNG\r\n\x1A\n", "MNG"},
      {"\x8BJNG\r\n\x1A\n", "JNG"},
      {"v/1\1\2\0\0\0"s, "OpenEXR"},
      {"#?RADIANCE\nFORMAT=", "Radiance HDR"},
      {"#?RGBE\nFORMAT=", "Radiance HDR"},
      {"DDS |\0\0\0"s, "DDS"},
      {"\xABKTX 11\xBB\r\n\x1A\n", "KTX"},
      {"\xABKTX 20\xBB\r\n\x1A\n", "KTX"},
      {"SIMPLE  =                    T", "FITS"},
      {"P1\n2 2", "Netpbm"},
      {"P2\n2 2", "Netpbm"},
      {"P3\n2 2", "Netpbm"},
      {"P4\n2 2", "Netpbm"},
      {"P5\n2 2", "Netpbm"},
      {"P6\n2 2", "Netpbm"},
      {"P7\nWIDTH", "Netpbm"},
      {"gimp xcf v011", "XCF"},
      {"/* XPM */\nstatic", "XPM"},
      {"\x59\xA6\x6A\x95", "Sun raster"},
      {"icns\0\0\1\0"s, "Apple icon"},
      {"\0\0\2\0\1\0"s, "Windows cursor"},
      {"\0\0\2\0\xFF\0"s, "Windows cursor"},
      {"RIFF\1\2\3\4"
       "ACON",
       "animated cursor"},
      {"AT&TFORM\1\2\3\4"
       "DJVM",
       "DjVu"},
      {"%PDF-1.7", "PDF"},
      {"%!PS-Adobe-3.0", "PostScript"},
      {"\xC5\xD0\xD3\xC6", "PostScript"},
      {"\xD7\xCD\xC6\x9A", "WMF"},
      {"\1\0\0\0"s + std::string(36, 'x') + " EMF", "EMF"},
      {"FUJIFILMCCD-RAW 0201", "Fujifilm RAF"},
      {"II\x1A\0\0\0HEAPCCDR"s, "Canon CRW"},
      {"FOVb\0\0\2\0"s, "Sigma X3F"},
      {"\0MRM\0\1"s, "Minolta MRW"},
      {"IIU\0\x08\0\0\0"s, "Panasonic RW2"},
      {"IIRO\x08\0\0\0"s, "Olympus ORF"},
      {"IIRS\x08\0\0\0"s, "Olympus ORF"},
      {"MMOR\0\0\0\x08"s, "Olympus ORF"},
      {"IIIITwaR", "Phase One raw"},
      {"MMMMRawT", "Phase One raw"},
      {"\x1A\x45\xDF\xA3\x9F", "WebM or Matroska video"},
      {"RIFF\1\2\3\4"
       "AVI LIST",
       "AVI video"},
      {"FLV\1\5", "Flash video"},
      {"\x30\x26\xB2\x75\x8E\x66\xCF\x11\xA6\xD9", "ASF video"},
      {file_type("crx isom"), "Canon CR3"},
      {file_type("isomiso2avc1mp41"), "MP4 or QuickTime"},
      {file_type("qt  "), "MP4 or QuickTime"},
  };
  for (const auto& [file, name] : files)
    BOOST_TEST(sentence_of(file) == unsupported_sentence(name));
}

BOOST_AUTO_TEST_CASE(is_named_where_it_is_known_to_be_no_image) {
  BOOST_TEST(sentence_of("PK\3\4\x14") == no_image_sentence("it is a ZIP archive"));
  BOOST_TEST(sentence_of("\x1F\x8B\x08") == no_image_sentence("it is packed with gzip"));
  for (const char* page :
       {"<!doctype html><p>", "<!DOCTYPE HTML PUBLIC \"-//W3C//DTD HTML 4.01//EN\">", "<html>",
        "\xEF\xBB\xBF<HTML lang=en>", " \r\n\t<head>", "<!-- a -- comment > --><body>",
        "<title>Not found</title>", "<h1>Not found",
        "<?xml version=\"1.0\"?>\n<html xmlns=\"http://www.w3.org/1999/xhtml\">",
        "\xEF\xBB\xBF\n<script>"}) {
    BOOST_TEST(sentence_of(page) == no_image_sentence("it is an HTML page"), page);
  }
  for (const char* text :
       {"{\"error\":\"gone\"}", "{ \n \"a\":1}", "{}", "[1,2]", "[]", "[ {\"a\":1}]"}) {
    BOOST_TEST(sentence_of(text) == no_image_sentence("it is JSON"), text);
  }
  for (const char* text : {"<?xml version=\"1.0\"?><Error><Code>AccessDenied</Code></Error>",
                           "<?xml version=\"1.0\"?><!DOCTYPE a><a>", "<?xml never ends"}) {
    BOOST_TEST(sentence_of(std::string{text} + std::string(limits::text_looked_at_bytes, ' ')) ==
                   no_image_sentence("it is XML"),
               text);
  }
}

BOOST_AUTO_TEST_CASE(is_no_image_without_a_name_where_nothing_tells_one) {
  for (const std::string& file : {"<Error>"s,
                                  "<"s,
                                  "<!"s,
                                  "<!-"s,
                                  "<!ELEMENT a>"s,
                                  "< html>"s,
                                  "<svgx>"s,
                                  "<1>"s,
                                  "{a}"s,
                                  "{"s,
                                  "["s,
                                  "[not found]"s,
                                  " \n"s,
                                  "\xEF\xBB\xBF"s,
                                  "\xEF\xBBx"s,
                                  "<svg\0>"s.substr(0, 2),
                                  "%"s,
                                  "%PDF"s,
                                  "P5"s,
                                  "gimp"s,
                                  "Not found"s,
                                  "<!-- <svg> -->"s,
                                  "a <svg>"s,
                                  "P8\n"s,
                                  "\x1F"s}) {
    BOOST_TEST(sentence_of(file) == no_image_sentence(""), file);
  }
}

BOOST_AUTO_TEST_CASE(is_not_named_after_a_format_whose_beginning_it_merely_shares) {
  const auto true_colour_tga =
      "\0\0\2\0\0\0\0\0\0\0\0\0\x40\1\xF0\0\x18\x20"s + std::string(320 * 240 * 3, '\x7F');
  BOOST_TEST(sentence_of(true_colour_tga) == no_image_sentence(""));
  BOOST_TEST(sentence_of("\0\0\1\0\0\0 no icon in it"s) == no_image_sentence(""));
  BOOST_TEST(sentence_of("icns is a format") == no_image_sentence(""));
  BOOST_TEST(sentence_of("qoif is a format") == no_image_sentence(""));
}

BOOST_AUTO_TEST_CASE(is_an_svg_by_its_first_element) {
  for (const std::string& drawing :
       {"<svg xmlns=\"http://www.w3.org/2000/svg\">"s, "\xEF\xBB\xBF  <svg>"s,
        "<?xml version=\"1.0\"?>\n<!-- by -- a program -->\n<svg>"s,
        "<!DOCTYPE svg PUBLIC \"-//W3C//DTD SVG 1.1//EN\" \"svg11.dtd\"><svg>"s,
        "<svg:svg xmlns:svg=\"\">"s, "<?xml?><?a?><!----><svg/>"s, "<svg\n width=\"1\">"s}) {
    BOOST_TEST(sentence_of(drawing) == unsupported_sentence("SVG"), drawing);
  }
}

BOOST_AUTO_TEST_CASE(is_looked_at_as_far_as_the_bound_and_no_further) {
  const std::string end = "--><svg>";
  const std::string start =
      "<!--" + std::string(limits::text_looked_at_bytes - 4 - end.size(), ' ');
  BOOST_TEST(sentence_of(start + end) == unsupported_sentence("SVG"));
  BOOST_TEST(sentence_of(start + " " + end) == no_image_sentence(""));
  const std::string spaces(limits::text_looked_at_bytes - 2, ' ');
  BOOST_TEST(sentence_of(spaces + "{}") == no_image_sentence("it is JSON"));
  BOOST_TEST(sentence_of(spaces + " {}") == no_image_sentence(""));
  image_reader reader;
  BOOST_TEST((reader.feed(as_piece(spaces + " ")) == image_reader::state::need_more));
  BOOST_TEST((reader.feed(as_piece(" ")) == image_reader::state::failed));
}

BOOST_AUTO_TEST_CASE(is_truncated_only_where_it_could_have_become_a_picture) {
  for (const std::string& start : {"RIFF"s, "\x89PN"s, "I"s, "II"s, "\0\0\2\x10"s, "\xFF"s, "8BP"s})
    BOOST_TEST(code_of(start) == error_code::truncated);
  for (const std::string& start : {"RIFF\1\2\3\4A"s, "IIR"s, "\0\0\2\0\1"s, "%"s, "\x1A"s})
    BOOST_TEST(code_of(start) == error_code::not_an_image);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace retail_pulse::imaging
