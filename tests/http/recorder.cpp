#include "tests/http/recorder.hpp"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <mutex>
#include <nlohmann/json.hpp>
#include <set>
#include <stdexcept>

#include "core/text.hpp"

namespace retail_pulse::tests::recorder {
namespace {

std::mutex mutex;

std::set<std::uint16_t>& ports() {
  static std::set<std::uint16_t> known;
  return known;
}

/// nullptr where nothing is recorded.
std::ofstream* file() {
  static const char* const name = std::getenv("RECORDED_EXCHANGES");
  if (name == nullptr) return nullptr;
  static std::ofstream opened{name, std::ios::trunc};
  if (!opened) throw std::runtime_error{std::string{"cannot write "} + name};
  return &opened;
}

std::string base64(std::string_view bytes) {
  constexpr std::string_view digits =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string text;
  for (std::size_t at = 0; at < bytes.size(); at += 3) {
    std::uint32_t group = 0;
    for (std::size_t i = 0; i < 3; ++i)
      group = group << 8 | (at + i < bytes.size() ? static_cast<unsigned char>(bytes[at + i]) : 0U);
    for (std::size_t i = 0; i < 4; ++i)
      text += at + i <= bytes.size() ? digits[group >> (18 - 6 * i) & 63] : '=';
  }
  return text;
}

/// The value of a header of a request's head, or nothing.
std::optional<std::string> value_of(std::string_view head, std::string_view name) {
  for (std::size_t at = head.find("\r\n"); at != std::string_view::npos && at + 2 < head.size();
       at = head.find("\r\n", at + 2)) {
    const auto line = head.substr(at + 2, head.find("\r\n", at + 2) - at - 2);
    const auto colon = line.find(':');
    if (colon == std::string_view::npos || !same_word(line.substr(0, colon), name)) continue;
    const auto value = line.substr(std::min(line.find_first_not_of(" \t", colon + 1), line.size()));
    return std::string{value.substr(0, value.find_last_not_of(" \t") + 1)};
  }
  return std::nullopt;
}

/// Bytes of a chunked body, up to the end of what is there.
std::size_t chunked_size(std::string_view body) {
  std::size_t at = 0;
  while (at < body.size()) {
    const auto line_end = body.find("\r\n", at);
    if (line_end == std::string_view::npos) return body.size();
    const auto size =
        std::strtoull(std::string{body.substr(at, line_end - at)}.c_str(), nullptr, 16);
    if (size == 0) break;
    at = line_end + 2 + size + 2;
  }
  const auto end = body.find("\r\n\r\n", std::min(at, body.size()));
  return end == std::string_view::npos ? body.size() : end + 4;
}

std::size_t body_size(std::string_view head, std::string_view rest) {
  if (value_of(head, "Transfer-Encoding")) return chunked_size(rest);
  const auto length = value_of(head, "Content-Length");
  return length ? std::strtoull(length->c_str(), nullptr, 10) : 0;
}

/// The bytes as text; percent-encoded when they are not UTF-8.
std::string shown(std::string_view bytes) {
  if (valid_utf8_prefix(bytes) == bytes.size()) return std::string{bytes};
  std::string text;
  for (const char c : bytes) {
    char encoded[4];
    std::snprintf(encoded, sizeof encoded, "%%%02X", static_cast<unsigned char>(c));
    text += c >= 0 ? std::string{c} : encoded;
  }
  return text;
}

std::optional<request_line> line_of(std::string_view head) {
  const auto line = head.substr(0, head.find_first_of("\r\n"));
  const auto first = line.find(' ');
  const auto last = line.rfind(' ');
  if (first == std::string_view::npos || first + 1 >= last ||
      !line.substr(last).starts_with(" HTTP/1."))
    return std::nullopt;
  return request_line{shown(line.substr(0, first)),
                      shown(line.substr(first + 1, last - first - 1))};
}

}  // namespace

void api_at(std::uint16_t port) {
  const std::lock_guard lock{mutex};
  ports().insert(port);
}

void no_api_at(std::uint16_t port) {
  const std::lock_guard lock{mutex};
  ports().erase(port);
}

bool records(std::uint16_t port) {
  const std::lock_guard lock{mutex};
  return file() != nullptr && ports().contains(port);
}

std::optional<request_line> take_request(std::string& sent) {
  const auto begin = std::min(sent.find_first_not_of("\r\n"), sent.size());
  auto end = sent.find("\r\n\r\n", begin);
  if (end == std::string::npos) end = sent.find("\n\n", begin);  // lines may end so, too
  if (end == std::string::npos) {
    sent.clear();
    return std::nullopt;
  }
  const auto head = std::string_view{sent}.substr(begin, end - begin);
  auto line = line_of(head);
  const auto taken =
      line
          ? end + 4 + body_size(head, std::string_view{sent}.substr(std::min(end + 4, sent.size())))
          : sent.size();
  sent.erase(0, std::min(taken, sent.size()));
  return line;
}

void write(const std::optional<request_line>& request, const answer& got, bool whole) {
  nlohmann::ordered_json line{{"method", nullptr}, {"target", nullptr}, {"status", got.status}};
  if (request) {
    line["method"] = request->method;
    line["target"] = request->target;
  }
  line["headers"] = got.headers;
  if (valid_utf8_prefix(got.body) == got.body.size()) {
    line["body"] = got.body;
  } else {
    line["body_base64"] = base64(got.body);
  }
  line["whole"] = whole;
  const std::lock_guard lock{mutex};
  if (auto* to = file()) *to << line.dump() << '\n' << std::flush;
}

}  // namespace retail_pulse::tests::recorder
