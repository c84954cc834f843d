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
  std::string servers;                                      ///< "ip:port,..." instead of the system's
  std::chrono::milliseconds timeout = limits::dns_timeout;  ///< of one look-up, from when it is sent
  std::chrono::milliseconds kept = limits::dns_kept;
  std::chrono::milliseconds failure_kept = limits::dns_failure_kept;
  std::size_t entries = limits::dns_entries;
  std::size_t at_once = limits::dns_at_once;
  std::function<bool(const ip_address&)> has_route = has_route_to;  ///< asked on the resolver's thread; must not block
};

/// The addresses a name leads to, in the order in which to try them: at least one, at most limits::addresses_tried. Or dns_failed,
/// blocked_address, or internal after `stop`.
using resolution = std::variant<std::vector<ip_address>, fault>;
using on_resolution = std::function<void(const resolution&)>;

/// Finds the addresses a host name may be connected at, over c-ares on a thread of its own.
///
/// Every address of an answer is checked: one that may not be connected to makes the name `blocked_address`, whatever else is in the
/// answer. They are tried from the lowest to the highest, families in turn and IPv4 first, so that the same answer always leads to the same
/// place; but one that has answered when those before it did not goes first from then on, as long as the name has it and it answers.
/// Those to which this machine has no route, as to IPv6 on many, are left out where there are others: they would only take from the others'
/// time, and speak last.
/// Answers are kept for a bounded time and number; a look-up of a name that is under way is joined. A look-up waits for one of `at_once`
/// places as long as it takes (who waits for it has a deadline) and gives its place back when its time is over. Thread safe. Throws
/// std::runtime_error when c-ares cannot start.
class resolver {
 public:
  resolver(const address_guard& guard, resolver_options options);  ///< `guard` outlives the resolver
  ~resolver();
  resolver(const resolver&) = delete;
  resolver& operator=(const resolver&) = delete;

  /// Calls `done` exactly once: from this call when the answer is known, else from the resolver's thread. It must not block or throw.
  void look_up(const std::string& host, on_resolution done);

  /// Tells that this address of the name has answered when those before it did not. The least recently used of `entries` such names is
  /// forgotten.
  void prefer(const std::string& host, const ip_address& address);

  /// Tells that this address of the name has not answered: it is not the preferred one any more. True when it was.
  bool stop_preferring(const std::string& host, const ip_address& address);

  /// Ends the thread; what waits is answered with `internal`, and so is every later call. Returns when no `done` runs any more.
  void stop();

 private:
  class implementation;
  std::unique_ptr<implementation> implementation_;
};

}  // namespace retail_pulse::fetch
