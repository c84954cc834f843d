#include "webhooks/own_listener.hpp"

#include <algorithm>

#include "fetch/net/connection.hpp"

namespace retail_pulse::webhooks {
namespace {

/// 0.0.0.0 and ::, which `connect` treats as loopback.
bool is_unspecified(const fetch::ip_address& address) {
  return std::all_of(address.bytes.begin(), address.bytes.end(),
                     [](std::uint8_t byte) { return byte == 0; });
}

}  // namespace

void own_listener::listens_at(const fetch::ip_address& bind, std::uint16_t port) {
  endpoint_ = {unmapped(bind), port};
}

bool own_listener::is_at(const fetch::ip_address& address, std::uint16_t port) const {
  if (!endpoint_ || endpoint_->port != port) return false;
  const auto there = unmapped(address);
  if (there == endpoint_->bind || is_unspecified(there)) return true;
  return is_unspecified(endpoint_->bind) && is_of_this_machine(there);
}

}  // namespace retail_pulse::webhooks
