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

bool is_end(const job_progress& news) { return news.state != job_state::ongoing; }

/// Whether a follower who knows `told` has something to hear: within a run the settled images grow, and at its end the state changes.
bool is_newer(const job_progress& news, const job_progress& told) {
  const auto rank = [](const job_progress& p) { return std::tuple{p.run, p.images.done(), is_end(p)}; };
  return rank(news) > rank(told);
}

}  // namespace

void herald_state::follow(job_id job, follower who) {
  jobs_[job.value].followers.push_back(std::move(who));
  ++followers_;
}

void herald_state::unfollow(job_id job, std::uint64_t token) {
  const auto found = jobs_.find(job.value);
  if (found == jobs_.end()) return;
  followers_ -= std::erase_if(found->second.followers, [token](const follower& each) { return each.token == token; });
  forget_if_idle(job.value);
}

bool herald_state::take(const job_progress& news) {
  const auto found = jobs_.find(news.job.value);
  if (found == jobs_.end()) return false;
  auto& job = found->second;
  if ((job.told && !is_newer(news, *job.told)) || (job.newer && !is_newer(news, *job.newer))) return false;
  followers_ -= std::erase_if(job.followers, [](const follower& each) { return !each.waits(); });
  if (job.pausing && !is_end(news)) {
    job.newer = news;
    return false;
  }
  tell(job, news);
  return !std::exchange(job.pausing, true);
}

void herald_state::tell(followed& job, const job_progress& news) {
  job.newer.reset();
  job.told = news;
  for (const auto& each : job.followers) each.tell(news);
}

bool herald_state::pause_is_over(job_id id) {
  auto& job = jobs_.at(id.value);  // stays while it pauses
  job.pausing = job.newer.has_value();
  if (job.newer) tell(job, job_progress{*job.newer});
  const bool again = job.pausing;
  forget_if_idle(id.value);
  return again;
}

void herald_state::forget_if_idle(std::int64_t job) {
  const auto found = jobs_.find(job);
  if (found->second.followers.empty() && !found->second.pausing) jobs_.erase(found);
}

bool herald_state::needs_beat() { return followers_ > 0 && !std::exchange(beat_is_due_, true); }

void herald_state::beat() {
  beat_is_due_ = false;
  const auto turn = ++second_;
  constexpr auto period = static_cast<std::uint64_t>(limits::follower_beat / tick);
  std::vector<std::int64_t> left;
  for (auto& [id, job] : jobs_) {
    followers_ -= std::erase_if(job.followers, [](const follower& each) { return !each.waits(); });
    for (const auto& each : job.followers) {
      if (each.token % period == turn % period) each.beat();
    }
    if (job.followers.empty()) left.push_back(id);
  }
  for (const auto id : left) forget_if_idle(id);
}

herald_actor::behavior_type herald(herald_actor::stateful_pointer<herald_state> self) {
  abort_on_exception(self, "herald");
  const auto beat_later = [self] {
    if (self->state.needs_beat()) self->delayed_send(self, tick, beat_atom_v);
  };
  return {
      [=](follow_atom, job_id job, const follower& who) {
        self->state.follow(job, who);
        beat_later();
      },
      [=](unfollow_atom, job_id job, std::uint64_t token) { self->state.unfollow(job, token); },
      [=](progress_atom, const job_progress& news) {
        if (self->state.take(news)) self->delayed_send(self, limits::progress_pause, flush_atom_v, news.job);
      },
      [=](flush_atom, job_id job) {
        if (self->state.pause_is_over(job)) self->delayed_send(self, limits::progress_pause, flush_atom_v, job);
      },
      [=](beat_atom) {
        self->state.beat();
        beat_later();
      },
  };
}

}  // namespace retail_pulse::actors
