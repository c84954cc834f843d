#pragma once

#include <chrono>
#include <initializer_list>
#include <optional>
#include <string_view>

#include "core/error_code.hpp"
#include "core/time.hpp"

namespace retail_pulse::fetch {

/// How long to wait after attempt `attempt` (from 1) failed with `code` before the next: a random time up to limits::backoff_base *
/// 2^(attempt-1), at most limits::backoff_cap (full jitter), and at least what the server asked for, up to limits::retry_after_cap. After
/// dns_failed it starts when the resolver has forgotten the failure (limits::dns_failure_kept): before, it would only be told again.
/// After origin_unavailable it starts when the next probe may pass (`retry_after`): all images of the origin are told the same moment, and
/// chance spreads them. `names` are what chance is drawn from.
std::chrono::milliseconds backoff(int attempt, error_code code, std::optional<std::chrono::milliseconds> retry_after,
                                  std::initializer_list<std::uint64_t> names);

/// The wait a Retry-After header asks for: seconds, or an HTTP date seen from `now`; a date that has passed is 0. Nothing for any other
/// text.
std::optional<std::chrono::milliseconds> parse_retry_after(std::string_view text, unix_millis now);

}  // namespace retail_pulse::fetch
