#pragma once

#include <cstdint>
#include <optional>

#include "fetch/net/address_guard.hpp"

namespace retail_pulse::fetch {

/// Where this service itself listens, so that nothing of ours is sent there: an order that comes from the service would be trusted by
/// whoever trusts its address. Told once, before any thread asks; then any thread may.
class own_listener {
 public:
  /// `bind` may be of no interface in particular (0.0.0.0, ::).
  void listens_at(const ip_address& bind, std::uint16_t port);

  /// Whether a connection there would come to us. Where that cannot be told, it would.
  bool is_at(const ip_address& address, std::uint16_t port) const;

 private:
  struct place {
    ip_address bind;
    std::uint16_t port = 0;
  };
  std::optional<place> place_;
};

}  // namespace retail_pulse::fetch
