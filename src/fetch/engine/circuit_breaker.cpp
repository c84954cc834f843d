#include "fetch/engine/circuit_breaker.hpp"

#include <algorithm>

namespace retail_pulse::fetch {

origin_health health_of(error_code code, int http_status) {
  switch (code) {
    case error_code::connect_failed:
    case error_code::timed_out:
      return origin_health::failing;
    case error_code::http_status:
      return describe_status(http_status).out_of_order ? origin_health::failing
                                                       : origin_health::healthy;
    case error_code::none:
    case error_code::tls_failed:
    case error_code::too_many_redirects:
    case error_code::protocol_error:
    case error_code::too_large:
    case error_code::truncated:
    case error_code::not_an_image:
    case error_code::unsupported_format:
    case error_code::bad_dimensions:
      return origin_health::healthy;
    case error_code::store_not_found:
    case error_code::invalid_url:
    case error_code::blocked_address:
    case error_code::dns_failed:
    case error_code::origin_unavailable:
    case error_code::cancelled:
    case error_code::internal:
      return origin_health::unknown;
  }
  return origin_health::unknown;
}

circuit_breaker::circuit_breaker(std::chrono::milliseconds attempt_deadline)
    : attempt_deadline_(attempt_deadline) {}

std::optional<std::chrono::milliseconds> circuit_breaker::blocked_for(const std::string& origin,
                                                                      steady_time now) {
  const std::lock_guard lock{mutex_};
  auto* at = circuits_.find(origin);
  if (at == nullptr || at->is == state::closed) return std::nullopt;
  const auto until = at->since + (at->is == state::open ? at->open_for : attempt_deadline_);
  if (now < until) return std::chrono::ceil<std::chrono::milliseconds>(until - now);
  at->is = state::probing;
  at->since = now;
  return std::nullopt;
}

void circuit_breaker::record(const std::string& origin, origin_health health, steady_time began,
                             steady_time now) {
  const std::lock_guard lock{mutex_};
  auto* at = circuits_.find(origin);
  if (at == nullptr) {
    if (health != origin_health::failing) return;
    at = &circuits_.put(origin, {});
  }
  if (at->is == state::open || began < at->since) return;
  if (at->is == state::probing) {
    record_probe(*at, health, now);
  } else {
    record_closed(origin, *at, health, now);
  }
}

void circuit_breaker::open(circuit& at, std::chrono::milliseconds length, steady_time now) {
  at.is = state::open;
  at.since = now;
  at.open_for = std::min(length, limits::breaker_open_cap);
}

void circuit_breaker::record_probe(circuit& at, origin_health health, steady_time now) {
  switch (health) {
    case origin_health::healthy:
      at = circuit{};
      at.since = now;
      return;
    case origin_health::failing:
      return open(at, 2 * at.open_for, now);
    case origin_health::unknown:  // the next fetch may probe at once
      at.is = state::open;
      at.since = now - at.open_for;
      return;
  }
}

void circuit_breaker::record_closed(const std::string& origin, circuit& at, origin_health health,
                                    steady_time now) {
  if (health == origin_health::unknown) return;
  at.failures <<= 1;
  at.failures.set(0, health == origin_health::failing);
  at.outcomes = std::min(at.outcomes + 1, limits::breaker_window);
  if (health == origin_health::failing) {
    const bool too_many = 100 * at.failures.count() >= limits::breaker_percent * at.outcomes;
    if (at.outcomes >= limits::breaker_least && too_many) open(at, limits::breaker_open, now);
  } else if (at.outcomes == limits::breaker_window && at.failures.none()) {
    circuits_.erase(origin);
  }
}

std::size_t circuit_breaker::remembered() const {
  const std::lock_guard lock{mutex_};
  return circuits_.size();
}

}  // namespace retail_pulse::fetch
