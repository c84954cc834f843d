#include "fetch/http1/chunk_reader.hpp"

#include <utility>

#include "core/limits.hpp"
#include "core/require.hpp"
#include "core/text.hpp"

namespace retail_pulse::fetch {
namespace {

constexpr std::size_t most_digits = 15;  // 60 bits: cannot overflow

}  // namespace

chunk_reader::next chunk_reader::fail(const char* why) {
  error_ = {error_code::protocol_error, why, why};
  return next::failed;
}

chunk_reader::next chunk_reader::fail_bound(std::string what) {
  error_ = bound_exceeded(error_code::protocol_error, std::move(what));
  return next::failed;
}

void chunk_reader::skip(std::uint64_t bytes) {
  require(expected_ == next::data && bytes <= data_left_, "a chunk's data is read within its size");
  data_left_ -= bytes;
  data_bytes_ += bytes;
  if (data_left_ == 0) expected_ = go(part::data_line_end_cr);
}

chunk_reader::next chunk_reader::take_size(char c) {
  if (const int digit = hex_digit(c); digit >= 0) {
    if (++digits_ > most_digits)
      return fail_bound("a chunk size has more than " + std::to_string(most_digits) + " digits");
    data_left_ = data_left_ * 16 + static_cast<std::uint64_t>(digit);
    return next::framing;
  }
  if (digits_ == 0) return fail("a chunk size is missing");
  if (c == '\r') return go(part::size_line_end);
  if (c == ';' || c == ' ' || c == '\t') return go(part::extension);
  return fail("a chunk size is malformed");
}

chunk_reader::next chunk_reader::take_size_line_end() {
  line_bytes_ = 0;
  digits_ = 0;
  if (data_left_ == 0) return go(part::trailer_start);
  return next::data;
}

chunk_reader::next chunk_reader::take(char c) {
  require(expected_ == next::framing, "only framing is taken as framing");
  const bool in_size_line =
      part_ == part::size || part_ == part::extension || part_ == part::size_line_end;
  const bool in_trailer = part_ >= part::trailer_start;
  if (in_size_line && ++line_bytes_ > limits::chunk_line_bytes) {
    return expected_ = fail_bound("a chunk size line is longer than " +
                                  size_text(limits::chunk_line_bytes));
  }
  if (!in_trailer && ++framing_bytes_ > limits::chunk_framing_bytes + data_bytes_) {
    return expected_ = fail_bound("its chunk sizes take more than its data and " +
                                  size_text(limits::chunk_framing_bytes));
  }
  if (in_trailer && ++trailer_bytes_ > limits::response_header_bytes) {
    return expected_ = fail_bound("its trailers are longer than " +
                                  size_text(limits::response_header_bytes));
  }
  const auto line_end = [&](part to) {
    return c == '\n' ? go(to) : fail("a line of the chunked body does not end in CRLF");
  };
  switch (part_) {
    case part::size:
      expected_ = take_size(c);
      break;
    case part::extension:
      expected_ = c == '\r'   ? go(part::size_line_end)
                  : c == '\n' ? fail("a chunk size line does not end in CRLF")
                              : next::framing;
      break;
    case part::size_line_end:
      expected_ = c == '\n' ? take_size_line_end() : fail("a chunk size line does not end in CRLF");
      break;
    case part::data_line_end_cr:
      expected_ = c == '\r' ? go(part::data_line_end_lf) : fail("a chunk is longer than its size");
      break;
    case part::data_line_end_lf:
      expected_ = line_end(part::size);
      break;
    case part::trailer_start:
      expected_ = go(c == '\r' ? part::last_line_end : part::trailer);
      break;
    case part::trailer:
      expected_ = c == '\r' ? go(part::trailer_line_end) : next::framing;
      break;
    case part::trailer_line_end:
      expected_ = line_end(part::trailer_start);
      break;
    case part::last_line_end:
      expected_ = c == '\n' ? next::done : fail("the chunked body does not end in CRLF");
      break;
  }
  return expected_;
}

}  // namespace retail_pulse::fetch
