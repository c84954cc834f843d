#pragma once

#include <cstddef>
#include <cstdint>

#include "simulation/clients.hpp"
#include "simulation/setting.hpp"

namespace retail_pulse::simulation {

/// Makes the planned incidents happen: to the process, to its storage, and to its clock.
class incidents {
 public:
  incidents(setting& world, clients& of_world) : world_{world}, clients_{of_world} {}

  /// Another life of the process has begun: what has not happened yet is to happen in it.
  void process_starts();
  /// Whether all have happened, or are too late to happen.
  bool are_over() {
    return next_ == world_.plan.incidents.size() || world_.now() >= world_.plan.calm_at;
  }
  /// As SIGTERM does; once per life.
  void drain();

 private:
  void begin(const incident& what);
  void reload(bool passing);
  void kill_one_that_records(std::uint64_t drawn);
  void kill_all(int times);
  void check_drain(millis began);

  setting& world_;
  clients& clients_;
  std::size_t next_ = 0;
  std::uint64_t draining_in_ = 0;  ///< the life in which a drain began last
};

}  // namespace retail_pulse::simulation
