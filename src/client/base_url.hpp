#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace retail_pulse::client {

/// The address of a service. The user is trusted: unlike the URL of an image it may have any port.
struct base_url {
  bool tls = false;
  std::string host;  ///< a name or an address, without brackets
  std::uint16_t port = 80;
  std::string prefix;  ///< the path in front of "/api", without a final slash; may be empty

  /// "http://127.0.0.1:8080", with the port.
  std::string origin() const;
};

/// `http` or `https`, a host, optionally a port from 1 to 65535 and a path. nullopt if there is
/// user info, a query, a fragment, a blank or a control character.
std::optional<base_url> parse_base_url(std::string_view text);

}  // namespace retail_pulse::client
