// Which job reads next, and from which origin.
#include <algorithm>
#include <utility>

#include "actors/turns_parts.hpp"
#include "core/limits.hpp"
#include "core/require.hpp"

namespace retail_pulse::actors {

// Every bound shrinks with the credits that are left. So jobs that wait for slow origins take ever
// less of the rest, and a new job always finds some.

std::uint64_t turns::origin_budget() const {
  return std::max<std::uint64_t>(2 * limits::page_images, credits_ / limits::origin_queue_parts);
}

turns::endpoint* turns::sated_endpoint_of(const lane& candidate) {
  auto* origin = candidate.origin;
  if (!origin) return nullptr;
  if (origin->waiting >= origin_budget()) return origin;
  if (!origin->address) return nullptr;
  auto& address = address_of(*origin->address);
  return address.waiting >= origin_budget() ? &address : nullptr;
}

std::uint64_t turns::turn_size(const lane& candidate) const {
  const auto* owner = candidate.owner;
  if (!owner || owner->is_withdrawn || candidate.is_given_up || candidate.granted > 0) return 0;
  if (candidate.images.size() >= limits::page_images) return 0;
  const auto page =
      std::clamp<std::uint64_t>(credits_ / limits::page_parts, 1, limits::page_images);
  const auto size = std::min(page, candidate.readable());
  const auto* origin = candidate.origin;
  if (!origin) return size;
  if (origin->health.is_away()) {
    const bool is_next =
        origin->prober.get() == &candidate && candidate.images.empty() && candidate.has_probe();
    return is_next ? 1 : 0;
  }
  if (!origin->address || size == 0) return 0;
  const auto share = std::max<std::uint64_t>(1, origin_budget() / origin->lanes.size());
  return std::min(size, share);
}

void turns::consider(const lane_ptr& candidate) {
  if (candidate->wants_turn || candidate->sated_at || turn_size(*candidate) == 0) return;
  candidate->wants_turn = true;
  candidate->owner->turn_lanes.push_back(candidate);
  consider(*candidate->owner);
}

void turns::consider(member& candidate) {
  if (!candidate.turn_lanes.empty() && !std::exchange(candidate.in_turn_ring, true))
    turn_ring_.push_back(candidate.who.ticket);
}

std::optional<turns::grant> turns::next_grant() {
  while (!turn_ring_.empty() && credits_ > 0) {
    auto* owner = member_of(turn_ring_.front());
    if (!owner || owner->turn_lanes.empty()) {
      if (owner) owner->in_turn_ring = false;
      turn_ring_.pop_front();
      continue;
    }
    const auto next = owner->turn_lanes.front();
    const auto size = turn_size(*next);
    auto* sated = size > 0 && !(next->origin && next->origin->health.is_away())
                      ? sated_endpoint_of(*next)
                      : nullptr;
    if (size == 0 || sated) {
      owner->turn_lanes.pop_front();
      next->wants_turn = false;
      if (sated) {
        next->sated_at = sated;
        sated->sated.push(*owner, next);
      }
      continue;
    }
    const auto waiting = owner->queued + owner->granted;
    turn_ring_.pop_front();
    if (waiting > 0 && waiting + size > credits_ / limits::queue_parts) {
      owner->in_turn_ring = false;  // until one of its images is sent
      continue;
    }
    owner->turn_lanes.pop_front();
    next->wants_turn = false;
    if (owner->turn_lanes.empty()) {
      owner->in_turn_ring = false;
    } else {
      turn_ring_.push_back(owner->who.ticket);
    }
    return grant_turn(next, size);
  }
  return std::nullopt;
}

turns::grant turns::grant_turn(const lane_ptr& to, std::uint64_t size) {
  auto& owner = *to->owner;
  to->granted = size;
  owner.granted += size;
  owner.held += size;
  credits_ -= size;
  if (to->origin) change_waiting(*to->origin, static_cast<std::int64_t>(size));
  page_order order{to->id, to->number, to->after, 0, {}};
  if (to->origin && to->origin->health.is_away()) {
    read_probe(*to, order);
    return grant{{owner.who.ticket, owner.who.handle}, std::move(order)};
  }
  const auto read_again = [&](std::list<image_stub>& from) {
    while (!from.empty() && order.again.size() < size) {
      order.again.push_back(from.front().number);
      to->asked.push_back(from.front());
      from.pop_front();
    }
  };
  read_again(to->stubs);
  if (to->reads_on()) {
    order.fresh = size - order.again.size();
  } else {
    read_again(to->missed);
  }
  to->asked_fresh = order.fresh > 0;
  const auto unused = size - order.credits();
  if (unused > 0) {  // it has fewer stubs than its turn is long
    to->granted -= unused;
    owner.granted -= unused;
    give_back_credits(owner, unused);
    if (to->origin) change_waiting(*to->origin, -static_cast<std::int64_t>(unused));
  }
  return grant{{owner.who.ticket, owner.who.handle}, std::move(order)};
}

/// An image that was never tried says most about the origin: one that failed before may fail by
/// itself.
void turns::read_probe(lane& of, page_order& order) {
  const auto is_untried = [](const image_stub& stub) {
    return stub.history.attempt <= 1 && stub.history.missed == 0;
  };
  auto next = std::ranges::find_if(of.stubs, is_untried);
  of.asked_fresh = next == of.stubs.end() && of.more;
  if (of.asked_fresh) {
    order.fresh = 1;
    return;
  }
  auto& from = of.stubs.empty() ? of.missed : of.stubs;
  if (next == of.stubs.end()) next = from.begin();
  order.again.push_back(next->number);
  of.asked.push_back(*next);
  from.erase(next);
}

void turns::consider_opening(member& candidate) {
  if (!candidate.has_unopened || candidate.is_opening ||
      candidate.ready.size() + candidate.turn_lanes.size() >= limits::ready_origins ||
      candidate.unresolved >= limits::unresolved_origins ||
      candidate.lanes.size() >= limits::open_origins)
    return;
  candidate.is_opening = true;
  openings_.push_back(candidate.who.ticket);
}

std::optional<turns::opening> turns::next_opening() {
  while (!openings_.empty()) {
    const auto* owner = member_of(openings_.front());
    openings_.pop_front();
    if (owner) return opening{{owner->who.ticket, owner->who.handle}, owner->last_opened};
  }
  return std::nullopt;
}

void turns::consider_exhausted(member& candidate) {
  if (!candidate.lanes.empty() || candidate.has_unopened || candidate.is_opening ||
      std::exchange(candidate.is_exhausted, true))
    return;
  exhausted_.push_back(candidate.who.ticket);
}

std::optional<turns::recipient> turns::next_exhausted() {
  while (!exhausted_.empty()) {
    const auto* owner = member_of(exhausted_.front());
    exhausted_.pop_front();
    if (owner && owner->is_exhausted) return recipient{owner->who.ticket, owner->who.handle};
  }
  return std::nullopt;
}

}  // namespace retail_pulse::actors
