#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>

#include "fetch/url/url.hpp"

namespace retail_pulse::fetch {

struct url_host {
  std::string text;  ///< as in `url::host`
  bool is_address = false;
};

/// Parses the host of a URL, as written between scheme and port: percent-encoding, case, Unicode,
/// IPv6 in brackets, every spelling of IPv4.
std::variant<url_host, url_error> parse_host(std::string_view text);

/// Whether the Fetch standard forbids this port ("bad port"): mail, shells, databases and the like.
bool is_bad_port(std::uint16_t port);

}  // namespace retail_pulse::fetch
