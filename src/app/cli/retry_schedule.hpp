#pragma once

#include <chrono>
#include <cstdint>
#include <optional>

#include "client/rest_client.hpp"

namespace retail_pulse::app {

/// Whether a request may be sent twice.
enum class request_kind : std::uint8_t {
  reading,     ///< always
  submission,  ///< always, because it carries an idempotency key; a conflict means that the first
               ///< one is still in progress
  order,  ///< cancel and redrive: only if the first one certainly did not arrive, because it would
          ///< be done twice
};

/// Decides whether and when a failed request is sent again. The caller passes the time.
class retry_schedule {
 public:
  using time_point = std::chrono::steady_clock::time_point;

  /// Retries for at most `total` after the first of several failures in a row; 0: never.
  explicit retry_schedule(std::chrono::milliseconds total) : total_{total} {}

  /// The pause before the next try; nullopt to give up. A Retry-After is respected; otherwise
  /// pauses double from 100 ms to 2 s.
  std::optional<std::chrono::milliseconds> pause_after(const client::client_error& error,
                                                       request_kind kind, time_point now);

  /// The service answered: the next failure counts as a first one.
  void reset() {
    until_.reset();
    pause_ = first_pause;
  }

 private:
  static constexpr std::chrono::milliseconds first_pause{100};
  static constexpr std::chrono::milliseconds longest_pause{2000};

  std::chrono::milliseconds total_;
  std::chrono::milliseconds pause_ = first_pause;
  std::optional<time_point> until_;
};

}  // namespace retail_pulse::app
