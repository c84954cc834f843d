#pragma once

#include <chrono>
#include <cstdint>

#include "actors/messages.hpp"

/// Whether a failed attempt at an image is followed by another one, and after which wait. A plain
/// function of the worker; the pool keeps the wait (turns.hpp).
namespace retail_pulse::actors {

struct retry_settings {
  int attempts = 3;        ///< per image, at least 1
  std::uint64_t seed = 0;  ///< of every back-off
};

/// What random numbers are drawn for, so that each use has numbers of its own.
enum class chance : std::uint64_t { delay = 1, backoff = 2, postponement = 3 };

/// Sets `retry_in` and `postponed` of the report about a failed attempt, and counts a postponement
/// in its task.
///
/// Another attempt follows while fewer than `attempts` were made and the failure may be temporary
/// (core/error_code.hpp and core/http_status.hpp). An attempt that did not begin, because its
/// server had too many fetches, is postponed: it is made again as the same attempt, for
/// limits::postponed_for, and limits::postponements_on_the_way times if other servers were asked
/// before.
void decide_retry(image_report& report, job_id job, const fetch::outcome& after,
                  const retry_settings& settings, std::chrono::steady_clock::time_point now);

}  // namespace retail_pulse::actors
