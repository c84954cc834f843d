#include "actors/herald.hpp"

#include <algorithm>
#include <tuple>
#include <utility>

#include "actors/vital.hpp"
#include "core/limits.hpp"

namespace retail_pulse::actors {
namespace {

using namespace std::chrono_literals;

constexpr auto tick = 1s;
static_assert(limits::follower_beat >= tick && limits::follower_beat % tick == 0s);

bool is_end(const job_progress& update) { return update.state != job_state::ongoing; }

/// Updates may arrive late. Runs only grow, within a run the done images only grow, and with its
/// end the state changes.
bool is_newer(const job_progress& update, const job_progress& than) {
  const auto rank = [](const job_progress& p) {
    return std::tuple{p.run, p.images.done(), is_end(p)};
  };
  return rank(update) > rank(than);
}

}  // namespace

void herald_state::follow(job_id job, subscriber added) {
  jobs_[job.value].subscribers.push_back(std::move(added));
  ++subscribers_;
}

void herald_state::unfollow(job_id job, std::uint64_t token) {
  const auto found = jobs_.find(job.value);
  if (found == jobs_.end()) return;
  subscribers_ -= std::erase_if(found->second.subscribers,
                                [token](const subscriber& each) { return each.token == token; });
  forget_if_idle(job.value);
}

bool herald_state::take(const job_progress& update) {
  const auto found = jobs_.find(update.job.value);
  if (found == jobs_.end()) return false;
  auto& job = found->second;
  if ((job.published && !is_newer(update, *job.published)) ||
      (job.kept && !is_newer(update, *job.kept)))
    return false;
  subscribers_ -=
      std::erase_if(job.subscribers, [](const subscriber& each) { return !each.waits(); });
  if (job.pausing && !is_end(update)) {
    job.kept = update;
    return false;
  }
  publish(job, update);
  return !std::exchange(job.pausing, true);
}

void herald_state::publish(followed& job, const job_progress& update) {
  job.kept.reset();
  job.published = update;
  for (const auto& each : job.subscribers) each.tell(update);
}

bool herald_state::pause_is_over(job_id id) {
  auto& job = jobs_.at(id.value);  // not forgotten while it pauses
  job.pausing = job.kept.has_value();
  if (job.kept) publish(job, job_progress{*job.kept});
  const bool again = job.pausing;
  forget_if_idle(id.value);
  return again;
}

void herald_state::forget_if_idle(std::int64_t job) {
  const auto found = jobs_.find(job);
  if (found->second.subscribers.empty() && !found->second.pausing) jobs_.erase(found);
}

bool herald_state::needs_beat() { return subscribers_ > 0 && !std::exchange(beat_is_due_, true); }

void herald_state::beat() {
  beat_is_due_ = false;
  const auto turn = ++second_;
  constexpr auto period = static_cast<std::uint64_t>(limits::follower_beat / tick);
  std::vector<std::int64_t> left;
  for (auto& [id, job] : jobs_) {
    subscribers_ -=
        std::erase_if(job.subscribers, [](const subscriber& each) { return !each.waits(); });
    for (const auto& each : job.subscribers) {
      if (each.token % period == turn % period) each.beat();
    }
    if (job.subscribers.empty()) left.push_back(id);
  }
  for (const auto id : left) forget_if_idle(id);
}

herald_actor::behavior_type herald(herald_actor::stateful_pointer<herald_state> self) {
  abort_on_exception(self, "herald");
  const auto beat_later = [self] {
    if (self->state.needs_beat()) self->delayed_send(self, tick, beat_atom_v);
  };
  return {
      [=](follow_atom, job_id job, const subscriber& added) {
        self->state.follow(job, added);
        beat_later();
      },
      [=](unfollow_atom, job_id job, std::uint64_t token) { self->state.unfollow(job, token); },
      [=](progress_atom, const job_progress& update) {
        if (self->state.take(update))
          self->delayed_send(self, limits::progress_pause, flush_atom_v, update.job);
      },
      [=](flush_atom, job_id job) {
        if (self->state.pause_is_over(job))
          self->delayed_send(self, limits::progress_pause, flush_atom_v, job);
      },
      [=](beat_atom) {
        self->state.beat();
        beat_later();
      },
  };
}

}  // namespace retail_pulse::actors
