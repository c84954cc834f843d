#include "fetch/response_head.hpp"

#include <algorithm>
#include <utility>

#include "core/limits.hpp"
#include "core/text.hpp"

namespace retail_pulse::fetch {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }

bool is_token(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
    return is_digit(c) || (lower(c) >= 'a' && lower(c) <= 'z') || std::string_view{"!#$%&'*+-.^_`|~"}.find(c) != std::string_view::npos;
  });
}

std::string_view trimmed(std::string_view text) {
  const auto blank = [](char c) { return c == ' ' || c == '\t'; };
  while (!text.empty() && blank(text.front())) text.remove_prefix(1);
  while (!text.empty() && blank(text.back())) text.remove_suffix(1);
  return text;
}

bool has_word(std::string_view list, std::string_view word) {
  while (!list.empty()) {
    const auto comma = std::min(list.find(','), list.size());
    if (same_word(trimmed(list.substr(0, comma)), word)) return true;
    list.remove_prefix(std::min(comma + 1, list.size()));
  }
  return false;
}

bool has_control(std::string_view text) {
  return std::any_of(text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) < 0x20 && c != '\t') || c == 0x7f; });
}

/// A number below 10^18, which no file's length reaches; nothing for any other text.
std::optional<std::uint64_t> number(std::string_view text) {
  constexpr std::size_t most_digits = 18;
  if (text.empty() || text.size() > most_digits || !std::all_of(text.begin(), text.end(), is_digit)) return std::nullopt;
  std::uint64_t value = 0;
  for (const char c : text) value = value * 10 + static_cast<std::uint64_t>(c - '0');
  return value;
}

constexpr std::string_view version_start = "HTTP/1.";

}  // namespace

std::optional<response_head::part> parse_content_range(std::string_view text) {
  constexpr std::string_view unit = "bytes ";
  if (text.size() < unit.size() || !same_word(text.substr(0, unit.size()), unit)) return std::nullopt;
  text = trimmed(text.substr(unit.size()));
  const auto dash = text.find('-');
  const auto slash = text.find('/');
  if (dash == std::string_view::npos || slash == std::string_view::npos || dash > slash) return std::nullopt;
  const auto first = number(text.substr(0, dash));
  const auto last = number(text.substr(dash + 1, slash - dash - 1));
  const auto total = number(text.substr(slash + 1));
  if (!first || !last || *first > *last) return std::nullopt;
  if (!total) return text.substr(slash + 1) == "*" ? std::optional{response_head::part{*first, *last, std::nullopt}} : std::nullopt;
  return *last < *total ? std::optional{response_head::part{*first, *last, total}} : std::nullopt;
}

head_reader::state head_reader::refuse(std::string why) {
  error_ = {error_code::protocol_error, std::move(why)};
  return state::failed;
}

head_reader::state head_reader::feed(std::string_view bytes, std::size_t& used) {
  for (used = 0; used < bytes.size();) {
    const char c = bytes[used++];
    if (++total_ > limits::response_header_bytes) return refuse("the response headers are too long");
    line_ += c;
    if (line_.size() > limits::response_line_bytes) return refuse("a line of the response headers is too long");
    // What does not even start like HTTP is refused at once: a mail server's greeting would otherwise be waited on for its line end.
    if (at_status_line_ && line_.size() <= version_start.size() && c != version_start[line_.size() - 1])
      return refuse("the answer is not HTTP/1.x");
    if (c != '\n') continue;
    if (const auto now = end_of_line(); now != state::need_more) return now;
  }
  return state::need_more;
}

head_reader::state head_reader::end_of_line() {
  std::string_view line{line_};
  line.remove_suffix(1);
  if (line.ends_with('\r')) line.remove_suffix(1);
  auto now = state::need_more;
  if (has_control(line)) {
    now = refuse("a control character in the response headers");
  } else if (at_status_line_) {
    at_status_line_ = false;
    if (!read_status_line(line)) now = refuse("the status line is malformed");
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
  if (!is_digit(line[9]) || !is_digit(line[10]) || !is_digit(line[11]) || (line.size() > 12 && line[12] != ' ')) return false;
  http_1_0_ = line[7] == '0';
  head_.status = (line[9] - '0') * 100 + (line[10] - '0') * 10 + (line[11] - '0');
  return head_.status >= 100 && head_.status <= 599;
}

head_reader::state head_reader::read_header(std::string_view line) {
  const auto colon = line.find(':');
  if (colon == std::string_view::npos || !is_token(line.substr(0, colon))) return refuse("a header line is malformed");
  const auto name = line.substr(0, colon);
  const auto value = trimmed(line.substr(colon + 1));
  if (same_word(name, "Content-Length")) return read_content_length(value);
  if (same_word(name, "Transfer-Encoding")) {
    if (chunked_ || !same_word(value, "chunked")) return refuse("an unknown transfer coding");
    chunked_ = true;
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
    // Two of them contradict each other or say nothing new; neither is worth a guess.
    head_.file_part = std::exchange(has_content_range_, true) ? std::nullopt : parse_content_range(value);
  }
  return state::need_more;
}

head_reader::state head_reader::read_content_length(std::string_view value) {
  const auto length = number(value);
  if (!length) return refuse("Content-Length is not a number");
  if (length_ && *length_ != *length) return refuse("two different Content-Lengths");
  length_ = length;
  return state::need_more;
}

head_reader::state head_reader::end_of_head() {
  if (head_.status == 101) return refuse("the server switched protocols unasked");
  if (head_.status < 200) {
    const auto spent = total_;
    *this = head_reader{};
    total_ = spent;
    return state::need_more;
  }
  if (chunked_ && length_) return refuse("both Content-Length and Transfer-Encoding");
  if (chunked_ && http_1_0_) return refuse("Transfer-Encoding in HTTP/1.0");
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
