#pragma once

#include <bitset>
#include <chrono>
#include <cstddef>
#include <mutex>
#include <optional>
#include <string>

#include "core/error_code.hpp"
#include "core/limits.hpp"
#include "core/lru_map.hpp"
#include "fetch/net/fault.hpp"

namespace retail_pulse::fetch {

/// What the end of an attempt tells about the origin it was made at.
enum class verdict {
  answered,  ///< the origin is there, whatever it said
  failed,    ///< it is not, or says itself that it is out of order
  unknown,   ///< the attempt ended without asking it
};

/// The verdict for an attempt that ended so. `http_status` counts with the code http_status alone, and only what core/http_status.hpp calls
/// out of order is a failure: an image service says 500 of one bad picture, and 429 has its own answer in Retry-After.
verdict judge(error_code code, int http_status);

/// Keeps fetches away from origins that are out of order. An origin is closed (all may pass), open (none may) or probing (one has passed).
/// It opens when, at a failure, at least limits::breaker_percent of its last limits::breaker_window outcomes are failures and there are
/// limits::breaker_least of them; for limits::breaker_open, and twice as long, up to limits::breaker_open_cap, for every probe that fails
/// in a row. A probe that is answered closes it, and what went before is forgotten.
///
/// An origin is remembered from its first failure (its outcomes count from there) until limits::breaker_window answers came in a row, or
/// limits::breaker_origins others failed more recently. Thread safe; never blocks for long. Times come from the caller.
class circuit_breaker {
 public:
  /// A probe that has told nothing for `attempt_deadline` is lost, and another may pass.
  explicit circuit_breaker(std::chrono::milliseconds attempt_deadline);

  /// Nothing when a fetch from the origin may begin now; each of these is to be recorded once. Else after how long to ask again, at least 1
  /// ms.
  std::optional<std::chrono::milliseconds> refusal(const std::string& origin, steady_time now);

  /// How a fetch ended that was let pass at `began` (the `now` of `refusal`). It counts only if no circuit opened or closed since then:
  /// the rest of a burst that opened one is no news of its probe.
  void record(const std::string& origin, verdict told, steady_time began, steady_time now);

  std::size_t remembered() const;  ///< origins

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
  void record_probe(circuit& at, verdict told, steady_time now);
  void record_closed(const std::string& origin, circuit& at, verdict told, steady_time now);

  const std::chrono::milliseconds attempt_deadline_;
  mutable std::mutex mutex_;
  lru_map<std::string, circuit> circuits_{limits::breaker_origins};
};

}  // namespace retail_pulse::fetch
