#pragma once

#include <cstdint>
#include <optional>
#include <unordered_map>
#include <vector>

#include "actors/protocols.hpp"

namespace retail_pulse::actors {

/// The subscribers of each job, and the last update that was published to them.
class herald_state {
 public:
  static constexpr const char* name = "herald";

  void follow(job_id job, subscriber added);
  void unfollow(job_id job, std::uint64_t token);

  /// Publishes the update, or keeps it until the pause after the last one is over. True: a pause
  /// has begun, at whose end `pause_is_over` has to be called.
  bool take(const job_progress& update);
  /// True: another pause has begun.
  bool pause_is_over(job_id id);

  /// True: `beat` has to be called a second later. There are subscribers, and no call is due yet.
  bool needs_beat();
  /// Calls the `beat` of those whose turn this second is: every subscriber's comes once per
  /// limits::follower_beat.
  void beat();

 private:
  struct followed {
    std::vector<subscriber> subscribers;
    std::optional<job_progress> published;
    std::optional<job_progress> kept;  ///< newer; published when the pause is over
    bool pausing = false;
  };
  static void publish(followed& job, const job_progress& update);
  void forget_if_idle(std::int64_t job);

  std::unordered_map<std::int64_t, followed>
      jobs_;  ///< by job id; each has a subscriber, or is pausing
  std::size_t subscribers_ = 0;
  std::uint64_t second_ = 0;
  bool beat_is_due_ = false;
};

/// Publishes job progress to subscribers. A job without subscribers costs a look-up in a table.
herald_actor::behavior_type herald(herald_actor::stateful_pointer<herald_state> self);

}  // namespace retail_pulse::actors
