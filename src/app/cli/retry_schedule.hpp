#pragma once

#include <chrono>
#include <cstdint>
#include <optional>

#include "client/rest_client.hpp"

namespace retail_pulse::app {

/// What may happen to a request that is sent twice.
enum class request_kind : std::uint8_t {
  reading,     ///< nothing
  submission,  ///< nothing either, because it carries an idempotency key; a conflict means that the first one is still on its way
  order,       ///< it could be done twice: sent again only where the first one certainly was not taken
};

/// Decides whether, and when, a request that failed is sent again. Time comes in with each call.
class patience {
 public:
  using time_point = std::chrono::steady_clock::time_point;

  /// For `total` from the first failure in a row.
  explicit patience(std::chrono::milliseconds total) : total_{total} {}

  /// The pause before the next try; nothing to give up. A Retry-After is kept to; else pauses double from 100 ms to 2 s.
  std::optional<std::chrono::milliseconds> pause_after(const client::client_error& error, request_kind kind, time_point now);

  /// The service answered: a later failure is a first one.
  void rest() {
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
