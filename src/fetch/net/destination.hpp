#pragma once

#include <string>
#include <vector>

#include "fetch/net/address_guard.hpp"
#include "fetch/net/connection.hpp"
#include "fetch/net/resolver.hpp"
#include "fetch/url/url.hpp"

namespace retail_pulse::fetch {

/// What decides where a URL may lead: every request of this folder asks this before it connects. Each part may be used from any thread.
struct destinations {
  const address_guard& guard;
  const std::vector<std::string>& allow_hosts;  ///< empty: every host
  resolver& names;
};

/// Whether a host is one of the named ones or below one of them.
bool is_allowed_host(const std::vector<std::string>& allowed, const std::string& host);

/// Where a URL leads, by the host list, by its literal address or through the resolver. Does not block; `done` as in `resolver::look_up`.
void find_addresses(const destinations& among, const url& of, on_resolution done);

/// As `find_addresses`, blocking up to the deadline, after which it is timed_out.
resolution wait_for_addresses(const destinations& among, const url& of, const patience& limit);

/// Tells that a URL's host has answered at this one of its addresses and not at those before it, which then is the first to be tried.
void prefer(const destinations& among, const url& of, const ip_address& address);

/// Tells that this address of a URL's host has not answered. True when it was the first to be tried because of `prefer`.
bool stop_preferring(const destinations& among, const url& of, const ip_address& address);

}  // namespace retail_pulse::fetch
