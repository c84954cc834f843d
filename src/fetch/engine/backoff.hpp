#pragma once

#include <chrono>
#include <initializer_list>
#include <optional>
#include <string_view>

#include "core/error_code.hpp"
#include "core/time.hpp"

namespace retail_pulse::fetch {

/// The wait before the next attempt, after attempt number `attempt` (from 1) failed with `code`: a
/// random time up to limits::backoff_base * 2^(attempt-1), at most limits::backoff_cap (full
/// jitter), and at least what the server asked for, up to limits::retry_after_cap. After dns_failed
/// it starts when the resolver has dropped the failure from its cache (limits::dns_failure_kept).
/// After origin_unavailable it starts when the next probe may pass (`retry_after`): that is the
/// same moment for all images of the origin, and the random part spreads them. The random numbers
/// are drawn from `names`.
std::chrono::milliseconds backoff(int attempt, error_code code,
                                  std::optional<std::chrono::milliseconds> retry_after,
                                  std::initializer_list<std::uint64_t> names);

/// The wait of a Retry-After header: seconds, or an HTTP date relative to `now`; a past date gives
/// 0. Nothing for any other text.
std::optional<std::chrono::milliseconds> parse_retry_after(std::string_view text, unix_millis now);

}  // namespace retail_pulse::fetch
