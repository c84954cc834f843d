#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "simulation/setting.hpp"

namespace retail_pulse::simulation {

/// The clients of a world, one per job: each submits until it has its `201`, some ask for the
/// status all the time, cancel, redrive, or submit again under their key. They outlive the process
/// that they talk to. What they are answered goes to the witness.
class clients {
 public:
  explicit clients(setting& world);

  /// Another life of the process has begun: whoever waited gets no answer any more and goes on.
  void process_starts();
  void drain_begins();
  /// Whether a client that waited when the drain of this life began has no answer yet.
  bool any_waits_since_drain() const;
  bool any_waits() const;
  /// Every client has its job or has given up, and waits for nothing.
  bool are_finished() const;

 private:
  struct client {
    const job_plan* job = nullptr;
    std::string key;  ///< empty: it has none
    std::optional<job_id> id;
    bool waits_for_answer = false;
    bool has_given_up = false;
    int tries = 0;
    std::uint64_t was_there_before_drain_in = 0;  ///< the life whose drain began while it waited
    bool waits_for_cancel = false;
    bool cancel_is_done = false;
    bool waits_for_redrive = false;
    int redrives_left = 0;
    bool redrive_failed =
        false;  ///< storage refused one, or it had no answer: it may have been done
    bool waits() const { return waits_for_answer || waits_for_cancel || waits_for_redrive; }
    /// "submission 2", or "job 2" once it is accepted.
    std::string name(const scenario& plan) const;
  };

  void at(millis when, const client& who, const std::string& what_for, std::function<void()> what);
  void submit(client& who);
  void send(const client& who, std::function<void(actors::submit_outcome)> answer);
  void repeat(client& who);
  void take_id(client& who, const actors::submit_outcome& answer);
  void take_answer(client& who, const actors::submit_outcome& answer);
  void ask_again(client& who);

  bool may_request() { return !world_.is_concluding && world_.now() < world_.plan.calm_at; }
  /// The cancels and redrives that this client still has to request, from then on.
  void plan_requests(client& who, millis from);
  void cancel(client& who);
  void take_cancel(client& who, const actors::control_outcome& answer);
  void watch(client& who, millis from);
  void redrive(client& who);
  void take_redrive(client& who, const actors::control_outcome& answer);

  setting& world_;
  std::vector<client> clients_;
};

}  // namespace retail_pulse::simulation
