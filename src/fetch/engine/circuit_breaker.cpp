#include "fetch/engine/circuit_breaker.hpp"

#include <algorithm>

namespace retail_pulse::fetch {

verdict judge(error_code code, int http_status) {
  switch (code) {
    case error_code::connect_failed:
    case error_code::timed_out:
      return verdict::failed;
    case error_code::http_status:
      return describe_status(http_status).out_of_order ? verdict::failed : verdict::answered;
    case error_code::none:
    case error_code::tls_failed:
    case error_code::too_many_redirects:
    case error_code::protocol_error:
    case error_code::too_large:
    case error_code::truncated:
    case error_code::not_an_image:
    case error_code::unsupported_format:
    case error_code::bad_dimensions:
      return verdict::answered;
    case error_code::store_not_found:
    case error_code::invalid_url:
    case error_code::blocked_address:
    case error_code::dns_failed:
    case error_code::origin_unavailable:
    case error_code::cancelled:
    case error_code::internal:
      return verdict::unknown;
  }
  return verdict::unknown;
}

circuit_breaker::circuit_breaker(std::chrono::milliseconds attempt_deadline) : attempt_deadline_(attempt_deadline) {}

std::optional<std::chrono::milliseconds> circuit_breaker::refusal(const std::string& origin, steady_time now) {
  const std::lock_guard lock{mutex_};
  auto* at = circuits_.find(origin);
  if (at == nullptr || at->is == state::closed) return std::nullopt;
  const auto until = at->since + (at->is == state::open ? at->open_for : attempt_deadline_);
  if (now < until) return std::chrono::ceil<std::chrono::milliseconds>(until - now);
  at->is = state::probing;
  at->since = now;
  return std::nullopt;
}

void circuit_breaker::record(const std::string& origin, verdict told, steady_time began, steady_time now) {
  const std::lock_guard lock{mutex_};
  auto* at = circuits_.find(origin);
  if (at == nullptr) {
    if (told != verdict::failed) return;
    at = &circuits_.put(origin, {});
  }
  if (at->is == state::open || began < at->since) return;
  if (at->is == state::probing) {
    record_probe(*at, told, now);
  } else {
    record_closed(origin, *at, told, now);
  }
}

void circuit_breaker::open(circuit& at, std::chrono::milliseconds length, steady_time now) {
  at.is = state::open;
  at.since = now;
  at.open_for = std::min(length, limits::breaker_open_cap);
}

void circuit_breaker::record_probe(circuit& at, verdict told, steady_time now) {
  switch (told) {
    case verdict::answered:
      at = circuit{};
      at.since = now;
      return;
    case verdict::failed:
      return open(at, 2 * at.open_for, now);
    case verdict::unknown:  // the next to ask may probe at once
      at.is = state::open;
      at.since = now - at.open_for;
      return;
  }
}

void circuit_breaker::record_closed(const std::string& origin, circuit& at, verdict told, steady_time now) {
  if (told == verdict::unknown) return;
  at.failures <<= 1;
  at.failures.set(0, told == verdict::failed);
  at.outcomes = std::min(at.outcomes + 1, limits::breaker_window);
  if (told == verdict::failed) {
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
