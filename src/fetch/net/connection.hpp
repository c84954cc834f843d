// net: connections to addresses that may be fetched from: address guard, resolver, TCP, TLS, and
// the threads that block on them.
// May use: src/core, fetch/url, OpenSSL, c-ares.
// Never: connects to an address that the guard has not permitted, waits without a deadline, or
// knows HTTP.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <variant>

#include "fetch/net/address_guard.hpp"
#include "fetch/net/descriptor.hpp"
#include "fetch/net/fault.hpp"
#include "fetch/net/tls_context.hpp"
#include "fetch/url/url.hpp"

namespace retail_pulse::fetch {

/// Bounds every wait on the network.
struct io_deadline {
  steady_time at;
  int cancelled = -1;  ///< a descriptor that becomes readable at shutdown, which ends the wait too
  /// Ends the wait too when it is true, which is asked again and again from that time on; null:
  /// never.
  const std::function<bool()>* gives_way = nullptr;
  steady_time gives_way_from{};
};

/// How a wait, a read or a write ended.
enum class io { ok, ended, timed_out, gave_way, cancelled, broken };

/// The fault of a wait that gave way.
inline fault gave_way_while(const std::string& doing) {
  fault made{error_code::origin_unavailable, "gave way to other fetches while " + doing};
  made.gave_way = true;
  return made;
}

struct io_result {
  io how = io::ok;
  std::size_t bytes = 0;  ///< with ok: at least 1
};

/// One TCP connection to a pinned address, with TLS for https. Every call ends at the deadline. Not
/// thread safe.
class connection {
 public:
  /// Connects to exactly this address and checks that it is the peer. `tls` is used for https only.
  static std::variant<std::unique_ptr<connection>, fault> open(const url& to,
                                                               const ip_address& address,
                                                               const tls_context& tls,
                                                               const io_deadline& until);

  /// `ended`: the peer closed the connection in order. `broken`: it was reset or failed.
  io_result read(char* data, std::size_t size, const io_deadline& until);
  io_result write(const char* data, std::size_t size, const io_deadline& until);

  /// Whether an idle connection can take another request: it is open, and no byte has arrived
  /// unrequested. Does not block.
  bool is_idle_and_open();

 private:
  connection(descriptor socket, tls_context::session session)
      : socket_(std::move(socket)), session_(std::move(session)) {}

  descriptor socket_;
  bool has_asked_ =
      false;  ///< nothing was read since the last write, so the response is still to come
  tls_context::session session_;  ///< null: plain http. Freed before the socket closes
};

/// Whether the kernel has a route to an address; nothing is sent. True if the kernel does not say.
bool has_route_to(const ip_address& address);

/// Whether the address is one of this machine's own, on loopback or any interface. If the kernel
/// does not tell its route, or has none: whether a socket can be bound to it, which with
/// net.ipv4.ip_nonlocal_bind is true of every address. True if that fails too.
bool is_of_this_machine(const ip_address& address);

}  // namespace retail_pulse::fetch
