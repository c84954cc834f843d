#pragma once

#include <cstddef>
#include <utility>
#include <vector>

#include "core/require.hpp"
#include "fetch/net/address_guard.hpp"
#include "fetch/net/connection.hpp"

namespace retail_pulse::fetch {

/// The addresses of a name as one attempt tries them: one after the other, until one answers. All
/// were permitted by the guard.
class address_list {
 public:
  explicit address_list(std::vector<ip_address> addresses) : addresses_(std::move(addresses)) {
    require(!addresses_.empty(), "an address list has an address");
  }

  const ip_address& address() const { return addresses_[at_]; }
  bool has_moved() const { return at_ > 0; }
  /// The address to be tried next, or null.
  const ip_address* next() const {
    return at_ + 1 < addresses_.size() ? &addresses_[at_ + 1] : nullptr;
  }

  /// Goes to the next address; false if this was the last.
  bool move_on() {
    if (at_ + 1 == addresses_.size()) return false;
    ++at_;
    return true;
  }

  /// The deadline for a permit and a connection at this address, handshake included: an even share
  /// of the time that is left, so that a silent address leaves time for the others. The last one
  /// has all of it.
  io_deadline share_of(const io_deadline& until) const {
    const auto now = std::chrono::steady_clock::now();
    auto share = until;
    share.at = now + (until.at - now) / static_cast<int>(addresses_.size() - at_);
    return share;
  }

 private:
  std::vector<ip_address> addresses_;
  std::size_t at_ = 0;
};

/// Whether the address itself did not answer, so that others of its name are to be tried before it.
inline bool is_no_answer(error_code code) {
  return code == error_code::connect_failed || code == error_code::timed_out;
}

/// Whether a connection attempt failed in a way that another address may not.
inline bool is_nobody_there(error_code code, const io_deadline& until) {
  return code == error_code::connect_failed ||
         (code == error_code::timed_out && std::chrono::steady_clock::now() < until.at);
}

}  // namespace retail_pulse::fetch
