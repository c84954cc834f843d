#include "fetch/net/address_choice.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

#include "core/limits.hpp"

namespace retail_pulse::fetch {
namespace {

/// From the lowest to the highest, families in turn. IPv4 goes first: without a route to IPv6 a
/// connection attempt there would only fail.
std::vector<ip_address> in_order(std::vector<ip_address> addresses) {
  std::sort(addresses.begin(), addresses.end());
  addresses.erase(std::unique(addresses.begin(), addresses.end()), addresses.end());
  const auto six = std::find_if(addresses.begin(), addresses.end(),
                                [](const ip_address& each) { return each.v6; });
  std::vector<ip_address> in_turn;
  in_turn.reserve(addresses.size());
  auto v4 = addresses.begin();
  for (auto v6 = six; v4 != six || v6 != addresses.end();) {
    if (v4 != six) in_turn.push_back(*v4++);
    if (v6 != addresses.end()) in_turn.push_back(*v6++);
  }
  return in_turn;
}

/// Those with a route, in their order; all of them if none has one. Checks at most
/// limits::addresses_looked_at.
std::vector<ip_address> reachable(std::vector<ip_address> addresses,
                                  const std::function<bool(const ip_address&)>& has_route) {
  if (addresses.size() > limits::addresses_looked_at) addresses.resize(limits::addresses_looked_at);
  std::vector<ip_address> with_route;
  std::copy_if(addresses.begin(), addresses.end(), std::back_inserter(with_route), has_route);
  return with_route.empty() ? addresses : with_route;
}

}  // namespace

resolution choose_addresses(const address_guard& guard,
                            const std::function<bool(const ip_address&)>& has_route,
                            const std::string& host, const std::vector<ip_address>& addresses) {
  if (addresses.empty()) return fault{error_code::dns_failed, host + " has no address"};
  for (const auto& address : addresses) {
    if (!guard.permits(address))
      return fault{error_code::blocked_address,
                   host + " leads to " + address.text() + ", which may not be fetched from"};
  }
  auto all = in_order(addresses);
  return all.size() > 1 ? reachable(std::move(all), has_route) : all;
}

}  // namespace retail_pulse::fetch
