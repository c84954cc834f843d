#include "http/request/asker.hpp"

#include <arpa/inet.h>

#include <algorithm>
#include <array>
#include <cstdint>

#include "core/number.hpp"
#include "core/text.hpp"

namespace retail_pulse::http {
namespace {

struct host_and_port {
  std::string host;  ///< in lower case, IPv6 without brackets, without a dot at the end
  bool is_address = false;
  std::optional<std::uint16_t> port{};
};

bool is_ipv6(const std::string& text) {
  in6_addr address{};
  return ::inet_pton(AF_INET6, text.substr(0, text.find('%')).c_str(), &address) ==
         1;  // a zone is not part of the address
}

bool is_ipv4(const std::string& text) {
  in_addr address{};
  return ::inet_pton(AF_INET, text.c_str(), &address) == 1;
}

/// The characters of names that are looked up. Others are not accepted: `%2e` would be a dot that
/// is not seen here.
bool is_name(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_' || c == '.';
  });
}

/// nullopt for a malformed text.
std::optional<host_and_port> parse_authority(std::string_view authority) {
  host_and_port found;
  std::string_view rest;
  if (authority.starts_with('[')) {
    const auto end = authority.find(']');
    if (end == std::string_view::npos) return std::nullopt;
    found.host = lower(authority.substr(1, end - 1));
    rest = authority.substr(end + 1);
    found.is_address = is_ipv6(found.host);
    if (!found.is_address) return std::nullopt;
  } else {
    const auto end = std::min(authority.find(':'), authority.size());
    found.host = lower(authority.substr(0, end));
    rest = authority.substr(end);
    if (found.host.ends_with('.')) found.host.pop_back();
    found.is_address = is_ipv4(found.host);
    if (!is_name(found.host)) return std::nullopt;
  }
  if (rest.empty() || rest == ":") return found;
  if (rest.front() != ':') return std::nullopt;
  found.port = whole_number<std::uint16_t>(rest.substr(1));
  return found.port ? std::optional{std::move(found)} : std::nullopt;
}

bool is_own_name(const host_and_port& asked, const asker_rules& rules) {
  // RFC 6761 and 6762, and ICANN's resolution on "internal" of 2024. svc.cluster.local, of
  // Kubernetes, is below "local".
  constexpr std::array<std::string_view, 4> private_roots{".local", ".internal", ".localhost",
                                                          ".test"};
  if (asked.is_address || asked.host.find('.') == std::string::npos) return true;
  return std::ranges::any_of(private_roots,
                             [&](std::string_view root) { return asked.host.ends_with(root); }) ||
         std::ranges::find(rules.own_names, asked.host) != rules.own_names.end();
}

/// RFC 9110, 9.2.1, without TRACE, which is not served.
bool is_safe(std::string_view method) {
  return method == "GET" || method == "HEAD" || method == "OPTIONS";
}

/// A client's text in a sentence: cut when it is long.
std::string shown(std::string_view text) {
  constexpr std::size_t longest = 100;
  return text.size() <= longest ? std::string{text} : std::string{text.substr(0, longest)} + "...";
}

/// Whether an Origin is that of pages from `authority`.
bool is_origin_of(std::string_view origin, std::string_view authority) {
  const auto mark = origin.find("://");
  if (mark == std::string_view::npos) return false;
  const auto page = parse_authority(origin.substr(mark + 3));
  const auto here = parse_authority(authority);
  if (!page || !here) return false;
  const auto scheme = lower(origin.substr(0, mark));
  const std::uint16_t usual = scheme == "https" ? 443 : scheme == "http" ? 80 : 0;
  return page->host == here->host && page->port.value_or(usual) == here->port.value_or(usual);
}

std::optional<rejection> rejection_of_site(const request& r) {
  constexpr std::string_view code = "cross_site_request";
  for (const auto& field : r.headers) {
    const auto value = trimmed(field.value);
    if (same_word(field.name, "Sec-Fetch-Site") && !same_word(value, "same-origin") &&
        !same_word(value, "none")) {
      return rejection{403, code,
                       "the request comes from a web page of another site (Sec-Fetch-Site is '" +
                           shown(value) + "')"};
    }
    if (same_word(field.name, "Origin") && !is_origin_of(value, r.authority)) {
      return rejection{403, code,
                       "the request comes from a web page of another site (Origin is '" +
                           shown(value) + "', Host is '" + shown(r.authority) +
                           "'); a proxy in front has to pass Host on as it came"};
    }
  }
  return std::nullopt;
}

std::optional<rejection> rejection_of_host(const request& r, const asker_rules& rules) {
  if (r.authority.empty() || rules.any_name) return std::nullopt;
  const auto asked = parse_authority(r.authority);
  if (asked && is_own_name(*asked, rules)) return std::nullopt;
  const auto name = shown(asked ? std::string_view{asked->host} : std::string_view{r.authority});
  return rejection{421, "unknown_host",
                   "the service does not answer to the host '" + name +
                       "'; where that is its name, it has to be started with --public-host " +
                       (asked ? name : "and that name")};
}

}  // namespace

std::optional<rejection> rejection_of_asker(const request& r, const asker_rules& rules) {
  if (auto host = rejection_of_host(r, rules)) return host;
  return is_safe(r.method) ? std::nullopt : rejection_of_site(r);
}

std::optional<std::string_view> authority_of(std::string_view target) {
  for (const std::string_view scheme : {"http://", "https://"}) {
    if (!same_word(target.substr(0, scheme.size()), scheme)) continue;
    target.remove_prefix(scheme.size());
    return target.substr(0, target.find_first_of("/?#"));
  }
  return std::nullopt;
}

}  // namespace retail_pulse::http
