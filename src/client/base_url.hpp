#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace retail_pulse::client {

/// Where a service is. Its operator's word is trusted: unlike an image's URL it may name any port.
struct base_url {
  bool tls = false;
  std::string host;  ///< a name or an address, without brackets
  std::uint16_t port = 80;
  std::string prefix;  ///< what comes in front of "/api": empty, or a path without a slash at its end

  /// "http://127.0.0.1:8080", with the port.
  std::string origin() const;
};

/// `http` or `https`, a host, perhaps a port from 1 to 65535 and a path. Nothing where there is user info, a query, a fragment, a blank or
/// a control character.
std::optional<base_url> parse_base_url(std::string_view text);

}  // namespace retail_pulse::client
