#pragma once

#include <cstdint>
#include <optional>

#include "simulation/clients.hpp"
#include "simulation/incidents.hpp"
#include "simulation/setting.hpp"

namespace retail_pulse::simulation {

/// Runs the world of one seed: lives of the process one after the other until every job has ended,
/// then a last one without faults. The witness looks at the database after every commit.
class world {
 public:
  explicit world(const options& wanted);
  ~world();  ///< ends the process before its clients, which it might answer
  world(const world&) = delete;
  world& operator=(const world&) = delete;

  outcome run();

 private:
  bool is_open() const { return shared_.tell.violation().empty() && steps_ < most_steps_; }
  bool is_finished();
  void start();
  void open_process();
  void live();
  void step();
  void check_standstill();
  void end_at_once();
  void end_in_order();
  void ask_for_load();
  bool is_at_rest(bool orphans_may_stay);
  void come_to_rest(bool orphans_may_stay);
  void conclude();
  void broken(const std::string& invariant) { shared_.broken(invariant); }

  setting shared_;
  clients clients_;
  incidents incidents_;
  chance schedule_;
  const std::uint64_t most_steps_;
  const bool stops_as_wanted_;               ///< after the steps of the options
  std::optional<actors::load_report> load_;  ///< the last answer in this life
  std::uint64_t commits_seen_ = 0;
  std::uint64_t steps_ = 0;
};

/// Where the world of this thread is.
progress& this_threads_progress();

}  // namespace retail_pulse::simulation
