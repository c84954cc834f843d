#include "fetch/address_places.hpp"

namespace retail_pulse::fetch {

bool address_places::has_room(const ip_address& at) const {
  const auto found = taken_.find(at);
  return found == taken_.end() || found->second < most_;
}

std::optional<address_places::place> address_places::take(const ip_address& at, steady_time until) {
  std::unique_lock lock{mutex_};
  if (!freed_.wait_until(lock, until, [&] { return stopped_ || has_room(at); }) || stopped_) return std::nullopt;
  ++taken_[at];
  return std::make_optional<place>(*this, at);
}

std::optional<address_places::place> address_places::take_now(const ip_address& at) {
  const std::lock_guard lock{mutex_};
  if (!has_room(at)) return std::nullopt;
  ++taken_[at];
  return std::make_optional<place>(*this, at);
}

void address_places::give_back(const ip_address& at) {
  {
    const std::lock_guard lock{mutex_};
    const auto found = taken_.find(at);
    const bool was_full = found->second >= most_;
    if (--found->second == 0) taken_.erase(found);
    if (!was_full) return;
  }
  freed_.notify_all();
}

void address_places::stop() {
  {
    const std::lock_guard lock{mutex_};
    stopped_ = true;
  }
  freed_.notify_all();
}

}  // namespace retail_pulse::fetch
