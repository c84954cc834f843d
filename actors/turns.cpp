#include "actors/turns.hpp"

#include <algorithm>

#include "core/limits.hpp"
#include "core/require.hpp"

namespace retail_pulse::actors {

/// An origin or an address, of which only so many fetches may run at once. Origins without an
/// address share the empty one, or twenty names that cannot be resolved could take every slot.
struct turns::endpoint {
  std::string name;
  bool is_address = false;
  std::size_t fetching = 0;
  std::deque<lane_ptr> parked;
  // of origins only:
  std::size_t lanes = 0;               ///< lanes that hold images for it
  std::optional<std::string> address;  ///< not set: being resolved
};

/// Images of one job for one origin.
struct turns::queue_lane {
  member* owner = nullptr;     ///< nullptr once the job has left
  endpoint* origin = nullptr;  ///< lives as long as the lane holds images
  std::deque<queued_image> images;
  bool ready = false;
  std::optional<std::string>
      woken_by;  ///< an address, until the lane has used the wake-up or handed it on
};

/// A job, and where its images are: held = read but not recorded, of which `queued` are in lanes,
/// some in flight, `in_retry_wait` between two attempts, and the rest in the hands of the job.
struct turns::member {
  pool_member who;
  std::uint64_t granted = 0;  ///< credits of the turn that the job has not answered yet
  std::uint64_t held = 0;     ///< credits, those of the turn included
  std::size_t fetching = 0;
  std::size_t queued = 0;
  std::int64_t in_retry_wait = 0;  ///< for a moment below 0: `again` may overtake `reported`
  std::size_t ready_images = 0;    ///< those in ready lanes
  std::deque<lane_ptr> ready;
  std::unordered_map<std::string, lane_ptr> lanes;  ///< by origin
  bool in_ring = false;
  bool in_turn_ring = false;
};

turns::turns(turn_limits limits, std::function<void(const std::string&)> resolve)
    : limits_{limits}, resolve_{std::move(resolve)}, credits_{limits.credits} {}
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

// --- jobs ---------------------------------------------------------------------------------------

void turns::join(const pool_member& joining) {
  auto& slot = members_[joining.ticket.value];
  if (!slot) slot = std::make_unique<member>();
  slot->who = joining;
  consider(*slot);
}

void turns::offer(job_ticket ticket, const image_offer& offer) {
  auto* owner = member_of(ticket);
  if (!owner) return;
  require(owner->granted > 0 && offer.unused <= owner->granted, "an offer answers a turn");
  const auto read = std::exchange(owner->granted, 0) - offer.unused;
  owner->held -= offer.unused;
  credits_ += offer.unused;
  // The number that a job joins with may be too small. As long as the job says that there is more,
  // one image at least is unread, or the job would get no other turn.
  const auto left = owner->who.unread - std::min(owner->who.unread, read);
  owner->who.unread = offer.more ? std::max<std::uint64_t>(1, left) : 0;
  for (const auto& image : offer.images) enqueue(*owner, image, false);
  consider(*owner);
}

void turns::again(job_ticket ticket, const queued_image& image) {
  auto* owner = member_of(ticket);
  if (!owner) return;
  --owner->in_retry_wait;
  enqueue(*owner, image, true);
}

void turns::settled(job_ticket ticket, std::uint64_t images) {
  auto* owner = member_of(ticket);
  if (!owner) return;
  require(images <= owner->held, "a job settles only what it holds");
  owner->held -= images;
  credits_ += images;
  consider(*owner);
}

void turns::leave(job_ticket ticket) {
  const auto found = members_.find(ticket.value);
  if (found == members_.end()) return;
  const auto leaving = std::move(found->second);
  members_.erase(found);  // the rings skip tickets that are not here
  credits_ += leaving->held;
  drop_lanes(*leaving);
}

std::uint64_t turns::withdraw(job_ticket ticket) {
  auto* owner = member_of(ticket);
  if (!owner) return 0;
  owner->who.unread = 0;  // so it wants no turn; one that it has is still to be answered
  drop_lanes(*owner);
  owner->ready.clear();
  owner->ready_images = 0;
  return std::exchange(owner->queued, 0);
}

void turns::drop_lanes(member& owner) {
  const auto lanes = std::exchange(owner.lanes, {});
  for (const auto& [name, lane] : lanes) lane->owner = nullptr;  // `wake` skips such lanes
  for (const auto& [name, lane] : lanes) {
    --lane->origin->lanes;
    if (lane->ready) pass_on(*lane);
    forget_if_idle(name);
  }
}

void turns::enqueue(member& owner, const queued_image& image, bool first) {
  auto& known = origins_[image.origin];
  if (!known) {
    known = std::make_unique<endpoint>();
    known->name = image.origin;
    resolve_(image.origin);
  }
  auto& lane_slot = owner.lanes[image.origin];
  const bool fresh = !lane_slot;
  if (fresh) {
    lane_slot = std::make_shared<queue_lane>();
    lane_slot->owner = &owner;
    lane_slot->origin = known.get();
    ++known->lanes;
  }
  const auto target = lane_slot;
  if (first) {
    target->images.push_front(image);
  } else {
    target->images.push_back(image);
  }
  ++owner.queued;
  if (target->ready) ++owner.ready_images;
  if (!fresh) return;
  if (known->address) {
    make_ready(target);
  } else {
    known->parked.push_back(target);
  }
}

void turns::make_ready(const lane_ptr& lane) {
  auto& owner = *lane->owner;
  lane->ready = true;
  owner.ready.push_back(lane);
  owner.ready_images += lane->images.size();
  if (!std::exchange(owner.in_ring, true)) ring_.push_back(owner.who.ticket);
}

// --- origins and addresses ----------------------------------------------------------------------

void turns::resolved(const std::string& origin, const std::string& address) {
  const auto found = origins_.find(origin);
  if (found == origins_.end() || found->second->address) return;
  auto& known = *found->second;
  known.address = address;
  for (const auto& lane : std::exchange(known.parked, {})) {
    if (lane->owner) make_ready(lane);
  }
  forget_if_idle(origin);
}

void turns::wake(endpoint& freed) {
  while (!freed.parked.empty()) {
    const auto lane = freed.parked.front();
    freed.parked.pop_front();
    if (!lane->owner) continue;
    make_ready(lane);
    if (freed.is_address) lane->woken_by = freed.name;
    return;
  }
}

void turns::pass_on(queue_lane& gone) {
  auto& origin = *gone.origin;
  if (!origin.address) return;
  if (origin.fetching < limits_.origin_connections) wake(origin);
  wake_if_free(*origin.address);
  hand_on_wake_up(gone);
}

void turns::hand_on_wake_up(queue_lane& woken) {
  if (const auto address = std::exchange(woken.woken_by, std::nullopt)) wake_if_free(*address);
}

void turns::wake_if_free(const std::string& address) {
  const auto found = addresses_.find(address);
  if (found == addresses_.end()) return;
  if (found->second->fetching < limits_.origin_connections) wake(*found->second);
  forget_address_if_idle(address);
}

void turns::forget_if_idle(const std::string& origin) {
  const auto found = origins_.find(origin);
  if (found != origins_.end() && found->second->lanes == 0 && found->second->fetching == 0)
    origins_.erase(found);
}

void turns::forget_address_if_idle(const std::string& address) {
  const auto found = addresses_.find(address);
  if (found != addresses_.end() && found->second->fetching == 0 && found->second->parked.empty())
    addresses_.erase(found);
}

// --- windows ------------------------------------------------------------------------------------

void turns::fetched(const dispatch& done, const std::string& address) {
  require(fetching_ > 0, "a slot is given back once");
  --fetching_;
  if (auto* owner = member_of(done.ticket)) --owner->fetching;
  if (const auto held = addresses_.find(done.address); held != addresses_.end()) {
    --held->second->fetching;
    wake(*held->second);
    forget_address_if_idle(done.address);
  }
  const auto found = origins_.find(done.image.origin);
  require(found != origins_.end() && found->second->fetching > 0,
          "an origin lives while it is fetched from");
  auto& origin = *found->second;
  --origin.fetching;
  if (!address.empty()) origin.address = address;  // it may change while a job runs
  wake(origin);
  forget_if_idle(done.image.origin);
}

void turns::reported(const dispatch& done, bool will_retry) {
  require(in_flight_ > 0, "a worker is given back once");
  --in_flight_;
  if (!will_retry) return;
  if (auto* owner = member_of(done.ticket)) ++owner->in_retry_wait;
}

std::optional<dispatch> turns::next_dispatch() {
  const std::size_t half = std::max<std::size_t>(1, limits_.slots / 2);
  std::size_t passed_over =
      0;  // jobs in a row with half of the slots; all of the ring: nobody may send
  while (in_flight_ < limits_.workers && fetching_ < limits_.slots && passed_over < ring_.size()) {
    const auto ticket = ring_.front();
    ring_.pop_front();
    auto* owner = member_of(ticket);
    if (!owner) {
      passed_over = 0;
      continue;
    }
    if (owner->fetching >= half && !ring_.empty()) {  // while others have work
      ring_.push_back(ticket);
      ++passed_over;
      continue;
    }
    auto next = dispatch_from(*owner);
    if (owner->ready.empty()) {
      owner->in_ring = false;
    } else {
      ring_.push_back(ticket);
    }
    consider(*owner);
    if (next) return next;
  }
  return std::nullopt;
}

std::optional<dispatch> turns::dispatch_from(member& owner) {
  while (!owner.ready.empty()) {
    const auto lane = owner.ready.front();
    owner.ready.pop_front();
    auto* full = full_endpoint_of(*lane);
    if (!full) return take_front(owner, lane);
    lane->ready = false;
    owner.ready_images -= lane->images.size();
    pass_on(*lane);  // the endpoint that woke it has room, and may not be the one that is full
    full->parked.push_back(lane);
  }
  return std::nullopt;
}

turns::endpoint* turns::full_endpoint_of(const queue_lane& lane) {
  const auto most = limits_.origin_connections;
  auto& origin = *lane.origin;
  if (origin.fetching >= most) return &origin;
  auto& address = addresses_[*origin.address];
  if (!address) {
    address = std::make_unique<endpoint>();
    address->name = *origin.address;
    address->is_address = true;
  }
  return address->fetching >= most ? address.get() : nullptr;
}

dispatch turns::take_front(member& owner, const lane_ptr& lane) {
  auto& origin = *lane->origin;
  dispatch next{owner.who.ticket, std::move(lane->images.front()), *origin.address};
  lane->images.pop_front();
  --owner.queued;
  --owner.ready_images;
  ++owner.fetching;
  ++origin.fetching;
  ++fetching_;
  ++in_flight_;
  ++addresses_.at(next.address)->fetching;
  if (lane->images.empty()) {
    lane->ready = false;
    --origin.lanes;
    pass_on(*lane);
    lane->owner = nullptr;
    owner.lanes.erase(next.image.origin);
  } else {
    owner.ready.push_back(lane);
    hand_on_wake_up(*lane);  // the image may go to another address than the one that woke it
  }
  return next;
}

// --- turns --------------------------------------------------------------------------------------

// Both rules shrink with the credits that are left. So jobs whose images wait for a silent origin
// take ever less of the rest, and a new job always finds some.

std::uint64_t turns::turn_size(const member& candidate) const {
  const auto page =
      std::clamp<std::uint64_t>(credits_ / limits::page_parts, 1, limits::page_images);
  return std::min({page, candidate.who.unread, static_cast<std::uint64_t>(limits_.credits)});
}

bool turns::wants_turn(const member& candidate) const {
  if (candidate.who.unread == 0 || candidate.granted > 0 ||
      candidate.ready_images >= limits::ready_ahead)
    return false;
  const auto waiting = candidate.queued + static_cast<std::uint64_t>(
                                              std::max<std::int64_t>(0, candidate.in_retry_wait));
  return waiting == 0 || waiting + turn_size(candidate) <= credits_ / limits::queue_parts;
}

void turns::consider(member& candidate) {
  if (wants_turn(candidate) && !std::exchange(candidate.in_turn_ring, true))
    turn_ring_.push_back(candidate.who.ticket);
}

std::optional<turns::grant> turns::next_grant() {
  while (!turn_ring_.empty()) {
    auto* candidate = member_of(turn_ring_.front());
    if (!candidate || !wants_turn(*candidate)) {
      if (candidate) candidate->in_turn_ring = false;
      turn_ring_.pop_front();
      continue;
    }
    const auto size = turn_size(*candidate);
    if (credits_ < size) return std::nullopt;  // many small pages would cost a query each
    turn_ring_.pop_front();
    candidate->in_turn_ring = false;
    candidate->granted = size;
    candidate->held += size;
    credits_ -= size;
    return grant{candidate->who.ticket, candidate->who.handle, size};
  }
  return std::nullopt;
}

}  // namespace retail_pulse::actors
