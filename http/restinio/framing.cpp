#include "http/restinio/framing.hpp"

#include <algorithm>
#include <limits>

#include "core/text.hpp"

namespace retail_pulse::http {
namespace {

constexpr std::string_view length_name = "content-length";
constexpr std::string_view encoding_name = "transfer-encoding";
constexpr std::string_view no_size = "the size of a chunk is malformed, or too large";
constexpr std::uint64_t size_most =
    std::numeric_limits<std::uint64_t>::max() / 16 - 1;  // one more digit fits

bool is_blank(char c) { return c == ' ' || c == '\t'; }

bool is_control(char c) { return (static_cast<unsigned char>(c) < 0x20 && c != '\t') || c == 0x7F; }

}  // namespace

framing_check::outcome framing_check::take(std::string_view bytes) {
  std::size_t done = 0;
  while (done < bytes.size()) {
    if (at_ == position::parsers_own) break;
    if (at_ == position::body || at_ == position::chunk_data) {
      const auto part = std::min<std::uint64_t>(left_, bytes.size() - done);
      done += static_cast<std::size_t>(part);
      left_ -= part;
      if (left_ == 0) at_ = at_ == position::body ? position::between : position::chunk_end;
      continue;
    }
    const auto wrong = fault_of(bytes[done]);
    if (!wrong.empty()) return {done, wrong};
    ++done;
  }
  return {bytes.size(), {}};
}

/// The error of a byte that is not data of a body; empty when the byte is valid.
std::string_view framing_check::fault_of(char c) {
  if (after_cr_) {
    if (c != '\n') return "a line ends in CR alone; it has to end in CR and LF";
    after_cr_ = false;
    end_line();
    return {};
  }
  if (at_ == position::chunk_end && c != '\r')
    return "the data of a chunk is not followed by CR and LF";
  if (c == '\n') return "a line ends in LF alone; it has to end in CR and LF";
  if (c != '\r') return fault_in_line(c);
  if (at_ == position::chunk_size && !has_size_) return no_size;
  after_cr_ = true;
  return {};
}

/// The same of a byte that does not end a line.
std::string_view framing_check::fault_in_line(char c) {
  switch (at_) {
    case position::between:
      at_ = position::first_line;
      break;
    case position::line_start:
      if (is_blank(c))
        return "a line of the headers begins with a blank; a header has to stand in one line";
      name_.clear();
      at_ = position::name;
      take_name(c);
      break;
    case position::name:
      take_name(c);
      break;
    case position::value:
      if (field_ == field::length) take_length(c);
      break;
    case position::chunk_size:
      return fault_in_size(c);
    case position::chunk_blank:
      if (c == ';') {
        at_ = position::chunk_extension;
      } else if (!is_blank(c)) {
        return "the size of a chunk is followed by something that is not an extension";
      }
      break;
    case position::chunk_extension:
      if (is_control(c)) return "the extension of a chunk contains a control character";
      break;
    case position::first_line:
    case position::body:
    case position::chunk_data:
    case position::chunk_end:
    case position::parsers_own:
      break;
  }
  return {};
}

void framing_check::begin_head() {
  at_ = position::line_start;
  in_trailers_ = chunked_ = has_length_ = length_over_ = unclear_ = false;
  length_ = 0;
}

void framing_check::take_name(char c) {
  if (c != ':') {
    if (name_.size() <= encoding_name.size()) name_ += lower(c);
    return;
  }
  at_ = position::value;
  field_ = field::other;
  if (in_trailers_) return;
  if (name_ == encoding_name) {
    chunked_ = true;  // any other is rejected by the parser, or by parser_hooks
  } else if (name_ == length_name) {
    field_ = field::length;
    unclear_ |= has_length_;
    has_length_ = true;
  }
}

void framing_check::take_length(char c) {
  constexpr auto most = std::numeric_limits<std::uint64_t>::max();
  if (is_blank(c)) {
    length_over_ |= length_ > 0;
  } else if (c < '0' || c > '9' || length_over_ || length_ > (most - 9) / 10) {
    unclear_ = true;
  } else {
    length_ = 10 * length_ + static_cast<std::uint64_t>(c - '0');
  }
}

/// Not left to the parser, which takes every byte from 0x80 on for a digit 0.
std::string_view framing_check::fault_in_size(char c) {
  const int digit = hex_digit(c);
  if (digit >= 0 ? left_ > size_most : !has_size_ || (c != ';' && !is_blank(c))) return no_size;
  if (digit >= 0) {
    left_ = 16 * left_ + static_cast<std::uint64_t>(digit);
    has_size_ = true;
  } else {
    at_ = c == ';' ? position::chunk_extension : position::chunk_blank;
  }
  return {};
}

void framing_check::end_line() {
  switch (at_) {
    case position::first_line:
      return begin_head();
    case position::line_start:  // an empty line
      if (in_trailers_) {
        at_ = position::between;
      } else {
        end_head();
      }
      return;
    case position::value:
      at_ = position::line_start;
      return;
    case position::chunk_size:
    case position::chunk_blank:
    case position::chunk_extension:
      in_trailers_ = left_ == 0;
      at_ = in_trailers_ ? position::line_start : position::chunk_data;
      return;
    case position::chunk_end:
      left_ = 0;
      has_size_ = false;
      at_ = position::chunk_size;
      return;
    case position::name:  // a line without a colon
      at_ = position::parsers_own;
      return;
    case position::between:
    case position::body:
    case position::chunk_data:
    case position::parsers_own:
      return;
  }
}

void framing_check::end_head() {
  if (unclear_ || (chunked_ && has_length_)) {
    at_ = position::parsers_own;
  } else if (chunked_) {
    left_ = 0;
    has_size_ = false;
    at_ = position::chunk_size;
  } else {
    left_ = length_;
    at_ = length_ > 0 ? position::body : position::between;
  }
}

}  // namespace retail_pulse::http
