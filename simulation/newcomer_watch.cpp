#include "simulation/newcomer_watch.hpp"

#include <algorithm>

namespace retail_pulse::simulation {

newcomer_watch::newcomer_watch(const scenario& plan)
    : plan_{plan}, is_watching_{plan.newcomer.has_value()} {
  if (!is_watching_) return;
  for (std::size_t i = 0; i < plan.jobs.size(); ++i) {
    for (const auto& visit : plan.jobs[i].visits) {
      for (const auto& url : visit.urls) job_of_[url] = i;
    }
  }
}

void newcomer_watch::accepted(const job_plan& job, millis now) {
  if (!is_watching_ || &job != &plan_.jobs[*plan_.newcomer]) return;
  is_waiting_ = true;
  since_ = now;
}

std::string newcomer_watch::fetch_begins(const std::string& url, millis now) {
  if (!is_watching_) return {};
  const auto job = job_of_.at(url);
  const auto open = ++open_of_[job];
  if (job == *plan_.newcomer) is_waiting_ = false;
  if (!is_waiting_) return {};
  // Time passes only when no message waits, so by then the newcomer has its place among the jobs.
  // Until then the slots may be filled once, and from then on every other newcomer has at most one
  // turn before it, each with one of a job that has begun and one of a doubtful origin.
  const auto most = plan_.pool.fetch_slots + 3 * plan_.jobs.size();
  if (++fetches_of_others_ > most)
    return "a newcomer waits while " + std::to_string(most) + " images of others are fetched";
  const auto half = std::max<std::uint64_t>(1, plan_.pool.fetch_slots / 2);
  if (now > since_ && open > half)
    return "a job holds more than half of the slots while a newcomer waits";
  return {};
}

void newcomer_watch::fetch_ends(const std::string& url) {
  if (is_watching_) --open_of_[job_of_.at(url)];
}

}  // namespace retail_pulse::simulation
