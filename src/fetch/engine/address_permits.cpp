#include "fetch/engine/address_permits.hpp"

#include <algorithm>

namespace retail_pulse::fetch {
namespace {

template <class Counts, class Key>
std::size_t count_of(const Counts& counts, const Key& key) {
  const auto found = counts.find(key);
  return found == counts.end() ? 0 : found->second;
}

template <class Counts, class Key>
void take_one_from(Counts& counts, const Key& key) {
  const auto found = counts.find(key);
  if (--found->second == 0) counts.erase(found);
}

}  // namespace

bool address_permits::has_room(const hop_server& at) const {
  return count_of(at_addresses_, at.address) < most_ && count_of(at_origins_, at.origin) < most_;
}

bool address_permits::has_long_queue(const hop_server& at) const {
  const auto same_address = [&](const waiting* each) {
    return each->for_what->address == at.address;
  };
  const auto same_origin = [&](const waiting* each) { return each->for_what->origin == at.origin; };
  const auto most = static_cast<std::ptrdiff_t>(most_);
  return std::ranges::count_if(queue_, same_address) >= most ||
         std::ranges::count_if(queue_, same_origin) >= most;
}

void address_permits::count_in(const hop_server& at) {
  ++at_addresses_[at.address];
  ++at_origins_[at.origin];
}

void address_permits::count_out(const hop_server& at) {
  take_one_from(at_addresses_, at.address);
  take_one_from(at_origins_, at.origin);
}

/// A free permit always goes to the first that can use it, so a newcomer finds either room or a
/// queue.
void address_permits::serve_queue() {
  std::erase_if(queue_, [this](waiting* each) {
    each->is_served = has_room(*each->for_what);
    if (each->is_served) count_in(*each->for_what);
    if (each->is_served) each->wake.notify_one();
    return each->is_served;
  });
}

std::optional<address_permits::permit> address_permits::take(hop_server at, steady_time until,
                                                             std::optional<permit> left) {
  std::unique_lock lock{mutex_};
  if (left) {
    count_out(left->at_);
    left->of_ = nullptr;
  }
  bool is_served = !stopped_ && has_room(at);
  if (is_served) count_in(at);
  if (left) serve_queue();
  if (!is_served && !stopped_ && !has_long_queue(at)) {
    waiting me{.for_what = &at};
    const auto in_queue = queue_.insert(queue_.end(), &me);
    me.wake.wait_until(lock, until, [&] { return stopped_ || me.is_served; });
    is_served = me.is_served;
    if (!is_served) queue_.erase(in_queue);
  }
  if (!is_served) return std::nullopt;
  return std::make_optional<permit>(*this, std::move(at));
}

void address_permits::give_back(const hop_server& at) {
  const std::lock_guard lock{mutex_};
  count_out(at);
  serve_queue();
}

void address_permits::stop() {
  const std::lock_guard lock{mutex_};
  stopped_ = true;
  for (auto* each : queue_) each->wake.notify_one();
}

bool address_permits::is_stopped() const {
  const std::lock_guard lock{mutex_};
  return stopped_;
}

}  // namespace retail_pulse::fetch
