#pragma once

#include <caf/all.hpp>
#include <caf/scheduler/test_coordinator.hpp>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "actors/supervisor.hpp"
#include "simulation/chance.hpp"
#include "simulation/faulty_storage.hpp"
#include "simulation/scenario.hpp"
#include "simulation/story.hpp"
#include "simulation/traffic.hpp"

namespace retail_pulse::simulation {

/// One life of the service's process: the production actors, unchanged, under CAF's test
/// coordinator, from start to crash or orderly end. One thread; time is virtual. The world around
/// it (web, clients, database) goes on with the next life.
class life {
 public:
  struct surroundings {
    const scenario& plan;
    const storage::location& where;
    fetch::engine& web;
    faulty_storage& writing;
    faulty_queries& reading;
    story& tell;
    std::function<unix_millis()> wall_time;
    stores::store_table_ptr stores;
  };

  /// `began` is virtual time since the world began.
  life(const surroundings& around, millis began);
  /// Ends whatever still lives at once, as the end of the process does.
  ~life();
  life(const life&) = delete;
  life& operator=(const life&) = delete;

  // --- time -------------------------------------------------------------------------------------
  millis now();
  /// Calls back at that time, unless this life is over by then. `whose` is one of `outside`, and
  /// `what_for` says to a reader of the story why.
  void at(millis when, std::string_view whose, std::string what_for, std::function<void()> what);
  /// The ledger runs nothing before this time.
  void hold_ledger(millis until);
  /// Runs one message, or lets time pass to the next timer: chance decides which. False when there
  /// is neither.
  bool step(chance& schedule);

  // --- what clients and operators do ------------------------------------------------------------
  void submit(submission_ptr job, std::optional<submission_key> key,
              std::function<void(actors::submit_outcome)> answer);
  void cancel(job_id job, std::function<void(actors::control_outcome)> answer);
  void redrive(job_id job, std::function<void(actors::control_outcome)> answer);
  void ask(job_id job, std::function<void(actors::query_outcome<job_status>)> answer);
  void load(std::function<void(std::optional<actors::load_report>)> answer);
  void reload(stores::store_table_ptr stores);
  /// As SIGTERM does; `drained` comes when every job actor has ended.
  void drain(std::function<void(actors::load_report)> drained);
  /// Ends one of the job actors as an exception would; the drawn number decides which.
  void kill_a_job_actor(std::uint64_t drawn);
  void kill_all_job_actors();
  /// Ends the next job actor whose results the ledger is about to store, so that it never learns
  /// the outcome. `fits` says whether a batch of that job, with so many results, may be the one.
  void kill_next_that_records(std::function<bool(job_id, std::size_t)> fits) {
    kills_next_that_records_ = std::move(fits);
  }

  /// Ends all actors in order, after a drain. Returns how many are left: 0.
  std::size_t end();

  // --- what can be seen without a message -------------------------------------------------------
  actors::pool_gauges gauges() const;
  std::size_t longest_mailbox() const {
    return longest_mailbox_;
  }  ///< that any actor had when it ran

 private:
  struct config : caf::actor_system_config {
    config();
  };
  struct stage;  ///< the actor that timers and answers of this life belong to
  struct timer {
    std::string_view whose;
    std::string what_for;
    std::function<void()> what;
  };

  caf::scheduler::test_coordinator& coordinator();
  bool run_or_wait(chance& schedule);
  bool run(std::size_t index);
  story_line line_of(const caf::scheduled_actor& actor, const caf::mailbox_element* message,
                     const std::string& subject) const;
  void kill_who_records(const caf::mailbox_element& record);
  bool is_timer_near();
  bool is_held(const caf::resumable* each);
  void run_everything();
  void send_exits(caf::exit_reason why);

  const surroundings around_;
  const millis began_;
  config config_;
  std::unique_ptr<caf::actor_system> system_;
  actors::job_colleagues colleagues_;
  std::optional<actors::supervisor_actor> supervisor_;
  std::optional<actors::reader_actor> api_reader_;
  std::optional<actors::herald_actor> herald_;
  caf::actor stage_;
  millis ledger_held_until_{0};
  std::map<std::uint64_t, timer> timers_;
  std::uint64_t last_timer_ = 0;
  std::map<std::uint64_t, caf::actor_addr>
      job_actors_;  ///< by the order in which they were seen first
  std::uint64_t last_job_actor_ = 0;
  std::size_t longest_mailbox_ = 0;
  std::function<bool(job_id, std::size_t)> kills_next_that_records_;
  mutable std::optional<traffic> traffic_;  ///< while the story is read
};

}  // namespace retail_pulse::simulation
