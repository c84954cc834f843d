#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "fetch/net/fault.hpp"

namespace retail_pulse::fetch {

/// The parts of a response's status line and headers that a fetch uses.
struct response_head {
  enum class body_end {
    at_length,      ///< after `length` bytes; also "no body" (204, 304), then 0
    at_last_chunk,  ///< chunked
    at_close,       ///< when the server closes the connection
  };

  int status = 0;  ///< 200..599
  body_end end = body_end::at_close;
  std::uint64_t length = 0;  ///< with at_length
  bool keep_alive =
      false;  ///< whether the connection may serve another request once the body is read
  // Raw values; empty if the header is missing.
  std::string location;
  std::string retry_after;
  std::string etag;
  std::string last_modified;
  std::string content_encoding;  ///< of all such headers, joined with ", "

  /// The part of the file in a 206 response (Content-Range).
  struct part {
    std::uint64_t first = 0;  ///< offset of the first byte
    std::uint64_t last = 0;   ///< offset of the last byte: at least `first`
    std::optional<std::uint64_t>
        total;  ///< bytes of the file: more than `last`; nothing if the server does not know
  };
  std::optional<part> file_part;  ///< nothing without a valid Content-Range
};

/// Parses the value of a Content-Range: "bytes 0-99/1234" or "bytes 0-99/*" (RFC 9110, section
/// 14.4). Nothing for any other text.
std::optional<response_head::part> parse_content_range(std::string_view text);

/// Parses the head of a response as its bytes arrive. Strict, because a lenient parser can be
/// misled about where a response ends: two lengths, length and chunked, unknown transfer codings,
/// control characters and folded lines are protocol_error. So are more than
/// limits::response_header_bytes over all heads of the response (1xx heads count and are skipped),
/// and more than limits::response_line_bytes in the status line or a header that is used. Headers
/// that are not used are checked and not stored.
class head_reader {
 public:
  enum class state { need_more, complete, failed };

  /// Consumes bytes up to the end of the head and sets their number in `used`. Not to be called
  /// again after `failed` or `complete`.
  state feed(std::string_view bytes, std::size_t& used);

  const response_head& head() const { return head_; }  ///< after `complete`
  const fault& error() const { return error_; }        ///< after `failed`

 private:
  state collect(char c);
  state skip(char c);
  state end_of_name();
  state end_of_line();
  state end_of_head();
  state fail(std::string_view why);
  state fail_length(const std::string& what, std::size_t bound);
  state fail_line();
  bool read_status_line(std::string_view line);
  state read_header(std::string_view line);
  state read_content_length(std::string_view value);

  std::string line_;        ///< the line so far; without the value of a header that is not used
  bool skipping_ = false;   ///< within such a value
  bool behind_cr_ = false;  ///< the last byte of such a value was CR
  std::size_t total_ = 0;   ///< bytes over all heads
  bool at_status_line_ = true;
  bool http_1_0_ = false;
  bool says_close_ = false;
  bool says_keep_alive_ = false;
  bool chunked_ = false;
  bool has_content_range_ = false;
  std::optional<std::uint64_t> length_;
  response_head head_;
  fault error_;
};

}  // namespace retail_pulse::fetch
