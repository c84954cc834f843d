#include "fetch/url/url.hpp"

#include <algorithm>
#include <array>
#include <iterator>
#include <optional>
#include <vector>

#include "core/limits.hpp"
#include "core/text.hpp"
#include "fetch/url/url_host.hpp"

namespace retail_pulse::fetch {
namespace {

constexpr std::size_t longest_loggable_location = 256;

bool is_slash(char c) { return c == '/' || c == '\\'; }

/// Without C0 controls and blanks around it, and without tabs and line ends anywhere.
std::string trimmed(std::string_view text) {
  const auto outer = [](char c) { return static_cast<unsigned char>(c) <= 0x20; };
  while (!text.empty() && outer(text.front())) text.remove_prefix(1);
  while (!text.empty() && outer(text.back())) text.remove_suffix(1);
  std::string result;
  result.reserve(text.size());
  std::copy_if(text.begin(), text.end(), std::back_inserter(result),
               [](char c) { return c != '\t' && c != '\n' && c != '\r'; });
  return result;
}

/// For each byte whether it may stand in a URL as it is.
using byte_set = std::array<bool, 256>;

/// Printable ASCII without the blank and `reserved`.
constexpr byte_set all_but(std::string_view reserved) {
  byte_set raw{};
  for (std::size_t code = 0x21; code <= 0x7e; ++code)
    raw[code] = reserved.find(static_cast<char>(code)) == std::string_view::npos;
  return raw;
}

constexpr byte_set raw_in_path = all_but("\"#<>?^`{}");  // WHATWG path percent-encode set
constexpr byte_set raw_in_query = all_but("\"#<>'");     // WHATWG special-query percent-encode set

bool is_in(const byte_set& set, char c) { return set[static_cast<unsigned char>(c)]; }

/// Appends a byte, percent-encoded unless it may stand there raw.
void append_encoded(std::string& out, char c, const byte_set& raw) {
  if (!is_in(raw, c)) {
    const auto code = static_cast<unsigned char>(c);
    constexpr char digits[] = "0123456789ABCDEF";
    out += '%';
    out += digits[code >> 4];
    out += digits[code & 15];
  } else {
    out += c;
  }
}

bool is_single_dot(std::string_view segment) { return segment == "." || lower(segment) == "%2e"; }

bool is_double_dot(std::string_view segment) {
  if (segment.size() < 2 || segment.size() > 6) return false;
  const auto text = lower(segment);
  return text == ".." || text == ".%2e" || text == "%2e." || text == "%2e%2e";
}

using segments = std::vector<std::string>;

/// Appends a path (the part before '?') to segments, dot segments resolved.
void append_path(segments& path, std::string_view text) {
  std::string segment;
  for (std::size_t i = 0; i <= text.size(); ++i) {
    const bool at_end = i == text.size();
    if (!at_end && !is_slash(text[i])) {
      append_encoded(segment, text[i], raw_in_path);
      continue;
    }
    if (is_double_dot(segment)) {
      if (!path.empty()) path.pop_back();
      if (at_end) path.emplace_back();
    } else if (!is_single_dot(segment)) {
      path.push_back(segment);
    } else if (at_end) {
      path.emplace_back();
    }
    segment.clear();
  }
}

std::string_view path_of(std::string_view target) { return target.substr(0, target.find('?')); }

segments segments_of(std::string_view path) {
  segments result;
  for (std::size_t start = 1; start <= path.size();) {  // path starts with '/'
    const auto slash = std::min(path.find('/', start), path.size());
    result.emplace_back(path.substr(start, slash - start));
    start = slash + 1;
  }
  return result;
}

std::string joined(const segments& path) {
  std::string text;
  for (const auto& segment : path) text += '/' + segment;
  return text.empty() ? "/" : text;
}

/// Whether an absolute path is already canonical, as most are: nothing to encode, no backslash, and
/// no segment that begins like a dot segment.
bool is_canonical(std::string_view path) {
  if (!path.starts_with('/')) return false;
  char before = 0;
  for (const char c : path) {
    if (!is_in(raw_in_path, c) || c == '\\' || (before == '/' && (c == '.' || c == '%')))
      return false;
    before = c;
  }
  return true;
}

/// Sets path and query. `rest` starts after the authority: path, '?', query, without fragment.
void set_target(url& result, segments path, std::string_view rest) {
  const auto mark = rest.find('?');
  auto text = rest.substr(0, mark);
  if (path.empty() && is_canonical(text)) {
    result.target.reserve(rest.size());
    result.target = text;
  } else {
    if (!text.empty() && is_slash(text.front())) text.remove_prefix(1);
    append_path(path, text);
    result.target = joined(path);
  }
  if (mark == std::string_view::npos) return;
  result.target += '?';
  for (const char c : rest.substr(mark + 1)) append_encoded(result.target, c, raw_in_query);
}

std::optional<url_error> set_port(url& result, std::string_view digits) {
  result.port = result.tls ? 443 : 80;
  if (digits.empty()) return std::nullopt;
  std::uint32_t value = 0;
  for (const char c : digits) {
    if (c < '0' || c > '9') return url_error{"its port is not a number"};
    value = value * 10 + static_cast<std::uint32_t>(c - '0');
    if (value > 65535) return url_error{"its port is over 65535"};
  }
  if (is_bad_port(static_cast<std::uint16_t>(value)))
    return url_error{"port " + std::to_string(value) + " is blocked"};
  result.port = static_cast<std::uint16_t>(value);
  return std::nullopt;
}

/// `text` starts with the host.
std::variant<url, url_error> parse_authority(bool tls, std::string_view text) {
  url result;
  result.tls = tls;
  const auto end = std::min(text.find_first_of("/\\?"), text.size());
  const auto authority = text.substr(0, end);
  if (authority.find('@') != std::string_view::npos) return url_error{"user info is not allowed"};
  const auto bracket = authority.rfind(']');
  const auto colon = authority.find(':', bracket == std::string_view::npos ? 0 : bracket);
  auto host = parse_host(authority.substr(0, colon));
  if (auto* error = std::get_if<url_error>(&host)) return std::move(*error);
  result.host = std::move(std::get<url_host>(host).text);
  result.host_is_address = std::get<url_host>(host).is_address;
  if (auto error = set_port(result, colon == std::string_view::npos ? std::string_view{}
                                                                    : authority.substr(colon + 1)))
    return *error;
  set_target(result, {}, text.substr(end));
  return result;
}

std::string_view without_slashes(std::string_view text) {
  while (!text.empty() && is_slash(text.front())) text.remove_prefix(1);
  return text;
}

std::variant<url, url_error> parse_relative(const url& base, std::string_view text) {
  if (text.size() >= 2 && is_slash(text[0]) && is_slash(text[1]))
    return parse_authority(base.tls, without_slashes(text));
  url result = base;
  if (text.empty()) return result;
  if (is_slash(text.front())) {
    set_target(result, {}, text);
  } else if (text.front() == '?') {
    result.target = path_of(base.target);
    result.target += '?';
    for (const char c : text.substr(1)) append_encoded(result.target, c, raw_in_query);
  } else {
    auto path = segments_of(path_of(base.target));
    path.pop_back();  // never empty: the target starts with '/'
    set_target(result, std::move(path), text);
  }
  return result;
}

/// The scheme in lower case and what follows its colon; an empty scheme when the text has no
/// scheme.
std::pair<std::string, std::string_view> split_scheme(std::string_view text) {
  const auto is_letter = [](char c) { return lower(c) >= 'a' && lower(c) <= 'z'; };
  const auto colon = text.find(':');
  if (colon == std::string_view::npos || colon == 0 || !is_letter(text.front())) return {{}, text};
  const auto scheme = text.substr(0, colon);
  const bool legal = std::all_of(scheme.begin(), scheme.end(), [&](char c) {
    return is_letter(c) || (c >= '0' && c <= '9') || c == '+' || c == '-' || c == '.';
  });
  if (!legal) return {{}, text};
  return {lower(scheme), text.substr(colon + 1)};
}

std::variant<url, url_error> parse(std::string_view raw, const url* base) {
  if (raw.size() > limits::url_bytes)
    return url_error{"it is longer than " + std::to_string(limits::url_bytes / limits::kib) +
                     " KiB"};
  const auto text = trimmed(raw);
  const auto whole = std::string_view{text}.substr(0, text.find('#'));
  const auto [scheme, rest] = split_scheme(whole);
  if (scheme.empty()) {
    if (base == nullptr) return url_error{"it does not begin with http: or https:"};
    return parse_relative(*base, rest);
  }
  if (scheme != "http" && scheme != "https")
    return url_error{"its scheme is neither http nor https"};
  const bool tls = scheme == "https";
  if (base != nullptr && base->tls == tls && !rest.starts_with("//"))
    return parse_relative(*base, rest);
  return parse_authority(tls, without_slashes(rest));
}

}  // namespace

std::string url::authority() const {
  std::string text = host.find(':') == std::string::npos ? host : '[' + host + ']';
  if (port != (tls ? 443 : 80)) text += ':' + std::to_string(port);
  return text;
}

std::string url::origin() const {
  const auto name = host.find(':') == std::string::npos ? host : '[' + host + ']';
  return (tls ? "https://" : "http://") + name + ':' + std::to_string(port);
}

std::string url::text() const {
  std::string whole;
  whole.reserve(32 + host.size() + target.size());
  return whole.append(tls ? "https://" : "http://").append(authority()).append(target);
}

std::string url::for_log() const {
  return (tls ? "https://" : "http://") + authority() + std::string{path_of(target)};
}

std::variant<url, url_error> parse_url(std::string_view text) { return parse(text, nullptr); }

std::variant<url, url_error> parse_location(const url& base, std::string_view location) {
  return parse(location, &base);
}

std::string loggable_location(std::string_view location) {
  location = location.substr(0, location.find_first_of("?#"));
  // It is not a URL, so everything before an '@' counts as user info. Without an '@' this removes
  // nothing.
  location.remove_prefix(location.rfind('@') + 1);
  std::string kept;
  std::copy_if(location.begin(), location.end(), std::back_inserter(kept),
               [](char c) { return c > 0x20 && c < 0x7f; });
  kept.resize(std::min(kept.size(), longest_loggable_location));
  return kept;
}

}  // namespace retail_pulse::fetch
