#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "fetch/net/fault.hpp"

namespace retail_pulse::fetch {

/// What a fetch needs to know of a response's status line and headers.
struct response_head {
  enum class body_end {
    at_length,      ///< after `length` bytes; also "no body" (204, 304), then 0
    at_last_chunk,  ///< chunked
    at_close,       ///< when the server closes
  };

  int status = 0;  ///< 200..599
  body_end end = body_end::at_close;
  std::uint64_t length = 0;      ///< with at_length
  bool keep_alive = false;       ///< whether the connection may serve another request once the body is read
  std::string location;          ///< raw; empty when there is none
  std::string retry_after;       ///< raw; empty when there is none
  std::string etag;              ///< raw; empty when there is none
  std::string last_modified;     ///< raw; empty when there is none
  std::string content_encoding;  ///< the values of all such headers, with ", " between them; empty when there is none

  /// Which part of the file a 206 holds (Content-Range).
  struct part {
    std::uint64_t first = 0;             ///< offset of the first byte
    std::uint64_t last = 0;              ///< of the last one: at least `first`
    std::optional<std::uint64_t> total;  ///< bytes of the file: more than `last`; nothing when the server does not know
  };
  std::optional<part> file_part;  ///< nothing when there is no Content-Range, or one that makes no sense
};

/// Reads the value of a Content-Range: "bytes 0-99/1234" or "bytes 0-99/*" (RFC 9110, section 14.4). Nothing for any other text.
std::optional<response_head::part> parse_content_range(std::string_view text);

/// Collects and checks the head of a response from bytes as they come. Strict, because every tolerance in framing is a way to lie: two
/// lengths, length and chunked, unknown transfer codings, control characters, folded lines are protocol_error. So are more than
/// limits::response_header_bytes over all heads of the answer (1xx heads count and are skipped), and a status line or header that is used
/// over limits::response_line_bytes. Headers that are not used are checked and not stored.
class head_reader {
 public:
  enum class state { need_more, complete, failed };

  /// Takes bytes up to the end of the head; `used` tells how many. Not to be called again after `failed` or `complete`.
  state feed(std::string_view bytes, std::size_t& used);

  const response_head& head() const { return head_; }  ///< after `complete`
  const fault& error() const { return error_; }        ///< after `failed`

 private:
  state collect(char c);
  state skip(char c);
  state end_of_name();
  state end_of_line();
  state end_of_head();
  state refuse(std::string_view why);
  state refuse_length(const std::string& what, std::size_t bound);
  state refuse_line();
  bool read_status_line(std::string_view line);
  state read_header(std::string_view line);
  state read_content_length(std::string_view value);

  std::string line_;        ///< as far as it was read; of a header that is not used, none of its value
  bool skipping_ = false;   ///< in such a value
  bool behind_cr_ = false;  ///< there
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
