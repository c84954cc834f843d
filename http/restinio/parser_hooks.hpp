#pragma once

#include <http_parser.h>

#include <limits>
#include <optional>
#include <restinio/http_server.hpp>
#include <restinio/impl/connection.hpp>
#include <restinio/version.hpp>
#include <string_view>

#include "core/limits.hpp"
#include "core/text.hpp"
#include "http/message.hpp"
#include "http/request/asker.hpp"
#include "http/restinio/guarded_socket.hpp"

/// How RESTinio's parser is set up for our listener (included by listener.cpp only). RESTinio makes
/// its parser's callbacks in one function template over the method mapper: with a mapper of our own
/// we can specialise it, and put our checks around its callbacks.
namespace retail_pulse::http {

// This folder uses internals: namespace restinio::impl, the order of calls to the socket and the
// parser, and the text of log lines. With another version, read README.md again before the numbers
// are changed.
static_assert(RESTINIO_VERSION == RESTINIO_VERSION_MAKE(0, 6, 16),
              "http/restinio is written for RESTinio 0.6.16");
static_assert(HTTP_PARSER_VERSION_MAJOR == 2 && HTTP_PARSER_VERSION_MINOR == 9,
              "http/restinio is written for http_parser 2.9");

struct our_methods : restinio::default_http_methods_t {};

inline std::string_view without_blanks_after(std::string_view value) {
  return value.substr(0, value.find_last_not_of(" \t") + 1);
}

inline const restinio::impl::http_parser_ctx_t& context_of(const http_parser& parser) {
  return *static_cast<const restinio::impl::http_parser_ctx_t*>(parser.data);
}

/// Empty when it is missing or not sane.
inline std::string request_id_in(const restinio::http_request_header_t& header) {
  auto id = header.get_field_or("X-Request-Id", std::string{});
  return is_sane_request_id(id) ? id : std::string{};
}

/// The characters of a host and port (RFC 3986); it may be empty.
inline bool can_be_host(std::string_view value) {
  constexpr std::string_view letters =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~%!$&'()*+,;=:[]";
  return value.find_first_not_of(letters) == std::string_view::npos;
}

/// What RFC 9112 forbids in a header section, and the parser accepts.
inline std::optional<early_rejection> rejection_of(const http_parser& parser,
                                                   const restinio::http_request_header_t& header) {
  std::size_t hosts = 0;
  bool unknown_expectation = false;
  std::size_t transfer_encodings = 0;
  bool unknown_encoding = false;
  bool blank_in_name = false;
  bool bad_host = false;
  bool empty_length = false;
  header.for_each_field([&](const restinio::http_header_field_t& field) {
    if (same_word(field.name(), "host")) {
      ++hosts;
      bad_host |= !can_be_host(without_blanks_after(field.value()));
    }
    if (same_word(field.name(), "content-length"))
      empty_length |= without_blanks_after(field.value()).empty();
    if (same_word(field.name(), "expect"))
      unknown_expectation |= !same_word(field.value(), "100-continue");
    if (same_word(field.name(), "transfer-encoding")) {
      ++transfer_encodings;
      unknown_encoding |= !same_word(without_blanks_after(field.value()), "chunked");
    }
    if (field.name().find_first_of(" \t") != std::string::npos) blank_in_name = true;
  });
  if (parser.http_major != 1)
    return early_rejection{505, "HTTP version not supported; use HTTP/1.1"};
  const bool current = parser.http_minor >= 1;
  if (blank_in_name) return early_rejection{400, "a header name contains a blank"};
  if (hosts > 1) return early_rejection{400, "the Host header is given twice"};
  if (hosts == 0 && current) return early_rejection{400, "the Host header is missing"};
  if (bad_host) return early_rejection{400, "the Host header is malformed"};
  // User info in front of a host is meant to deceive (RFC 9110, 4.2.4).
  const auto named = authority_of(header.request_target());
  if (named && (named->empty() || !can_be_host(*named)))
    return early_rejection{400, "the host in the request's target is malformed"};
  if (empty_length) return early_rejection{400, "the length of the body is malformed or ambiguous"};
  if (transfer_encodings > 0 && !current)
    return early_rejection{400, "HTTP/1.0 has no Transfer-Encoding"};
  // The parser accepts any list that ends in "chunked", for which a proxy in front could see
  // another end of the body.
  if (unknown_encoding || transfer_encodings > 1)
    return early_rejection{501, "the only Transfer-Encoding that is understood is chunked"};
  if (unknown_expectation && current)
    return early_rejection{417, "the only expectation that can be met is 100-continue"};
  return std::nullopt;
}

inline bool asks_for_continue(const http_parser& parser,
                              const restinio::http_request_header_t& header) {
  return parser.http_minor >= 1 && header.has_field(restinio::http_field::expect);
}

/// The parser stops at the digit of a Content-Length that would not fit in 64 bits, and leaves the
/// number so far.
inline bool length_does_not_fit(const http_parser& parser) {
  constexpr auto most =
      std::numeric_limits<std::uint64_t>::max();  // also the value before the first digit
  return parser.content_length > (most - 10) / 10 && parser.content_length != most;
}

inline early_rejection too_large(const http_parser& parser) {
  return {413, "the body is larger than " +
                   std::to_string(context_of(parser).m_limits.max_body_size()) + " bytes"};
}

/// Which bound of the headers, or of the trailers, was passed when a callback of RESTinio rejected
/// one.
inline early_rejection too_many_headers(const http_parser& parser) {
  const auto& context = context_of(parser);
  // At the name of one more field, what came before it is the value of the last one.
  const bool one_more =
      context.m_last_was_value && context.m_total_field_count == limits::request_headers;
  if (one_more && context.m_last_value_total_size <= limits::request_header_bytes) {
    return {431, "there are more than " + std::to_string(limits::request_headers) + " headers"};
  }
  return {431, "the name or the value of a header is longer than " +
                   std::to_string(limits::request_header_bytes) + " bytes"};
}

/// The rejection for an error of the parser, by the name of its error number. The parser may be
/// null.
inline early_rejection rejection_for(std::string_view parser_error, const http_parser* parser) {
  const auto is = [parser_error](std::string_view name) { return parser_error == name; };
  if (is("HPE_CB_url"))
    return {414, "the URL is longer than " + std::to_string(limits::request_url_bytes) + " bytes"};
  if (is("HPE_HEADER_OVERFLOW"))
    return {431, "all headers together are longer than " + std::to_string(HTTP_MAX_HEADER_SIZE) +
                     " bytes"};
  if (parser != nullptr) {  // always, when a request has begun
    if (is("HPE_CB_header_field") || is("HPE_CB_header_value")) return too_many_headers(*parser);
    if (is("HPE_INVALID_CONTENT_LENGTH") && length_does_not_fit(*parser)) return too_large(*parser);
    if (is("HPE_CB_headers_complete") || is("HPE_CB_body")) {
      auto rejected = too_large(*parser);
      rejected.request_id = request_id_in(context_of(*parser).m_header);
      return rejected;
    }
  }
  if (is("HPE_INVALID_METHOD")) return {501, "the method is not known"};
  if (is("HPE_INVALID_VERSION")) return {400, "the HTTP version is malformed"};
  if (is("HPE_INVALID_HEADER_TOKEN")) return {400, "a header is malformed"};
  if (is("HPE_INVALID_CONTENT_LENGTH") || is("HPE_UNEXPECTED_CONTENT_LENGTH") ||
      is("HPE_INVALID_TRANSFER_ENCODING") || is("HPE_INVALID_CHUNK_SIZE")) {
    return {400, "the length of the body is malformed or ambiguous"};
  }
  return {400, "the request is malformed"};
}

}  // namespace retail_pulse::http

namespace restinio::impl {

template <>
inline http_parser_settings create_parser_settings<retail_pulse::http::our_methods>() noexcept {
  using namespace retail_pulse::http;
  http_parser_settings settings;
  http_parser_settings_init(&settings);
  settings.on_message_begin = [](http_parser* parser) {
    note_of_this_thread() = {};
    note_of_this_thread().began = true;
    note_of_this_thread().parser = parser;
    return 0;
  };
  settings.on_url = [](http_parser* parser, const char* at, std::size_t length) {
    return restinio_url_cb(parser, at, length);
  };
  settings.on_header_field = [](http_parser* parser, const char* at, std::size_t length) {
    return restinio_header_field_cb(parser, at, length);
  };
  settings.on_header_value = [](http_parser* parser, const char* at, std::size_t length) {
    return restinio_header_value_cb(parser, at, length);
  };
  settings.on_headers_complete = [](http_parser* parser) {
    auto& header = static_cast<http_parser_ctx_t*>(parser->data)->m_header;
    header.http_minor(parser->http_minor);  // RESTinio leaves it at 1
    if (auto rejected = rejection_of(*parser, header)) {
      rejected->request_id = request_id_in(header);
      note_of_this_thread().rejected = std::move(rejected);
      return -1;
    }
    if (restinio_headers_complete_cb(parser) != 0) return -1;
    parser->upgrade = 0;  // a request for another protocol is served as HTTP; RESTinio would let it
                          // wait without a timeout
    note_of_this_thread().in_body = true;
    note_of_this_thread().wants_continue = asks_for_continue(*parser, header);
    return 0;
  };
  settings.on_body = [](http_parser* parser, const char* at, std::size_t length) {
    const auto result = restinio_body_cb(parser, at, length);
    note_of_this_thread().body_bytes = static_cast<http_parser_ctx_t*>(parser->data)->m_body.size();
    return result;
  };
  // The two bytes after a chunk are checked by framing_check: Debian's http_parser skips them
  // unread. No chunk callbacks: RESTinio would keep a record of 16 bytes and more per chunk, which
  // is a gigabyte for a body of one-byte chunks.
  settings.on_message_complete = [](http_parser* parser) {
    note_of_this_thread() = {};
    return restinio_message_complete_cb<our_methods>(parser);
  };
  return settings;
}

}  // namespace restinio::impl
