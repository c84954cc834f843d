#include "fetch/engine/address_places.hpp"

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

bool address_places::has_room(const hop_place& at) const {
  return count_of(at_addresses_, at.address) < most_ && count_of(at_origins_, at.origin) < most_;
}

bool address_places::has_long_line(const hop_place& at) const {
  const auto same_address = [&](const waiting* each) { return each->for_what->address == at.address; };
  const auto same_origin = [&](const waiting* each) { return each->for_what->origin == at.origin; };
  const auto most = static_cast<std::ptrdiff_t>(most_);
  return std::ranges::count_if(line_, same_address) >= most || std::ranges::count_if(line_, same_origin) >= most;
}

void address_places::count_in(const hop_place& at) {
  ++at_addresses_[at.address];
  ++at_origins_[at.origin];
}

void address_places::count_out(const hop_place& at) {
  take_one_from(at_addresses_, at.address);
  take_one_from(at_origins_, at.origin);
}

/// Each place that came free goes to the first who can use it, so whoever comes meanwhile finds either room or a line.
void address_places::serve_line() {
  std::erase_if(line_, [this](waiting* each) {
    each->is_served = has_room(*each->for_what);
    if (each->is_served) count_in(*each->for_what);
    if (each->is_served) each->wake.notify_one();
    return each->is_served;
  });
}

std::optional<address_places::place> address_places::take(hop_place at, steady_time until, std::optional<place> left) {
  std::unique_lock lock{mutex_};
  if (left) {
    count_out(left->at_);
    left->of_ = nullptr;
  }
  bool is_served = !stopped_ && has_room(at);
  if (is_served) count_in(at);
  if (left) serve_line();
  if (!is_served && !stopped_ && !has_long_line(at)) {
    waiting me{.for_what = &at};
    const auto in_line = line_.insert(line_.end(), &me);
    me.wake.wait_until(lock, until, [&] { return stopped_ || me.is_served; });
    is_served = me.is_served;
    if (!is_served) line_.erase(in_line);
  }
  if (!is_served) return std::nullopt;
  return std::make_optional<place>(*this, std::move(at));
}

void address_places::leave(const hop_place& at) {
  const std::lock_guard lock{mutex_};
  count_out(at);
  serve_line();
}

void address_places::stop() {
  const std::lock_guard lock{mutex_};
  stopped_ = true;
  for (auto* each : line_) each->wake.notify_one();
}

bool address_places::is_stopped() const {
  const std::lock_guard lock{mutex_};
  return stopped_;
}

}  // namespace retail_pulse::fetch
