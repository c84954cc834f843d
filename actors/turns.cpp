// Time, jobs and lanes.
#include <algorithm>
#include <utility>

#include "actors/turns_parts.hpp"
#include "core/limits.hpp"
#include "core/require.hpp"

namespace retail_pulse::actors {

turns::turns(turn_limits limits)
    : limits_{limits}, credits_{limits.credits}, doubtful_{std::make_unique<lane_ring>()} {}
turns::~turns() = default;
turns::turns(turns&&) noexcept = default;

turns::member* turns::member_of(job_ticket ticket) {
  const auto found = members_.find(ticket.value);
  return found == members_.end() ? nullptr : found->second.get();
}

const pool_member* turns::find(job_ticket ticket) const {
  const auto found = members_.find(ticket.value);
  return found == members_.end() ? nullptr : &found->second->who;
}

turns::origin_endpoint* turns::origin_of(const std::string& name) {
  const auto found = origins_.find(name);
  return found == origins_.end() ? nullptr : found->second.get();
}

turns::address_endpoint& turns::address_of(const std::string& name) {
  auto& slot = addresses_[name];
  if (!slot) {
    slot = std::make_unique<address_endpoint>();
    slot->name = name;
  }
  return *slot;
}

// --- time ---------------------------------------------------------------------------------------

std::optional<steady_point> turns::next_event() const {
  if (events_.empty()) return std::nullopt;
  return events_.begin()->first;
}

void turns::set_time(steady_point now) { now_ = std::max(now_, now); }

void turns::advance() {
  while (!events_.empty() && events_.begin()->first <= now_) {
    const auto due = std::move(events_.extract(events_.begin()).mapped());
    if (const auto resting = due.resting.lock()) {
      wake_resting(resting);
    } else if (auto* origin = origin_of(due.origin)) {
      origin->due.reset();
      look_after(*origin);
    }
  }
}

void turns::wake_resting(const lane_ptr& of) {
  if (!of->owner) return;
  const auto end = of->resting.upper_bound(now_);
  for (auto each = of->resting.begin(); each != end; ++each) of->stubs.push_back(each->second.stub);
  of->resting.erase(of->resting.begin(), end);
  if (of->origin && of->origin->health.is_away()) return look_after(*of->origin);
  consider(of);
}

// --- jobs ---------------------------------------------------------------------------------------

void turns::join(const pool_member& joining) {
  auto& slot = members_[joining.ticket.value];
  if (!slot) slot = std::make_unique<member>();
  auto& owner = *slot;
  owner.who = joining;
  tickets_[joining.id.value] = joining.ticket;
  owner.is_exhausted = false;
  owner.last_opened = before_origins;
  owner.has_unopened = joining.is_numbered;
  if (!joining.is_numbered) {
    const auto all = add_lane(owner);
    all->more = true;
    consider(all);
  }
  consider_opening(owner);
}

void turns::opened(job_ticket ticket, const origin_page& page) {
  auto* owner = member_of(ticket);
  if (!owner || !std::exchange(owner->is_opening, false)) return;
  owner->has_unopened = page.more && !owner->is_withdrawn;
  for (const auto& each : page.origins) {
    owner->last_opened = each.number;
    if (owner->is_withdrawn) continue;
    // Origin 0 has no text: its URLs cannot be fetched, and fail when they are read.
    const auto opened = each.origin.empty() ? add_lane(*owner) : lane_at(*owner, each.origin);
    opened->number = each.number;
    opened->more = true;
    if (opened->origin && opened->origin->health.is_away()) {
      look_after(*opened->origin);
    } else {
      consider(opened);
    }
  }
  consider_opening(*owner);
  consider_exhausted(*owner);
}

void turns::offer(job_ticket ticket, const image_offer& offer) {
  auto* owner = member_of(ticket);
  if (!owner) return;
  const auto found = owner->lanes.find(offer.lane);
  require(found != owner->lanes.end() && found->second->granted > 0 &&
              offer.read <= found->second->granted,
          "an offer answers a turn");
  const auto from = found->second;
  const auto granted = from->granted;
  owner->granted -= granted;
  give_back_credits(*owner, granted - offer.read);
  if (from->origin) change_waiting(*from->origin, -static_cast<std::int64_t>(granted));
  from->after = std::max(from->after, offer.last);
  if (std::exchange(from->asked_fresh, false)) from->more = offer.more;
  if (owner->is_withdrawn) from->more = false;
  const auto asked = std::exchange(from->asked, {});
  for (auto image : offer.images) {
    const auto known = std::ranges::find(asked, image.task.number, &image_stub::number);
    if (known != asked.end()) image.task.history = known->history;
    enqueue(from, std::move(image));
  }
  from->granted = 0;  // not before: until here the lane is not forgotten
  if (from->origin && from->origin->health.is_away()) {
    if (from->origin->prober == from && from->images.empty()) from->origin->prober.reset();
    look_after(*from->origin);
  }
  consider(from);
  consider(*owner);
  tidy(from);
}

void turns::settled(job_ticket ticket, std::uint64_t images) {
  auto* owner = member_of(ticket);
  if (!owner) return;
  require(images + owner->granted + owner->queued <= owner->held,
          "a job settles only what it holds");
  give_back_credits(*owner, images);
  consider(*owner);
}

void turns::give_back_credits(member& owner, std::uint64_t count) {
  owner.held -= count;
  credits_ += count;
}

void turns::leave(job_ticket ticket) {
  const auto found = members_.find(ticket.value);
  if (found == members_.end()) return;
  const auto leaving = std::move(found->second);
  if (const auto known = tickets_.find(leaving->who.id.value);
      known != tickets_.end() && known->second == ticket)
    tickets_.erase(known);
  members_.erase(found);  // the rings skip tickets that are not here
  credits_ += leaving->held;
  leaving->held = 0;
  for (const auto& [id, each] : std::exchange(leaving->lanes, {})) {
    if (each->origin)
      change_waiting(*each->origin,
                     -static_cast<std::int64_t>(each->images.size() + each->granted));
    each->images.clear();
    forget(each);
  }
}

void turns::withdraw(job_ticket ticket) {
  auto* owner = member_of(ticket);
  if (!owner || std::exchange(owner->is_withdrawn, true)) return;
  owner->has_unopened = false;
  const auto lanes = owner->lanes;
  for (const auto& [id, each] : lanes) {
    hand_back(*each);
    drop_unread(*each);
    tidy(each);
  }
  consider_exhausted(*owner);
}

// --- lanes --------------------------------------------------------------------------------------

turns::lane_ptr turns::add_lane(member& owner) {
  auto made = std::make_shared<lane>();
  made->id = ++last_lane_;
  made->opened = now_;
  made->owner = &owner;
  owner.lanes[made->id] = made;
  owner.is_exhausted = false;
  return made;
}

turns::lane_ptr turns::lane_at(member& owner, const std::string& name) {
  auto& known = origins_[name];
  if (!known) {
    known = std::make_unique<origin_endpoint>();
    known->name = name;
    look_ups_.push_back(name);
  }
  auto& slot = owner.by_origin[known.get()];
  if (!slot) {
    slot = add_lane(owner);
    slot->origin = known.get();
    known->lanes[owner.who.ticket.value] = slot;
    if (!known->address) ++owner.unresolved;
  }
  return slot;
}

void turns::enqueue(const lane_ptr& from, queued_image image) {
  auto& owner = *from->owner;
  const auto to = lane_at(owner, image.origin);
  auto& origin = *to->origin;
  const bool has_room = to == from || sated_endpoint_of(*to) == nullptr;  // its turn was for it
  const bool is_for_probe = origin.prober == to && to->images.empty();
  const bool must_wait = origin.health.is_away() ? !is_for_probe : !has_room;
  if (owner.is_withdrawn || to->is_given_up || must_wait) {
    give_back_credits(owner, 1);
    if (owner.is_withdrawn) return;
    to->stubs.push_back({image.task.number, image.task.history});
    if (origin.health.is_away()) return look_after(origin);
    return consider(to);
  }
  to->images.push_back(std::move(image));
  ++owner.queued;
  change_waiting(origin, 1);
  if (to->is_ready || to->parked_at) return;
  if (origin.address) {
    make_ready(to);
  } else {
    park(to, origin);
  }
}

/// Its queued images become numbers again.
void turns::hand_back(lane& of) {
  if (of.images.empty()) return;
  auto& owner = *of.owner;
  std::list<image_stub> stubs;
  for (const auto& image : of.images) stubs.push_back({image.task.number, image.task.history});
  const auto count = of.images.size();
  of.images.clear();
  of.stubs.splice(of.stubs.begin(), stubs);
  owner.queued -= count;
  give_back_credits(owner, count);
  change_waiting(*of.origin, -static_cast<std::int64_t>(count));
  of.parked_at = nullptr;
  if (std::exchange(of.is_ready, false)) {
    if (std::exchange(of.is_listed, false)) std::erase(owner.ready, owner.lanes.at(of.id));
    pass_on(of);
  }
  consider(owner);
}

void turns::drop_unread(lane& of) {
  of.stubs.clear();
  of.missed.clear();
  of.resting.clear();
  of.more = false;
}

void turns::tidy(const lane_ptr& of) {
  if (!of->owner || of->granted > 0 || of->in_flight > 0) return;
  if (of->is_given_up) return surrender_lane(of);
  if (of->more || !of->stubs.empty() || !of->missed.empty() || !of->images.empty() ||
      !of->resting.empty())
    return;
  auto& owner = *of->owner;
  owner.lanes.erase(of->id);
  forget(of);
  consider_opening(owner);
  consider_exhausted(owner);
}

/// The lane is not in its owner's list of lanes any more.
void turns::forget(const lane_ptr& gone) {
  auto& owner = *std::exchange(gone->owner, nullptr);
  gone->parked_at = nullptr;
  gone->sated_at = nullptr;
  auto* origin = gone->origin;
  if (!origin) return;
  if (!origin->address) --owner.unresolved;
  owner.by_origin.erase(origin);
  origin->lanes.erase(owner.who.ticket.value);
  if (std::exchange(gone->is_ready, false)) pass_on(*gone);
  gone->origin = nullptr;
  const auto name = origin->name;
  if (origin->prober == gone) {
    origin->prober.reset();
    look_after(*origin);  // which may be the end of it
  }
  if (auto* still = origin_of(name)) forget_if_idle(*still);
}

}  // namespace retail_pulse::actors
