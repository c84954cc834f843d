#include "core/evidence.hpp"

#include <algorithm>

namespace retail_pulse {
namespace {

/// From the '?' on, without a fragment; empty if the URL has no query.
std::string_view query_of(std::string_view url) {
  url = url.substr(0, url.find('#'));
  const auto mark = url.find('?');
  return mark == std::string_view::npos ? std::string_view{} : url.substr(mark);
}

/// Whether the host of a canonical URL is an IP address: IPv6 in brackets, or a last label of
/// digits, which no name has.
bool leads_to_an_address(std::string_view url) {
  url.remove_prefix(std::min(url.size(), url.find("://") + 3));
  if (url.starts_with('[')) return true;
  const auto host = url.substr(0, url.find_first_of(":/?"));
  const auto last = host.substr(host.rfind('.') + 1);
  return !last.empty() &&
         std::all_of(last.begin(), last.end(), [](char c) { return c >= '0' && c <= '9'; });
}

}  // namespace

fetch_evidence public_evidence(fetch_evidence known, error_code code, std::string_view submitted) {
  if (query_of(known.final_url) != query_of(submitted))
    known.final_url.resize(std::min(known.final_url.size(), known.final_url.find('?')));
  if (code == error_code::blocked_address) {
    known.address.clear();
    if (known.final_url.find("://") == std::string::npos || leads_to_an_address(known.final_url))
      known.final_url.clear();
  }
  return known;
}

}  // namespace retail_pulse
