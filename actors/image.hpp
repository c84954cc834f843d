#pragma once

#include <chrono>
#include <cstdint>
#include <optional>

#include "actors/protocols.hpp"
#include "actors/retry.hpp"
#include "fetch/engine/engine.hpp"

namespace retail_pulse::actors {

struct image_settings {
  fetch::engine* engine = nullptr;  ///< outlives the actors
  int attempts = 3;                 ///< per image, at least 1
  /// Stands in for a GPU stage: uniform, per measured image.
  std::chrono::milliseconds delay_min{100};
  std::chrono::milliseconds delay_max{400};
  std::uint64_t seed = 0;  ///< of every delay and every back-off
};

/// A worker: order -> fetch and measure -> delay -> report, for one image at a time. Waits are
/// timers, so a worker costs no thread.
struct image_state {
  static constexpr const char* name = "image";

  image_settings settings;
  std::optional<image_order> order;  ///< the image in flight
  image_report report;

  /// Makes the report of a fetch's outcome.
  void conclude(const fetch::outcome& outcome, std::chrono::steady_clock::time_point now);
  /// How long the report waits: only for a measured image.
  std::chrono::milliseconds delay() const;
};

image_actor::behavior_type image(image_actor::stateful_pointer<image_state> self,
                                 const image_pool_actor& pool, image_settings settings);

}  // namespace retail_pulse::actors
