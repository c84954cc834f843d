#pragma once

#include <compare>
#include <cstdint>

namespace retail_pulse::http {

/// One client, as far as shares go: an IPv4 address, or the first 64 bits of an IPv6 one, because a subscriber has all addresses behind
/// those.
struct client_address {
  bool v6 = false;
  std::uint64_t network = 0;  ///< in the order of the host; an IPv4 address in the lower 32 bits
  bool trusted = false;       ///< speaks for many, as a proxy does: no share holds for it, only the totals

  auto operator<=>(const client_address&) const = default;
};

}  // namespace retail_pulse::http
