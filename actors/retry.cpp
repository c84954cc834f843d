#include "actors/retry.hpp"

#include "core/limits.hpp"
#include "fetch/engine/backoff.hpp"

namespace retail_pulse::actors {
namespace {

/// Whether the same attempt is to be made again; counts that in the task.
bool postpone(image_task& task, const fetch::outcome& after,
              std::chrono::steady_clock::time_point now) {
  auto& history = task.history;
  if (!after.postponed || now - history.postponed_since.value_or(now) >= limits::postponed_for)
    return false;
  if (after.asked_others && ++history.postponed_on_the_way > limits::postponements_on_the_way)
    return false;
  if (!history.postponed_since) history.postponed_since = now;
  ++history.postponed;
  return true;
}

}  // namespace

void decide_retry(image_report& report, job_id job, const fetch::outcome& after,
                  const retry_settings& settings, std::chrono::steady_clock::time_point now) {
  auto& task = report.task;
  const auto wait = [&](int attempt, chance use, std::int32_t round) {
    return fetch::backoff(
        attempt, after.code, after.retry_after,
        {settings.seed, static_cast<std::uint64_t>(use), static_cast<std::uint64_t>(job.value),
         static_cast<std::uint64_t>(task.number.value), static_cast<std::uint64_t>(round)});
  };
  const auto postponed_before = task.history.postponed;
  report.postponed = postpone(task, after, now);
  if (report.postponed) {
    report.retry_in = wait(limits::postponed_as, chance::postponement, postponed_before);
  } else if (task.history.attempt < settings.attempts && after.can_pass()) {
    report.retry_in = wait(task.history.attempt, chance::backoff, task.history.attempt);
  }
}

}  // namespace retail_pulse::actors
