#pragma once

#include <chrono>
#include <cstdint>
#include <optional>

#include "actors/protocols.hpp"
#include "fetch/engine/engine.hpp"

namespace retail_pulse::actors {

struct image_settings {
  fetch::engine* engine = nullptr;  ///< outlives the actors
  /// Stands in for a GPU stage: uniform, per measured image.
  std::chrono::milliseconds delay_min{100};
  std::chrono::milliseconds delay_max{400};
  std::uint64_t seed = 0;  ///< of every delay and every back-off
};

/// A worker: order -> fetch and measure -> report -> delay, for one image at a time; a failed image
/// has no delay. Delays are timers, so a worker costs no thread.
struct image_state {
  static constexpr const char* name = "image";

  image_settings settings;
  std::optional<image_order> order;  ///< the image in flight

  attempt_report report_of(const fetch::outcome& outcome) const;
  /// Logs that an attempt failed, or that a measured image was not kept.
  void log_outcome(const fetch::outcome& outcome) const;
  /// For how long a measured image keeps its worker.
  std::chrono::milliseconds delay() const;
};

image_actor::behavior_type image(image_actor::stateful_pointer<image_state> self,
                                 const image_pool_actor& pool, image_settings settings);

}  // namespace retail_pulse::actors
