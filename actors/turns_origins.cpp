// Origins and addresses, and origins that are away.
#include <algorithm>
#include <utility>

#include "actors/turns_parts.hpp"
#include "core/limits.hpp"
#include "core/require.hpp"

namespace retail_pulse::actors {

std::optional<std::string> turns::next_look_up() {
  if (look_ups_.empty()) return std::nullopt;
  auto next = std::move(look_ups_.front());
  look_ups_.pop_front();
  return next;
}

void turns::resolved(const std::string& name, const std::string& address) {
  auto* origin = origin_of(name);
  if (!origin || origin->address) return;
  set_address(*origin, address);
  const auto lanes = origin->lanes;
  for (const auto& [ticket, each] : lanes) {
    --each->owner->unresolved;
    if (!each->images.empty() && !each->is_ready) make_ready(each);
    consider(each);
    consider_opening(*each->owner);
  }
  forget_if_idle(*origin);
}

void turns::set_address(origin_endpoint& of, const std::string& address) {
  if (of.address == address) return;
  const auto waiting = static_cast<std::int64_t>(of.waiting);
  const auto before = std::exchange(of.address, address);
  if (waiting > 0) change_waiting(address_of(address), waiting);
  if (!before || waiting == 0) return;
  change_waiting(address_of(*before), -waiting);
  forget_address_if_idle(*before);
}

void turns::change_waiting(origin_endpoint& at, std::int64_t by) {
  if (by == 0) return;
  if (at.address) change_waiting(address_of(*at.address), by);
  change_waiting(static_cast<endpoint&>(at), by);
}

void turns::change_waiting(endpoint& at, std::int64_t by) {
  at.waiting += static_cast<std::size_t>(by);
  if (at.waiting >= origin_budget()) return;
  while (!at.sated.empty()) {
    const auto next = at.sated.pop();
    if (next->sated_at != &at) continue;
    next->sated_at = nullptr;
    consider(next);
    if (at.waiting > 0) return;  // it reads at least one image, and the next follows that
  }
}

void turns::forget_if_idle(origin_endpoint& origin) {
  if (!origin.lanes.empty() || origin.fetching > 0) return;
  const auto address = origin.address;
  cancel_look_after(origin);
  origins_.erase(std::string{origin.name});
  if (address) forget_address_if_idle(*address);
}

void turns::forget_address_if_idle(const std::string& address) {
  const auto found = addresses_.find(address);
  if (found != addresses_.end() && found->second->fetching == 0 && found->second->waiting == 0 &&
      found->second->parked.empty() && found->second->doubtful.parked.empty() &&
      found->second->sated.empty())
    addresses_.erase(found);
}

// --- availability -------------------------------------------------------------------------------

void turns::judge(origin_endpoint& origin, const dispatch& done, const attempt_report& report,
                  bool is_missed) {
  auto& health = origin.health;
  if (report.with_origin == fetch::contact::reached) {
    origin.last_reached_by = done.ticket.value;
    const bool is_back = health.reached(now_);
    if (is_back || origin.stands != origin_endpoint::standing::proven) prove(origin);
    if (is_back) end_outage(origin);
    return;
  }
  if (is_missed || report.gave_way) take_failed_look(origin);
  if (is_missed &&
      health.failed(report.result.code, done.is_probe, limits_.origin_patience, now_)) {
    begin_outage(origin);
  } else if (done.is_probe && health.is_away()) {
    if (is_missed) {
      take_missed_probe(origin, done.sent);
    } else {
      health.end_probe_undecided(now_);
    }
    look_after(origin);
  }
}

void turns::take_failed_look(origin_endpoint& origin) {
  if (origin.stands != origin_endpoint::standing::unknown) return;
  origin.stands = origin_endpoint::standing::doubtful;
  for (const auto& [ticket, each] : origin.lanes) {
    if (each->is_ready) make_ready(each);  // among the doubtful ones
  }
}

void turns::prove(origin_endpoint& origin) {
  origin.stands = origin_endpoint::standing::proven;
  if (!origin.address) return;
  const auto& doubtful = address_of(*origin.address).doubtful;
  for (const auto& [ticket, each] : origin.lanes) {
    if (each->is_ready || each->parked_at == &doubtful) make_ready(each);
  }
}

void turns::take_missed_probe(origin_endpoint& origin, steady_point sent) {
  for (const auto& [ticket, each] : origin.lanes) {
    if (each->opened > sent) continue;
    each->was_missed = true;
    origin.has_missed = true;
  }
}

void turns::begin_outage(origin_endpoint& origin) {
  const auto lanes = origin.lanes;
  for (const auto& [ticket, each] : lanes) {
    each->sated_at = nullptr;
    hand_back(*each);
    // What was tried while it began was no attempt.
    for (auto resting = each->resting.begin(); resting != each->resting.end();) {
      if (!resting->second.was_missed) {
        ++resting;
        continue;
      }
      take_back_attempt(resting->second.stub.history);
      ++each->misses;
      each->missed.push_back(resting->second.stub);
      resting = each->resting.erase(resting);
    }
    if (each->owner) consider_opening(*each->owner);
  }
  if (limits_.origin_patience.lasts.count() == 0) take_missed_probe(origin, now_);
  look_after(origin);
}

void turns::end_outage(origin_endpoint& origin) {
  origin.prober.reset();
  origin.has_missed = false;
  cancel_look_after(origin);
  const auto lanes = origin.lanes;
  for (const auto& [ticket, each] : lanes) {
    each->was_missed = each->is_given_up = false;
    each->misses = 0;
    if (!each->images.empty() && !each->is_ready && !each->parked_at) make_ready(each);
    consider(each);
  }
}

void turns::look_after(origin_endpoint& away) {
  if (!away.health.is_away() || !give_up_missed(away)) return;
  choose_prober(away);
  schedule_look_after(away);
}

bool turns::give_up_missed(origin_endpoint& away) {
  if (now_ < away.health.given_up_at(limits_.origin_patience) ||
      !std::exchange(away.has_missed, false))
    return true;
  std::vector<lane_ptr> given_up;
  for (const auto& [ticket, each] : away.lanes) {
    if (each->was_missed) given_up.push_back(each);
  }
  for (const auto& each : given_up) {
    each->is_given_up = true;
    hand_back(*each);
    if (away.prober == each) away.prober.reset();
  }
  const auto name = away.name;
  for (const auto& each : given_up) tidy(each);
  return origin_of(name) == &away;
}

void turns::choose_prober(origin_endpoint& away) {
  if (away.prober && away.prober->images.empty() && away.prober->granted == 0 &&
      !away.prober->has_probe())
    away.prober.reset();
  const auto probe = away.health.next_probe();
  if (!away.prober && probe && *probe <= now_ && !away.lanes.empty()) {
    auto at = away.lanes.upper_bound(away.last_prober);  // jobs that are missed alike take turns
    for (auto left = away.lanes.size(); left > 0; --left, ++at) {
      if (at == away.lanes.end()) at = away.lanes.begin();
      const auto& each = at->second;
      if (!each->has_probe() || each->is_given_up || each->granted > 0) continue;
      const auto rank = [&](const lane& of) {
        return std::pair{of.misses, of.owner->who.ticket.value != away.last_reached_by};
      };
      if (!away.prober || rank(*each) < rank(*away.prober)) away.prober = each;
    }
  }
  if (away.prober) consider(away.prober);
}

void turns::schedule_look_after(origin_endpoint& away) {
  cancel_look_after(away);
  std::optional<steady_point> next;
  const auto add = [&](steady_point at) {
    if (at > now_) next = next ? std::min(*next, at) : at;
  };
  if (away.has_missed) add(away.health.given_up_at(limits_.origin_patience));
  if (const auto probe = away.health.next_probe(); probe && !away.prober) add(*probe);
  if (next) away.due = events_.emplace(*next, event{{}, away.name});
}

void turns::cancel_look_after(origin_endpoint& origin) {
  if (const auto due = std::exchange(origin.due, std::nullopt)) events_.erase(*due);
}

void turns::surrender_lane(const lane_ptr& given_up) {
  const auto& outage = given_up->origin->health.current_outage();
  const auto& who = given_up->owner->who;
  surrender made{{who.ticket, who.handle}, {given_up->number, {}, {}}};
  if (given_up->number == not_numbered) {
    for (const auto& stub : given_up->stubs) made.what.images.push_back(stub.number);
    for (const auto& stub : given_up->missed) made.what.images.push_back(stub.number);
    for (const auto& [due, each] : given_up->resting) made.what.images.push_back(each.stub.number);
  }
  if (outage) {
    const auto away = std::chrono::duration_cast<std::chrono::seconds>(now_ - outage->since);
    made.what.reason = "it could not be reached for " + std::to_string(away.count()) + " s, in " +
                       std::to_string(outage->probes) +
                       " probes; last: " + std::string{describe(outage->last_cause).name};
  }
  given_up->is_given_up = false;
  drop_unread(*given_up);
  surrenders_.push_back(std::move(made));
  tidy(given_up);
}

std::optional<turns::surrender> turns::next_surrender() {
  if (surrenders_.empty()) return std::nullopt;
  auto next = std::move(surrenders_.front());
  surrenders_.pop_front();
  return next;
}

}  // namespace retail_pulse::actors
