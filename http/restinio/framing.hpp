#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace retail_pulse::http {

/// Checks the bytes of a connection before the parser gets them, for framing that the parser
/// accepts although RFC 9112 forbids it: lines that end in LF alone (2.2 leaves that open), headers
/// that go on in the next line (5.2), and chunks that are not followed by CRLF, or whose size has
/// other characters than digits or is followed by something else than extensions (7.1). A proxy in
/// front could read another request, or another end of it, from such bytes.
///
/// It finds the beginning and the end of bodies as the parser does. Errors that the parser finds
/// itself are left to it: after one, nothing more is checked. Its memory does not grow. One thread.
class framing_check {
 public:
  struct outcome {
    std::size_t sound =
        0;  ///< bytes from the start that the parser may get; all of them when nothing is wrong
    std::string_view
        wrong;  ///< an error sentence about the byte behind them; empty when nothing is wrong
  };

  /// The next bytes of the connection. Not to be called again after an error.
  outcome take(std::string_view bytes);

 private:
  enum class position : std::uint8_t {
    between,     ///< requests: empty lines are skipped
    first_line,  ///< of a request
    line_start,  ///< of a header or a trailer
    name,
    value,
    body,  ///< of a known length
    chunk_size,
    chunk_blank,  ///< behind a size
    chunk_extension,
    chunk_data,
    chunk_end,   ///< behind the data
    parsers_own  ///< behind an error that the parser finds
  };
  enum class field : std::uint8_t { other, length, encoding };

  std::string_view fault_of(char c);
  std::string_view fault_in_line(char c);
  std::string_view fault_in_size(char c);
  void begin_head();
  void take_name(char c);
  void take_length(char c);
  void end_line();
  void end_head();

  position at_ = position::between;
  bool after_cr_ = false;
  bool in_trailers_ = false;
  std::string
      name_{};  ///< of the header, in lower case; cut when it is longer than those that matter
  field field_ = field::other;
  bool chunked_ = false;
  bool has_length_ = false;
  bool length_over_ = false;  ///< a blank came behind its digits
  bool unclear_ = false;      ///< the parser rejects the length
  std::uint64_t length_ = 0;
  bool has_size_ = false;   ///< a digit of a chunk's size has come
  std::uint64_t left_ = 0;  ///< bytes of a body or a chunk
};

}  // namespace retail_pulse::http
