#include "actors/retry.hpp"

#include "core/limits.hpp"
#include "fetch/engine/backoff.hpp"

namespace retail_pulse::actors {
namespace {

/// Whether the same attempt is to be made again; counts that.
bool postpone(attempt_history& history, const attempt_report& report,
              std::chrono::steady_clock::time_point now) {
  if (!report.postponed || now - history.postponed_since.value_or(now) >= limits::postponed_for)
    return false;
  if (report.asked_others && ++history.postponed_on_the_way > limits::postponements_on_the_way)
    return false;
  if (!history.postponed_since) history.postponed_since = now;
  ++history.postponed;
  return true;
}

}  // namespace

retry_decision decide_retry(const failed_attempt& failed, const retry_settings& settings,
                            std::chrono::steady_clock::time_point now) {
  const auto& task = failed.task;
  const auto& report = failed.report;
  const auto wait = [&](int attempt, chance use, std::int32_t round) {
    return fetch::backoff(
        attempt, report.result.code, report.retry_after,
        {settings.seed, static_cast<std::uint64_t>(use),
         static_cast<std::uint64_t>(failed.job.value),
         static_cast<std::uint64_t>(task.number.value), static_cast<std::uint64_t>(round)});
  };
  using kind = retry_decision::kind;
  auto next = task.history;
  if (failed.is_missed && failed.is_away && report.can_pass) {
    ++next.missed;
    return {kind::missed, next};
  }
  if (postpone(next, report, now)) {
    return {kind::postponed, next,
            wait(limits::postponed_as, chance::postponement, task.history.postponed)};
  }
  if (task.history.attempt < settings.attempts && report.can_pass) {
    ++next.attempt;
    return {kind::retry, next, wait(task.history.attempt, chance::backoff, task.history.attempt)};
  }
  return {};
}

void take_back_attempt(attempt_history& of_retry) {
  --of_retry.attempt;
  ++of_retry.missed;
}

}  // namespace retail_pulse::actors
