#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "actors/image.hpp"
#include "actors/protocols.hpp"
#include "actors/turns.hpp"
#include "core/limits.hpp"

namespace retail_pulse::actors {

struct pool_settings {
  std::size_t images_in_flight = limits::default_images_in_flight;  ///< workers
  std::size_t fetch_slots = limits::default_fetch_threads;          ///< fetches at once
  /// Fetches at once per origin, and per address.
  std::size_t origin_connections = limits::default_origin_connections;
  patience origin_patience{limits::origin_failures, limits::default_origin_patience};
  int attempts = limits::default_fetch_attempts;  ///< per image, at least 1
  image_settings image;
};

/// Owns the workers and sends the orders. Which job reads next, and which image is fetched next, is
/// decided by `turns`.
class image_pool_state {
 public:
  static constexpr const char* name = "image_pool";

  using self_pointer = image_pool_actor::stateful_pointer<image_pool_state>;

  explicit image_pool_state(self_pointer self) : self_{self} {}

  image_pool_actor::behavior_type make_behavior(pool_settings settings);
  pool_gauges gauges() const;

 private:
  struct worker {
    std::optional<image_actor> actor;      ///< not set: not spawned yet, or died
    std::optional<dispatch> work;          ///< in flight
    std::optional<image_result> measured;  ///< of the work, during its delay
  };

  void fetched(worker_index worker, const attempt_report& report);
  void finished(worker_index worker);
  void free(worker_index worker);
  /// To the job, unless it has left.
  void send_result(job_ticket ticket, const image_result& result);
  void image_died(const caf::down_msg& down);
  caf::result<pool_gauges> drain();
  /// Tells `turns` the time.
  turns& now();
  /// Grants turns and sends orders until a window is full or nothing is waiting.
  void serve();
  // Both return whether anything was sent.
  bool serve_jobs();
  bool send_orders();
  void look_up(const std::string& origin);
  void wake_up_in_time();
  void order(dispatch next);
  std::uint32_t free_worker();
  void spawn_into(std::uint32_t index);

  const self_pointer self_;
  pool_settings settings_;
  std::optional<turns> turns_;
  std::vector<worker> workers_;
  std::vector<std::uint32_t> idle_;  ///< indices of workers without work
  std::unordered_map<caf::actor_addr, std::uint32_t> index_of_;
  std::int64_t peak_ = 0;  ///< most images in flight since the start
  bool draining_ = false;
  std::optional<steady_point> wakes_up_at_;  ///< by a tick that was sent
  std::optional<caf::typed_response_promise<pool_gauges>> drained_;
};

image_pool_actor::behavior_type image_pool(
    image_pool_actor::stateful_pointer<image_pool_state> self, pool_settings settings);

}  // namespace retail_pulse::actors
