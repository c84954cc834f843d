#pragma once

#include <bitset>
#include <chrono>
#include <cstddef>
#include <mutex>
#include <optional>
#include <string>

#include "core/limits.hpp"
#include "core/lru_map.hpp"
#include "fetch/engine/engine.hpp"
#include "fetch/net/fault.hpp"

namespace retail_pulse::fetch {

/// Stops fetches to origins that redirects lead to, and that cannot be reached. A circuit is closed
/// (all fetches pass), open (none) or probing (one has passed). It opens at a failure if at least
/// limits::breaker_percent of the origin's last limits::breaker_window outcomes are failures, and
/// there are at least limits::breaker_least outcomes. It stays open for limits::breaker_open, and
/// twice as long after each probe that fails in a row, up to limits::breaker_open_cap. A probe that
/// reaches it closes it and clears its history.
///
/// An origin is remembered from its first failure (outcomes count from there) until
/// limits::breaker_window contacts in a row, or until limits::breaker_origins others failed
/// more recently. Thread safe; never blocks for long. Times come from the caller.
class circuit_breaker {
 public:
  /// After `attempt_deadline` without an outcome a probe is lost, and another may pass.
  explicit circuit_breaker(std::chrono::milliseconds attempt_deadline);

  /// Nothing: a fetch from the origin may begin now, and its outcome must be recorded once. Else
  /// the time after which to ask again, at least 1 ms.
  std::optional<std::chrono::milliseconds> blocked_for(const std::string& origin, steady_time now);

  /// Records the outcome of a fetch that passed at `began` (the `now` of `blocked_for`). It counts
  /// only if the circuit has not opened or closed since: requests started before the breaker opened
  /// do not count as its probe.
  void record(const std::string& origin, contact with, steady_time began, steady_time now);

  std::size_t remembered() const;  ///< number of origins

 private:
  enum class state { closed, open, probing };

  struct circuit {
    state is = state::closed;
    steady_time since = steady_time::min();  ///< of the last change of state, or start of the probe
    std::chrono::milliseconds open_for{0};   ///< the last time it opened
    std::bitset<limits::breaker_window> failures;
    std::size_t outcomes = 0;  ///< in the window
  };

  void open(circuit& at, std::chrono::milliseconds length, steady_time now);
  void record_probe(circuit& at, contact with, steady_time now);
  void record_closed(const std::string& origin, circuit& at, contact with, steady_time now);

  const std::chrono::milliseconds attempt_deadline_;
  mutable std::mutex mutex_;
  lru_map<std::string, circuit> circuits_{limits::breaker_origins};
};

}  // namespace retail_pulse::fetch
