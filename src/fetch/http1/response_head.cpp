#include "fetch/http1/response_head.hpp"

#include <algorithm>
#include <utility>

#include "core/limits.hpp"
#include "core/text.hpp"

namespace retail_pulse::fetch {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }

bool has_word(std::string_view list, std::string_view word) {
  while (!list.empty()) {
    const auto comma = std::min(list.find(','), list.size());
    if (same_word(trimmed(list.substr(0, comma)), word)) return true;
    list.remove_prefix(std::min(comma + 1, list.size()));
  }
  return false;
}

bool is_control(char c) { return (static_cast<unsigned char>(c) < 0x20 && c != '\t') || c == 0x7f; }

constexpr std::string_view control_in_headers = "a control character in its headers";

constexpr std::size_t most_digits = 18;

/// A number below 10^18, more than the length of any file. Nothing for any other text.
std::optional<std::uint64_t> number(std::string_view text) {
  if (text.empty() || text.size() > most_digits || !std::all_of(text.begin(), text.end(), is_digit))
    return std::nullopt;
  std::uint64_t value = 0;
  for (const char c : text) value = value * 10 + static_cast<std::uint64_t>(c - '0');
  return value;
}

constexpr std::string_view version_start = "HTTP/1.";

/// The headers that are used; all others are skipped.
constexpr std::string_view used_headers[] = {
    "Content-Length", "Transfer-Encoding", "Content-Encoding",
    "Connection",     "Location",          "Retry-After",
    "ETag",           "Last-Modified",     "Content-Range"};

bool is_used(std::string_view name) {
  return std::ranges::any_of(used_headers,
                             [&](std::string_view used) { return same_word(name, used); });
}

}  // namespace

std::optional<response_head::part> parse_content_range(std::string_view text) {
  constexpr std::string_view unit = "bytes ";
  if (text.size() < unit.size() || !same_word(text.substr(0, unit.size()), unit))
    return std::nullopt;
  text = trimmed(text.substr(unit.size()));
  const auto dash = text.find('-');
  const auto slash = text.find('/');
  if (dash == std::string_view::npos || slash == std::string_view::npos || dash > slash)
    return std::nullopt;
  const auto first = number(text.substr(0, dash));
  const auto last = number(text.substr(dash + 1, slash - dash - 1));
  const auto total = number(text.substr(slash + 1));
  if (!first || !last || *first > *last) return std::nullopt;
  if (!total)
    return text.substr(slash + 1) == "*"
               ? std::optional{response_head::part{*first, *last, std::nullopt}}
               : std::nullopt;
  return *last < *total ? std::optional{response_head::part{*first, *last, total}} : std::nullopt;
}

head_reader::state head_reader::fail(std::string_view why) {
  error_ = {error_code::protocol_error, std::string{why}, std::string{why}};
  return state::failed;
}

head_reader::state head_reader::fail_length(const std::string& what, std::size_t bound) {
  error_ = bound_exceeded(error_code::protocol_error, what + " longer than " + size_text(bound));
  return state::failed;
}

head_reader::state head_reader::feed(std::string_view bytes, std::size_t& used) {
  for (used = 0; used < bytes.size();) {
    const char c = bytes[used++];
    if (++total_ > limits::response_header_bytes)
      return fail_length("its headers are", limits::response_header_bytes);
    if (const auto now = skipping_ ? skip(c) : collect(c); now != state::need_more) return now;
  }
  return state::need_more;
}

head_reader::state head_reader::collect(char c) {
  line_ += c;
  if (line_.size() > limits::response_line_bytes) return fail_line();
  // Fail at the first wrong byte: the greeting of a mail server, say, may have no line end to wait
  // for.
  if (at_status_line_ && line_.size() <= version_start.size() &&
      c != version_start[line_.size() - 1])
    return fail("it is not HTTP/1.x");
  if (c == '\n') return end_of_line();
  const bool ends_name = c == ':' && !at_status_line_ && line_.find(':') + 1 == line_.size();
  return ends_name ? end_of_name() : state::need_more;
}

/// A byte of a value that is not used. The same rules hold as in a line that is kept: no control
/// characters, and CR only before LF.
head_reader::state head_reader::skip(char c) {
  if (c == '\n') {
    skipping_ = false;
  } else if (behind_cr_ || (is_control(c) && c != '\r')) {
    return fail(control_in_headers);
  }
  behind_cr_ = c == '\r';
  return state::need_more;
}

head_reader::state head_reader::end_of_name() {
  const std::string_view name{line_.data(), line_.size() - 1};
  if (!is_token(name)) return fail("a header line is malformed");
  if (is_used(name)) return state::need_more;
  skipping_ = true;
  line_.clear();
  return state::need_more;
}

head_reader::state head_reader::fail_line() {
  const auto name = line_.substr(0, line_.find(':'));
  const auto what = at_status_line_ ? "its status line is"
                    : is_used(name) ? "its " + name + " header is"
                                    : "the name of a header is";
  return fail_length(what, limits::response_line_bytes);
}

head_reader::state head_reader::end_of_line() {
  std::string_view line{line_};
  line.remove_suffix(1);
  if (line.ends_with('\r')) line.remove_suffix(1);
  auto now = state::need_more;
  if (std::ranges::any_of(line, is_control)) {
    now = fail(control_in_headers);
  } else if (at_status_line_) {
    at_status_line_ = false;
    if (!read_status_line(line)) now = fail("its status line is malformed");
  } else if (line.empty()) {
    now = end_of_head();
  } else {
    now = read_header(line);
  }
  line_.clear();
  return now;
}

/// "HTTP/1.1 200 Any text", also without the text.
bool head_reader::read_status_line(std::string_view line) {
  if (line.size() < 12 || (line[7] != '0' && line[7] != '1') || line[8] != ' ') return false;
  if (!is_digit(line[9]) || !is_digit(line[10]) || !is_digit(line[11]) ||
      (line.size() > 12 && line[12] != ' '))
    return false;
  http_1_0_ = line[7] == '0';
  head_.status = (line[9] - '0') * 100 + (line[10] - '0') * 10 + (line[11] - '0');
  return head_.status >= 100 && head_.status <= 599;
}

head_reader::state head_reader::read_header(std::string_view line) {
  const auto colon = line.find(':');
  if (colon == std::string_view::npos) return fail("a header line is malformed");
  const auto name = line.substr(0, colon);
  const auto value = trimmed(line.substr(colon + 1));
  if (same_word(name, "Content-Length")) return read_content_length(value);
  if (same_word(name, "Transfer-Encoding")) {
    if (chunked_ || !same_word(value, "chunked")) return fail("it has an unknown transfer coding");
    chunked_ = true;
  } else if (same_word(name, "Content-Encoding")) {
    if (!value.empty())
      head_.content_encoding.append(head_.content_encoding.empty() ? "" : ", ").append(value);
  } else if (same_word(name, "Connection")) {
    says_close_ = says_close_ || has_word(value, "close");
    says_keep_alive_ = says_keep_alive_ || has_word(value, "keep-alive");
  } else if (same_word(name, "Location") && head_.location.empty()) {
    head_.location = value;
  } else if (same_word(name, "Retry-After") && head_.retry_after.empty()) {
    head_.retry_after = value;
  } else if (same_word(name, "ETag") && head_.etag.empty()) {
    head_.etag = value;
  } else if (same_word(name, "Last-Modified") && head_.last_modified.empty()) {
    head_.last_modified = value;
  } else if (same_word(name, "Content-Range")) {
    // Two of them contradict each other or repeat each other; neither is worth a guess.
    head_.file_part =
        std::exchange(has_content_range_, true) ? std::nullopt : parse_content_range(value);
  }
  return state::need_more;
}

head_reader::state head_reader::read_content_length(std::string_view value) {
  const auto length = number(value);
  if (!length && !value.empty() && std::ranges::all_of(value, is_digit)) {
    error_ =
        bound_exceeded(error_code::protocol_error, "its Content-Length has more than " +
                                                       std::to_string(most_digits) + " digits");
    return state::failed;
  }
  if (!length) return fail("its Content-Length is not a number");
  if (length_ && *length_ != *length) return fail("it has two different Content-Lengths");
  length_ = length;
  return state::need_more;
}

head_reader::state head_reader::end_of_head() {
  if (head_.status == 101) return fail("it switches protocols unasked");
  if (head_.status < 200) {
    const auto spent = total_;
    *this = head_reader{};
    total_ = spent;
    return state::need_more;
  }
  if (chunked_ && length_) return fail("it has both Content-Length and Transfer-Encoding");
  if (chunked_ && http_1_0_) return fail("it has a Transfer-Encoding in HTTP/1.0");
  head_.keep_alive = !says_close_ && (!http_1_0_ || says_keep_alive_);
  if (head_.status == 204 || head_.status == 304) {
    head_.end = response_head::body_end::at_length;
  } else if (chunked_) {
    head_.end = response_head::body_end::at_last_chunk;
  } else if (length_) {
    head_.end = response_head::body_end::at_length;
    head_.length = *length_;
  } else {
    head_.keep_alive = false;
  }
  return state::complete;
}

}  // namespace retail_pulse::fetch
