#pragma once

#include <cstddef>
#include <utility>
#include <vector>

#include "core/require.hpp"
#include "fetch/net/address_guard.hpp"
#include "fetch/net/connection.hpp"

namespace retail_pulse::fetch {

/// The addresses of a name as one attempt tries them: one after the other, until one answers. All of them were permitted by the guard.
class route {
 public:
  explicit route(std::vector<ip_address> addresses) : addresses_(std::move(addresses)) {
    require(!addresses_.empty(), "a route has an address");
  }

  const ip_address& address() const { return addresses_[at_]; }
  bool has_moved() const { return at_ > 0; }
  /// The one to be tried next, or null.
  const ip_address* next() const { return at_ + 1 < addresses_.size() ? &addresses_[at_ + 1] : nullptr; }

  /// To the next address; false when there is none.
  bool move_on() {
    if (at_ + 1 == addresses_.size()) return false;
    ++at_;
    return true;
  }

  /// What bounds the wait for a place and a connection attempt at this address, handshake included: an even share of the time that is left,
  /// so that one that says nothing leaves time for the others. The last one has all of it.
  patience share_of(const patience& limit) const {
    const auto now = std::chrono::steady_clock::now();
    return {now + (limit.deadline - now) / static_cast<int>(addresses_.size() - at_), limit.cancelled};
  }

 private:
  std::vector<ip_address> addresses_;
  std::size_t at_ = 0;
};

/// Whether an end without an answer speaks against the address: it is not to be tried before others of its name any more.
inline bool is_no_answer(error_code code) { return code == error_code::connect_failed || code == error_code::timed_out; }

/// Whether such an end of a connection attempt says that nobody is at the address, so that another one may be.
inline bool is_nobody_there(error_code code, const patience& limit) {
  return code == error_code::connect_failed || (code == error_code::timed_out && std::chrono::steady_clock::now() < limit.deadline);
}

}  // namespace retail_pulse::fetch
