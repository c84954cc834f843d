// framing: the input as the bytes of a connection to the API, and as the body of a request in
// chunks.
// - Pieces change nothing: the same byte is wrong for the same reason.
// - What is let through, the parser of the server reads as this does: each of its requests begins
// and ends where this one has it. So nothing
//   that is looked at is taken for a body, and no body for what is looked at.
// - Among what is let through no line ends in LF or CR alone, none of the headers begins with a
// blank, and after a chunk comes CRLF.
// - A sound body in chunks is let through whole.
#include "http/restinio/framing.hpp"

#include <http_parser.h>

#include <algorithm>
#include <cstdio>
#include <string>

#include "core/text.hpp"
#include "property.hpp"

namespace retail_pulse::fuzz {
namespace {

using http::framing_check;

struct course {
  std::size_t sound = 0;
  std::string wrong;
};

course follow(std::string_view bytes, dice* chance) {
  framing_check check_of;
  course result;
  while (result.sound < bytes.size()) {
    const auto rest = bytes.substr(result.sound);
    const auto piece = rest.substr(
        0, chance == nullptr ? rest.size() : std::max<std::size_t>(1, chance->piece(rest.size())));
    const auto seen = check_of.take(piece);
    check(seen.sound <= piece.size(), "no more is sound than there is");
    check(seen.wrong.empty() == (seen.sound == piece.size()), "what is wrong is one of the bytes");
    result.sound += seen.sound;
    result.wrong = seen.wrong;
    if (!result.wrong.empty()) break;
  }
  return result;
}

/// What the server's parser makes of a text, as far as it takes it.
struct parsed {
  const char* next = nullptr;  ///< behind the data seen last
  bool after_chunk = false;
  std::string framing{};  ///< everything but the data of bodies
  bool in_value = false;
  std::string name{};
  std::string value{};
  std::size_t encodings = 0;
  bool two_readings = false;

  void end_field() {
    two_readings |= name.find_first_of(" \t") != std::string::npos;
    if (same_word(name, "transfer-encoding"))
      two_readings |= ++encodings > 1 || !same_word(trimmed(value), "chunked");
    name.clear();
    value.clear();
    in_value = false;
  }
  void add_framing(const char* end) {
    const std::string_view part{next, end};
    const std::string_view line_end{"\r\n"};
    if (after_chunk)
      check(part.substr(0, 2) == line_end.substr(0, part.size()), "after a chunk comes CRLF");
    if (!part.empty()) after_chunk = false;
    framing.append(part);
  }
};

parsed& of(http_parser* parser) { return *static_cast<parsed*>(parser->data); }

/// As http/restinio/parser_hooks.hpp rejects what could be read in two ways.
bool is_refused(const http_parser& parser, const parsed& seen) {
  return parser.http_major != 1 || seen.two_readings ||
         (parser.http_minor == 0 && seen.encodings > 0);
}

http_parser_settings settings_like_the_servers() {
  http_parser_settings settings;
  http_parser_settings_init(&settings);
  settings.on_message_begin = [](http_parser* parser) {
    of(parser).end_field();
    of(parser).encodings = 0;
    return 0;
  };
  settings.on_header_field = [](http_parser* parser, const char* at, std::size_t length) {
    auto& seen = of(parser);
    if (seen.in_value) seen.end_field();
    seen.name.append(at, length);
    return 0;
  };
  settings.on_header_value = [](http_parser* parser, const char* at, std::size_t length) {
    of(parser).in_value = true;
    of(parser).value.append(at, length);
    return 0;
  };
  settings.on_headers_complete = [](http_parser* parser) {
    of(parser).end_field();
    parser->upgrade = 0;
    return is_refused(*parser, of(parser)) ? -1 : 0;
  };
  settings.on_body = [](http_parser* parser, const char* at, std::size_t length) {
    auto& seen = of(parser);
    seen.add_framing(at);
    seen.next = at + length;
    seen.after_chunk = (parser->flags & F_CHUNKED) != 0;
    return 0;
  };
  return settings;
}

/// Whether the parser takes the whole text.
bool parse(std::string_view bytes, parsed& seen) {
  static const auto settings = settings_like_the_servers();
  http_parser parser;
  http_parser_init(&parser, HTTP_REQUEST);
  parser.data = &seen;
  seen.next = bytes.data();
  const auto used = http_parser_execute(&parser, &settings, bytes.data(), bytes.size());
  const bool whole = HTTP_PARSER_ERRNO(&parser) == HPE_OK;
  seen.add_framing(whole ? bytes.data() + bytes.size() : std::max(seen.next, bytes.data() + used));
  return whole;
}

void check_lines(std::string_view framing) {
  for (std::size_t at = 0; at < framing.size(); ++at) {
    if (framing[at] == '\n') check(at > 0 && framing[at - 1] == '\r', "no line ends in LF alone");
    if (framing[at] == '\r' && at + 1 < framing.size())
      check(framing[at + 1] == '\n', "no line ends in CR alone");
  }
}

void check_any(std::string_view bytes) {
  dice chance{bytes};
  const auto at_once = follow(bytes, nullptr);
  const auto in_pieces = follow(bytes, &chance);
  check(at_once.sound == in_pieces.sound && at_once.wrong == in_pieces.wrong,
        "pieces change nothing");
  parsed seen;
  parse(bytes.substr(0, at_once.sound), seen);
  check_lines(seen.framing);
}

std::string in_chunks(std::string_view body, dice& chance) {
  std::string made = "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n";
  while (!body.empty()) {
    const auto size = std::max<std::size_t>(1, chance.piece(body.size()));
    char digits[20];
    std::snprintf(digits, sizeof digits, "%zx", size);
    made.append(digits)
        .append(chance.below(4) == 0 ? " ;a=\"b\"" : "")
        .append("\r\n")
        .append(body.substr(0, size))
        .append("\r\n");
    body.remove_prefix(size);
  }
  return made + "0\r\n" + (chance.below(4) == 0 ? "Trailer: x\r\n" : "") + "\r\n";
}

void check_body(std::string_view body) {
  dice chance{body};
  const auto sent = in_chunks(body, chance) + "GET / HTTP/1.1\r\n\r\n";
  const auto seen = follow(sent, &chance);
  check(seen.sound == sent.size(), "a sound request is let through");
  parsed by_parser;
  check(parse(sent, by_parser), "and taken by the parser");
  const auto length = "POST / HTTP/1.1\r\nContent-Length: " + std::to_string(body.size()) +
                      "\r\n\r\n" + std::string{body};
  check(follow(length + "\r\n", &chance).wrong.empty(),
        "a body of a known length may be any bytes");
  check(follow(length + "\n", &chance).sound == length.size(), "and ends where it ends");
}

}  // namespace
}  // namespace retail_pulse::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto bytes = retail_pulse::fuzz::as_text(data, size);
  retail_pulse::fuzz::check_any(bytes);
  retail_pulse::fuzz::check_body(bytes);
  return 0;
}
