#pragma once

#include <functional>
#include <string>
#include <vector>

#include "fetch/net/address_guard.hpp"
#include "fetch/net/resolver.hpp"

namespace retail_pulse::fetch {

/// The addresses of a DNS answer that are to be tried, in order: see `resolver`. dns_failed if
/// there are none, blocked_address if one of them may not be connected to.
resolution choose_addresses(const address_guard& guard,
                            const std::function<bool(const ip_address&)>& has_route,
                            const std::string& host, const std::vector<ip_address>& addresses);

}  // namespace retail_pulse::fetch
