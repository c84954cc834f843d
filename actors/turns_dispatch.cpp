// Which image is fetched next, and what comes back.
#include <algorithm>
#include <utility>

#include "actors/turns_parts.hpp"
#include "core/limits.hpp"
#include "core/require.hpp"

namespace retail_pulse::actors {

namespace {

/// What doubtful origins may have of so many fetches at once.
std::size_t doubtful_part(std::size_t of) {
  return std::max<std::size_t>(1, of - of / limits::doubtful_parts);
}

}  // namespace

void turns::make_ready(const lane_ptr& ready) {
  auto& owner = *ready->owner;
  ready->is_ready = true;
  ready->parked_at = nullptr;
  if (ready->origin->is_doubtful()) {
    if (!std::exchange(ready->is_in_doubtful_ring, true)) doubtful_->push(owner, ready);
    return;
  }
  if (!std::exchange(ready->is_listed, true)) owner.ready.push_back(ready);
  if (std::exchange(owner.in_ring, true)) return;
  if (owner.has_sent) {
    ring_.push_back(owner.who.ticket);
  } else {
    newcomers_.push(owner.who.ticket);
  }
}

std::optional<dispatch> turns::next_dispatch() {
  std::optional<dispatch> next;
  // The first source is tried once more: the others may have had nothing that can be sent.
  for (int tried = 0;
       tried < 4 && !next && in_flight_ < limits_.workers && fetching_ < limits_.slots; ++tried) {
    source_ = (source_ + 1) % 3;
    next = source_ == 0   ? dispatch_newcomer()
           : source_ == 1 ? dispatch_in_turn()
                          : dispatch_doubtful();
  }
  *slot_wanted_ = fetching_ >= limits_.slots && (!ring_.empty() || !newcomers_.empty());
  return next;
}

std::optional<dispatch> turns::dispatch_newcomer() {
  while (!newcomers_.empty()) {
    const auto ticket = newcomers_.take();
    auto* owner = member_of(ticket);
    if (!owner) continue;
    if (owner->has_sent) {  // from a doubtful origin
      ring_.push_back(ticket);
      continue;
    }
    auto next = dispatch_from(*owner);
    owner->in_ring = !owner->ready.empty();
    if (owner->in_ring) ring_.push_back(ticket);
    consider_opening(*owner);
    if (next) return next;
  }
  return std::nullopt;
}

std::optional<dispatch> turns::dispatch_in_turn() {
  const std::size_t half = std::max<std::size_t>(1, limits_.slots / 2);
  std::size_t passed_over =
      0;  // jobs in a row with half of the slots; all of the ring: nobody may send
  while (passed_over < ring_.size()) {
    const auto ticket = ring_.front();
    ring_.pop_front();
    auto* owner = member_of(ticket);
    if (!owner) {
      passed_over = 0;
      continue;
    }
    const bool others_have_work = !ring_.empty() || !newcomers_.empty();
    if (owner->fetching >= half && others_have_work) {
      ring_.push_back(ticket);
      ++passed_over;
      continue;
    }
    auto next = dispatch_from(*owner);
    if (owner->ready.empty()) {
      owner->in_ring = false;
      passed_over = 0;  // the ring is another one
    } else {
      ring_.push_back(ticket);
    }
    consider_opening(*owner);
    if (next) return next;
  }
  return std::nullopt;
}

std::optional<dispatch> turns::dispatch_doubtful() {
  const std::size_t half = std::max<std::size_t>(1, limits_.slots / 2);
  std::size_t passed_over = 0;  // lanes in a row of jobs with half of the slots
  while (passed_over < doubtful_->jobs() && fetching_doubtful_ < doubtful_part(limits_.slots)) {
    const auto next = doubtful_->pop();
    next->is_in_doubtful_ring = false;
    if (!next->is_ready || !next->origin->is_doubtful()) continue;  // it has gone, or is proven
    auto& owner = *next->owner;
    if (owner.fetching >= half) {
      make_ready(next);
      ++passed_over;
      continue;
    }
    auto* full = full_endpoint_of(*next);
    if (!full) return take_front(owner, next);
    park(next, *full);
    passed_over = 0;
  }
  return std::nullopt;
}

std::optional<dispatch> turns::dispatch_from(member& owner) {
  while (!owner.ready.empty()) {
    const auto next = owner.ready.front();
    owner.ready.pop_front();
    next->is_listed = false;
    if (!next->is_ready || next->origin->is_doubtful()) continue;  // it has gone, or is doubtful
    auto* full = full_endpoint_of(*next);
    if (!full) return take_front(owner, next);
    park(next, *full);
  }
  return std::nullopt;
}

void turns::park(const lane_ptr& of, endpoint& full) {
  if (std::exchange(of->is_ready, false))
    pass_on(*of);  // the endpoint that woke it has room, and may not be the one that is full
  of->parked_at = &full;
  full.parked.push(*of->owner, of);
  if (!of->origin->address) return;
  auto& address = address_of(*of->origin->address);
  if (&full == &address) *address.wanted = true;
}

turns::endpoint* turns::full_endpoint_of(const lane& candidate) {
  const auto most = limits_.origin_connections;
  auto& origin = *candidate.origin;
  if (origin.fetching >= most) return &origin;
  auto& address = address_of(*origin.address);
  if (address.fetching >= most) return &address;
  const bool is_too_much = origin.is_doubtful() && address.doubtful.fetching >= doubtful_part(most);
  return is_too_much ? &address.doubtful : nullptr;
}

dispatch turns::take_front(member& owner, const lane_ptr& from) {
  auto& origin = *from->origin;
  auto& address = address_of(*origin.address);
  dispatch next{owner.who.ticket,
                std::move(from->images.front()),
                address.name,
                origin.health.is_away(),
                origin.is_doubtful(),
                std::nullopt,
                now_};
  from->images.pop_front();
  if (next.is_probe) {
    origin.health.begin_probe();
    origin.last_prober = owner.who.ticket.value;
    origin.prober.reset();
  }
  if (origin.stands == origin_endpoint::standing::unknown)
    next.as_look = look{slot_wanted_, address.wanted};
  owner.has_sent = true;
  --owner.queued;
  ++owner.fetching;
  ++from->in_flight;
  ++origin.fetching;
  ++fetching_;
  ++in_flight_;
  ++address.fetching;
  if (next.is_doubtful) {
    ++fetching_doubtful_;
    ++address.doubtful.fetching;
  }
  change_waiting(origin, -1);
  if (from->images.empty()) {
    from->is_ready = false;
    pass_on(*from);
  } else {
    make_ready(from);
    hand_on_wake_up(*from);  // the image may go to another address than the one that woke it
  }
  consider(from);
  consider(owner);
  return next;
}

turns::lane_ptr turns::wake(endpoint& freed) {
  while (!freed.parked.empty()) {
    const auto next = freed.parked.pop();
    if (next->parked_at != &freed) continue;
    make_ready(next);
    return next;
  }
  return nullptr;
}

void turns::wake(address_endpoint& freed) {
  const auto note = [&](const lane_ptr& woken) {
    if (woken) woken->woken_by = freed.name;
  };
  if (freed.fetching < limits_.origin_connections) {
    note(wake(static_cast<endpoint&>(freed)));
    if (freed.doubtful.fetching < doubtful_part(limits_.origin_connections))
      note(wake(freed.doubtful));
  }
  if (freed.parked.empty()) *freed.wanted = false;
}

void turns::pass_on(lane& gone) {
  auto& origin = *gone.origin;
  if (!origin.address) return;
  if (origin.fetching < limits_.origin_connections) wake(origin);
  wake_if_free(*origin.address);
  hand_on_wake_up(gone);
}

void turns::hand_on_wake_up(lane& woken) {
  if (const auto address = std::exchange(woken.woken_by, std::nullopt)) wake_if_free(*address);
}

void turns::wake_if_free(const std::string& address) {
  const auto found = addresses_.find(address);
  if (found == addresses_.end()) return;
  wake(*found->second);
  forget_address_if_idle(address);
}

bool turns::fetched(const dispatch& done, const attempt_report& report) {
  give_back_slot(done);
  auto* origin = origin_of(done.image.origin);
  require(origin != nullptr && origin->fetching > 0, "an origin lives while it is fetched from");
  if (!report.leads_to.empty()) set_address(*origin, report.leads_to);  // it may change meanwhile
  const bool is_missed = report.with_origin == fetch::contact::failed &&
                         origin->health.is_evidence(report.result.code, done.sent, now_);
  judge(*origin, done, report, is_missed);
  --origin->fetching;
  wake(*origin);
  forget_if_idle(*origin);
  if (report.result.succeeded()) return false;
  return failed(done, report, is_missed);
}

void turns::give_back_slot(const dispatch& done) {
  require(fetching_ > 0, "a slot is given back once");
  --fetching_;
  if (auto* owner = member_of(done.ticket)) --owner->fetching;
  if (done.is_doubtful) --fetching_doubtful_;
  const auto held = addresses_.find(done.address);
  if (held == addresses_.end()) return;
  --held->second->fetching;
  if (done.is_doubtful) --held->second->doubtful.fetching;
  wake(*held->second);
  forget_address_if_idle(done.address);
}

bool turns::failed(const dispatch& done, const attempt_report& report, bool is_missed) {
  const auto of = give_back_worker(done);
  if (!of) return false;
  auto& owner = *of->owner;
  const auto next =
      decide_retry({owner.who.id, done.image.task, report, is_missed, of->origin->health.is_away()},
                   limits_.retries, now_);
  if (next.what == retry_decision::kind::none) {
    count_result(of);
    return true;
  }
  give_back_credits(owner, 1);
  if (!owner.is_withdrawn) rest(of, {done.image.task.number, next.history}, next, is_missed);
  consider(of);
  tidy(of);
  return false;
}

void turns::rest(const lane_ptr& of, const image_stub& stub, const retry_decision& next,
                 bool is_missed) {
  if (next.what == retry_decision::kind::missed) {
    of->missed.push_back(stub);
    ++of->misses;
    return look_after(*of->origin);
  }
  const auto due = now_ + next.wait;
  of->resting.emplace(due, lane::resting_image{stub, is_missed});
  events_.emplace(due, event{of, {}});
}

void turns::finished(const dispatch& done) {
  if (const auto of = give_back_worker(done)) count_result(of);
}

turns::lane_ptr turns::give_back_worker(const dispatch& done) {
  require(in_flight_ > 0, "a worker is given back once");
  --in_flight_;
  auto* owner = member_of(done.ticket);
  if (!owner) return nullptr;
  const auto found = owner->by_origin.find(origin_of(done.image.origin));
  require(found != owner->by_origin.end() && found->second->in_flight > 0,
          "a lane lives while an image of it is in flight");
  --found->second->in_flight;
  return found->second;
}

void turns::count_result(const lane_ptr& of) {
  of->finished.add(now_);
  tidy(of);
}

}  // namespace retail_pulse::actors
