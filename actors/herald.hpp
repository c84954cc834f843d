#pragma once

#include <cstdint>
#include <optional>
#include <unordered_map>
#include <vector>

#include "actors/protocols.hpp"

namespace retail_pulse::actors {

/// Who follows which job, and what of its progress has been told.
class herald_state {
 public:
  static constexpr const char* name = "herald";

  void follow(job_id job, follower who);
  void unfollow(job_id job, std::uint64_t token);

  /// True when a pause of the job has begun, and `pause_is_over` has to be called at its end.
  bool take(const job_progress& news);
  bool pause_is_over(job_id id);

  /// True when `beat` has to be called a second later: there are followers, and it is not due yet.
  bool needs_beat();
  /// Beats for those whose turn this second is: every follower's comes once in limits::follower_beat.
  void beat();

 private:
  struct followed {
    std::vector<follower> followers;
    std::optional<job_progress> told;
    std::optional<job_progress> newer;  ///< to be told when the pause is over
    bool pausing = false;
  };
  static void tell(followed& job, const job_progress& news);
  void forget_if_idle(std::int64_t job);

  std::unordered_map<std::int64_t, followed> jobs_;  ///< by job id; at least one follower each, or a pause
  std::size_t followers_ = 0;
  std::uint64_t second_ = 0;
  bool beat_is_due_ = false;
};

/// Tells followers of jobs how they get on. A job without followers costs a look-up in a table.
herald_actor::behavior_type herald(herald_actor::stateful_pointer<herald_state> self);

}  // namespace retail_pulse::actors
