#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <variant>
#include <vector>

#include "core/limits.hpp"
#include "fetch/net/address_guard.hpp"
#include "fetch/net/connection.hpp"
#include "fetch/net/fault.hpp"

namespace retail_pulse::fetch {

struct resolver_options {
  std::string servers;  ///< "ip:port,..."; empty: the system's
  std::chrono::milliseconds timeout =
      limits::dns_timeout;  ///< of one look-up, from when it is sent
  std::chrono::milliseconds kept = limits::dns_kept;
  std::chrono::milliseconds failure_kept = limits::dns_failure_kept;
  std::size_t entries = limits::dns_entries;
  std::size_t at_once = limits::dns_at_once;
  std::function<bool(const ip_address&)> has_route =
      has_route_to;  ///< called on the resolver's thread; must not block
};

/// The addresses of a name in the order in which to try them: at least one, at most
/// limits::addresses_tried. Or dns_failed, blocked_address, or internal after `stop`.
using resolution = std::variant<std::vector<ip_address>, fault>;
using on_resolution = std::function<void(const resolution&)>;

/// Looks up the addresses of host names, over c-ares on a thread of its own.
///
/// Every address of a DNS answer is checked: a single one that may not be connected to makes the
/// name `blocked_address`. They are tried from the lowest to the highest, families in turn and IPv4
/// first, so that the same answer always leads to the same address; but an address that answered
/// when those before it did not is tried first from then on, as long as the name has it and it
/// answers. Addresses without a route from this machine (IPv6 on many) are left out if there are
/// others: they would cost the others a share of the time.
///
/// Answers are cached, bounded in time and number. Look-ups of the same name are joined. At most
/// `at_once` are sent at a time; the others queue without a limit of time (their callers have
/// deadlines), and one that times out makes room. Thread safe. Throws std::runtime_error if c-ares
/// cannot start.
class resolver {
 public:
  resolver(const address_guard& guard,
           resolver_options options);  ///< `guard` outlives the resolver
  ~resolver();
  resolver(const resolver&) = delete;
  resolver& operator=(const resolver&) = delete;

  /// Calls `done` exactly once: within this call if the answer is cached, else from the resolver's
  /// thread. It must not block or throw.
  void look_up(const std::string& host, on_resolution done);

  /// Records that this address of the name answered when those before it did not. At most `entries`
  /// names are remembered; the least recently used is forgotten.
  void prefer(const std::string& host, const ip_address& address);

  /// Records that this address of the name did not answer: it is no longer preferred. True if it
  /// was.
  bool stop_preferring(const std::string& host, const ip_address& address);

  /// Ends the thread. Open and later look-ups get `internal`. Returns when no `done` runs any more.
  void stop();

 private:
  class implementation;
  std::unique_ptr<implementation> implementation_;
};

}  // namespace retail_pulse::fetch
