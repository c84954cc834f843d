#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace retail_pulse::http {

/// Watches the bytes of a connection before the parser has them, for framing that the parser takes although RFC 9112 does not want it:
/// lines that end in LF alone (2.2 leaves that open), headers that go on in the next line (5.2), and chunks that are not followed by CRLF,
/// or whose size has other characters than digits or is followed by something else than extensions (7.1). A proxy in front could read
/// another request, or another end of it, out of such bytes.
///
/// It finds where bodies begin and end as the parser does, and leaves to the parser what the parser refuses: after that it looks at nothing
/// more. Its memory does not grow. One thread.
class framing_check {
 public:
  struct verdict {
    std::size_t sound = 0;   ///< bytes from the start that may go to the parser; all of them where nothing is wrong
    std::string_view wrong;  ///< what is wrong with the byte behind them, in words; empty where nothing is
  };

  /// The next bytes of the connection. Not to be called again after something was wrong.
  verdict take(std::string_view bytes);

 private:
  enum class place : std::uint8_t {
    between,     ///< requests: empty lines are passed over
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
    parsers_own  ///< something came that the parser refuses
  };
  enum class field : std::uint8_t { other, length, encoding };

  std::string_view objection_to(char c);
  std::string_view objection_in_place(char c);
  std::string_view objection_to_size(char c);
  void begin_head();
  void take_name(char c);
  void take_length(char c);
  void end_line();
  void end_head();

  place at_ = place::between;
  bool after_cr_ = false;
  bool in_trailers_ = false;
  std::string name_{};  ///< of the header, in lower case; cut where it is longer than those that count
  field field_ = field::other;
  bool chunked_ = false;
  bool has_length_ = false;
  bool length_over_ = false;  ///< a blank came behind its digits
  bool unclear_ = false;      ///< the length is one that the parser refuses
  std::uint64_t length_ = 0;
  bool has_size_ = false;   ///< a digit of a chunk's size has come
  std::uint64_t left_ = 0;  ///< bytes of a body or a chunk
};

}  // namespace retail_pulse::http
