#include "fetch/engine/circuit_breaker.hpp"

#include <algorithm>

namespace retail_pulse::fetch {

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

void circuit_breaker::record(const std::string& origin, contact with, steady_time began,
                             steady_time now) {
  const std::lock_guard lock{mutex_};
  auto* at = circuits_.find(origin);
  if (at == nullptr) {
    if (with != contact::failed) return;
    at = &circuits_.put(origin, {});
  }
  if (at->is == state::open || began < at->since) return;
  if (at->is == state::probing) {
    record_probe(*at, with, now);
  } else {
    record_closed(origin, *at, with, now);
  }
}

void circuit_breaker::open(circuit& at, std::chrono::milliseconds length, steady_time now) {
  at.is = state::open;
  at.since = now;
  at.open_for = std::min(length, limits::breaker_open_cap);
}

void circuit_breaker::record_probe(circuit& at, contact with, steady_time now) {
  switch (with) {
    case contact::reached:
      at = circuit{};
      at.since = now;
      return;
    case contact::failed:
      return open(at, 2 * at.open_for, now);
    case contact::none:  // the next fetch may probe at once
      at.is = state::open;
      at.since = now - at.open_for;
      return;
  }
}

void circuit_breaker::record_closed(const std::string& origin, circuit& at, contact with,
                                    steady_time now) {
  if (with == contact::none) return;
  at.failures <<= 1;
  at.failures.set(0, with == contact::failed);
  at.outcomes = std::min(at.outcomes + 1, limits::breaker_window);
  if (with == contact::failed) {
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
