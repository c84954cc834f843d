#include "client/base_url.hpp"

#include <algorithm>

#include "core/number.hpp"

namespace retail_pulse::client {
namespace {

/// Removes the host and its brackets, if any, from the front of an authority, and returns it
/// without them.
std::string_view take_host(std::string_view& authority) {
  const bool in_brackets = authority.starts_with('[');
  const auto end = in_brackets ? authority.find(']') : authority.find(':');
  if (in_brackets && end == std::string_view::npos) return {};
  const auto length =
      end == std::string_view::npos ? authority.size() : end + (in_brackets ? 1 : 0);
  const auto host = authority.substr(0, length);
  authority.remove_prefix(length);
  return in_brackets ? host.substr(1, host.size() - 2) : host;
}

}  // namespace

std::string base_url::origin() const {
  const bool is_v6 = host.find(':') != std::string::npos;
  return (tls ? "https://" : "http://") + (is_v6 ? "[" + host + "]" : host) + ":" +
         std::to_string(port);
}

std::optional<base_url> parse_base_url(std::string_view text) {
  const auto is_strange = [](char c) {
    return c <= ' ' || c > '~' || c == '?' || c == '#' || c == '@';
  };
  if (std::ranges::any_of(text, is_strange)) return std::nullopt;
  base_url result;
  result.tls = text.starts_with("https://");
  if (!result.tls && !text.starts_with("http://")) return std::nullopt;
  text.remove_prefix(result.tls ? 8 : 7);
  result.port = result.tls ? 443 : 80;

  const auto slash = std::min(text.find('/'), text.size());
  auto authority = text.substr(0, slash);
  result.prefix = text.substr(slash);
  while (result.prefix.ends_with('/')) result.prefix.pop_back();
  result.host = take_host(authority);
  if (result.host.empty()) return std::nullopt;
  if (authority.empty()) return result;
  const auto port = authority.starts_with(':') ? whole_number<std::uint16_t>(authority.substr(1), 1)
                                               : std::nullopt;
  if (!port) return std::nullopt;
  result.port = *port;
  return result;
}

}  // namespace retail_pulse::client
