#pragma once

#include <chrono>
#include <cstdint>
#include <optional>

#include "actors/protocols.hpp"
#include "fetch/engine/engine.hpp"

namespace retail_pulse::actors {

/// What all image actors share. The engine outlives the actors.
struct image_settings {
  fetch::engine* engine = nullptr;
  int attempts = 3;                          ///< per image, at least 1
  std::chrono::milliseconds delay_min{100};  ///< the stand-in for a GPU stage, uniform, per measured image
  std::chrono::milliseconds delay_max{400};
  std::uint64_t seed = 0;  ///< of every delay and every back-off
};

/// One image at a time: order -> fetch and measure -> delay -> report. Waits are timers, so a place costs no thread.
struct image_state {
  static constexpr const char* name = "image";

  image_settings settings;
  std::optional<image_order> order;  ///< the image at work
  image_report report;

  /// Turns an outcome of the engine into the report that is due.
  void conclude(const fetch::outcome& outcome, std::chrono::steady_clock::time_point now);
  /// How long the report waits: only for a measured image.
  std::chrono::milliseconds delay() const;

 private:
  /// Whether the report's image is to be tried as the same attempt, which its task then counts.
  bool postpone(const fetch::outcome& after, std::chrono::steady_clock::time_point now);

  /// Keeps the streams of chance apart.
  enum class chance : std::uint64_t { delay = 1, backoff = 2, postponement = 3 };

  std::chrono::milliseconds backoff(int attempt, const fetch::outcome& after, chance why, std::int32_t round) const;
};

image_actor::behavior_type image(image_actor::stateful_pointer<image_state> self, image_pool_actor pool, image_settings settings);

}  // namespace retail_pulse::actors
