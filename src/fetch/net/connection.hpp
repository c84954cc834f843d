#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <variant>

#include "fetch/net/address_guard.hpp"
#include "fetch/net/descriptor.hpp"
#include "fetch/net/fault.hpp"
#include "fetch/net/tls_context.hpp"
#include "fetch/url/url.hpp"

namespace retail_pulse::fetch {

/// What bounds everything that waits on the network: one total deadline, and a descriptor that becomes readable when the engine shuts down.
struct patience {
  steady_time deadline;
  int cancelled = -1;
};

/// How a wait, a read or a write ended.
enum class io { ok, ended, timed_out, cancelled, broken };

struct io_result {
  io how = io::ok;
  std::size_t bytes = 0;  ///< with ok: at least 1
};

/// One TCP connection to a pinned address, with TLS where the URL says so. Every call ends at the deadline. Not thread safe.
class connection {
 public:
  /// Connects to exactly this address and checks that it is the peer. `tls` is used for https only.
  static std::variant<std::unique_ptr<connection>, fault> open(const url& to, const ip_address& address, const tls_context& tls,
                                                               const patience& limit);

  /// `ended`: the peer has closed in order. `broken`: it has not.
  io_result read(char* data, std::size_t size, const patience& limit);
  io_result write(const char* data, std::size_t size, const patience& limit);

  /// Whether a connection that waited for its next request can still take one: open, and nothing unasked has arrived. Does not block.
  bool is_idle_and_open();

 private:
  connection(descriptor socket, tls_context::session session) : socket_(std::move(socket)), session_(std::move(session)) {}

  descriptor socket_;
  bool has_asked_ = false;  ///< nothing was read since the last write, so the answer is still to come; a moment for others may be enough
  tls_context::session session_;  ///< none: plain http. Freed before the socket closes
};

/// Whether this machine has a route to an address, as far as its kernel knows: nothing is sent. True where that cannot be told.
bool has_route_to(const ip_address& address);

/// Whether this machine has the address itself, on loopback or any interface: its kernel delivers here what is sent there. Where the kernel
/// does not tell its route, or has none: whether a socket can be bound to it, which is true of every address where
/// net.ipv4.ip_nonlocal_bind is set; and true where that cannot be told either.
bool is_of_this_machine(const ip_address& address);

}  // namespace retail_pulse::fetch
