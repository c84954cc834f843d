#pragma once

#include <cstdint>
#include <optional>

#include "fetch/url/ip_address.hpp"

namespace retail_pulse::webhooks {

/// Where this service itself listens, so that no webhook is sent there: a request from the
/// service's own address might be trusted. Set once, before any thread asks; then any thread may.
class own_listener {
 public:
  /// `bind` may be unspecified (0.0.0.0, ::).
  void listens_at(const fetch::ip_address& bind, std::uint16_t port);

  /// Whether a connection there would reach this service. True if the kernel does not say.
  bool is_at(const fetch::ip_address& address, std::uint16_t port) const;

 private:
  struct endpoint {
    fetch::ip_address bind;
    std::uint16_t port = 0;
  };
  std::optional<endpoint> endpoint_;
};

}  // namespace retail_pulse::webhooks
