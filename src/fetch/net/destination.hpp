#pragma once

#include <string>
#include <vector>

#include "fetch/net/address_guard.hpp"
#include "fetch/net/connection.hpp"
#include "fetch/net/resolver.hpp"
#include "fetch/url/url.hpp"

namespace retail_pulse::fetch {

/// Which addresses a URL may be fetched from. Every request is checked against them before it
/// connects. Each part may be used from any thread.
struct destination_rules {
  const address_guard& guard;
  const std::vector<std::string>& allow_hosts;  ///< empty: every host
  resolver& names;
};

/// Whether a host is one of the allowed ones or a subdomain of one. An empty list allows every
/// host.
bool is_allowed_host(const std::vector<std::string>& allowed, const std::string& host);

/// Finds the addresses of a URL's host: by the host list, then by its literal address or through
/// the resolver. Does not block; `done` as in `resolver::look_up`.
void find_addresses(const destination_rules& rules, const url& of, on_resolution done);

/// As `find_addresses`, but blocks; timed_out at the deadline.
resolution wait_for_addresses(const destination_rules& rules, const url& of,
                              const io_deadline& until);

/// Records that a URL's host answered at this address and not at those before it: from now on this
/// one is tried first.
void prefer(const destination_rules& rules, const url& of, const ip_address& address);

/// Records that this address of a URL's host did not answer. True if it was tried first because of
/// `prefer`.
bool stop_preferring(const destination_rules& rules, const url& of, const ip_address& address);

}  // namespace retail_pulse::fetch
