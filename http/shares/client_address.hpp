// shares: the part of a bounded resource that one client address may use, so that no client can use
// all of it. What is shared, and how much there is, is said elsewhere.
// May use: the standard library.
// Never: a socket, a request, an actor.
#pragma once

#include <compare>
#include <cstdint>

namespace retail_pulse::http {

/// One client, as far as shares go: an IPv4 address, or the first 64 bits of an IPv6 one, because
/// an internet connection usually has all addresses behind those.
struct client_address {
  bool v6 = false;
  std::uint64_t network = 0;  ///< in the order of the host; an IPv4 address in the lower 32 bits
  bool trusted =
      false;  ///< passes on the requests of many, as a proxy does: only the totals hold for it

  auto operator<=>(const client_address&) const = default;
};

}  // namespace retail_pulse::http
