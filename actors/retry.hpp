#pragma once

#include <chrono>
#include <cstdint>

#include "actors/messages.hpp"

/// What follows a failed attempt at an image is decided here, and nowhere else. Plain functions of
/// `turns`, which keeps the image until its wait or the outage is over.
namespace retail_pulse::actors {

struct retry_settings {
  int attempts = 3;        ///< per image, at least 1
  std::uint64_t seed = 0;  ///< of every back-off
};

/// What random numbers are drawn for, so that each use has numbers of its own.
enum class chance : std::uint64_t { delay = 1, backoff = 2, postponement = 3 };

/// A failed attempt, and what is known about its origin.
struct failed_attempt {
  job_id job;
  const image_task& task;  ///< as it was ordered
  const attempt_report& report;
  /// The origin was not reached, which says something about it (origin_health::is_evidence).
  bool is_missed = false;
  bool is_away = false;  ///< the origin, with this attempt
};

struct retry_decision {
  enum class kind : std::uint8_t {
    none,       ///< the result of the attempt is final
    retry,      ///< another attempt after the wait
    postponed,  ///< the same attempt again after the wait
    missed,     ///< it was no attempt: the image waits until its origin is back
  };
  kind what = kind::none;
  attempt_history history{};  ///< of the attempt that follows
  std::chrono::milliseconds wait{0};
};

/// - An attempt that missed an origin that is away is no attempt.
/// - An attempt that did not begin, because its server had too many fetches or because it gave way,
///   is postponed: it is made again as the same attempt, for limits::postponed_for, and
///   limits::postponements_on_the_way times if other servers were asked before.
/// - Another attempt follows while fewer than `attempts` were made and the failure may be temporary
///   (core/error_code.hpp and core/http_status.hpp).
/// - Any other failure is final.
retry_decision decide_retry(const failed_attempt& failed, const retry_settings& settings,
                            std::chrono::steady_clock::time_point now);

/// The attempt before a retry missed its origin, and the outage began only during the wait: it was
/// no attempt after all.
void take_back_attempt(attempt_history& of_retry);

}  // namespace retail_pulse::actors
