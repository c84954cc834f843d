#pragma once

#include <cstdint>
#include <string>

#include "fetch/net/fault.hpp"

namespace retail_pulse::fetch {

/// Parses the framing of a chunked body. Strict: CRLF line ends, 1 to 15 hex digits, a size line of
/// at most limits::chunk_line_bytes; framing at most as long as the data and
/// limits::chunk_framing_bytes, because otherwise a byte of data could cost hundreds on the wire;
/// trailers of at most limits::response_header_bytes, which are dropped.
class chunk_reader {
 public:
  enum class next {
    framing,  ///< the next byte is framing: `take` it
    data,     ///< the next `data_left` bytes are body: `skip` them as they are read
    done,     ///< the body is complete
    failed,   ///< not chunked framing: see `error`
  };

  next expected() const { return expected_; }
  next take(char c);
  std::uint64_t data_left() const { return data_left_; }
  void skip(std::uint64_t bytes);  ///< at most data_left()
  const fault& error() const { return error_; }

 private:
  enum class part {
    size,
    extension,
    size_line_end,
    data_line_end_cr,
    data_line_end_lf,
    trailer_start,
    trailer,
    trailer_line_end,
    last_line_end
  };

  next go(part to) {
    part_ = to;
    return next::framing;
  }
  next fail(const char* why);
  next fail_bound(std::string what);
  next take_size(char c);
  next take_size_line_end();

  part part_ = part::size;
  next expected_ = next::framing;
  std::uint64_t data_left_ = 0;
  std::size_t digits_ = 0;
  std::size_t line_bytes_ = 0;
  std::uint64_t framing_bytes_ = 0;  ///< of all chunks
  std::uint64_t data_bytes_ = 0;     ///< of all chunks
  std::size_t trailer_bytes_ = 0;
  fault error_;
};

}  // namespace retail_pulse::fetch
