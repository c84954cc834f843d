#pragma once

#include <caf/all.hpp>
#include <caf/scheduler/test_coordinator.hpp>
#include <cstdint>
#include <map>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "simulation/describe/description.hpp"
#include "simulation/story.hpp"

namespace retail_pulse::simulation {

/// Describes the messages of one life of the process for the reader of its story: who sent each
/// one, in which step, what it is about, and what a reply replies to. It only looks: mailboxes,
/// timers and the order of messages stay as they are.
class traffic {
 public:
  explicit traffic(caf::scheduler::test_coordinator& coordinator) : coordinator_{coordinator} {}

  /// Looks for messages and timers that are new since the last look: `step` made them, or what set
  /// the timer that has just fired.
  void look(std::uint64_t step);
  /// The next look finds what this timer sends.
  void fires(const void* timer);

  /// The line of a message that an actor is about to handle; nullptr: it starts. Once per message.
  story_line line_of(const caf::scheduled_actor& receiver, const caf::mailbox_element* message,
                     const std::string& subject, std::uint64_t step);
  /// The same for a timer of those outside the service.
  story_line line_of_timer(const caf::mailbox_element* message, std::string_view whose,
                           const std::string& what_for, std::uint64_t step);

 private:
  struct origin {
    std::uint64_t cause = 0;
    const void* sender =
        nullptr;  ///< this and the id tell a message from an earlier one at its address
    std::uint64_t id = 0;
  };
  struct handled {
    std::string by;
    std::optional<job_id> job;
  };
  using request_key = std::pair<caf::actor_id, std::uint64_t>;

  void see(const caf::mailbox_element& message, std::unordered_map<const void*, origin>& seen);
  void learn_from(const caf::mailbox_element& message);
  void name_new_job_actors();
  std::uint64_t take_cause(const void* of);
  std::string text_of_answer(const caf::scheduled_actor& receiver,
                             const caf::mailbox_element& message, const std::string& text);
  perhaps_described describe_system_message(const message_content& content) const;
  work work_of(const caf::strong_actor_ptr& actor) const;
  work work_of(const caf::abstract_actor& actor) const;
  std::string name_of(const caf::abstract_actor& actor) const;
  std::string sender_of(const caf::mailbox_element& message, std::uint64_t cause) const;
  void fill(story_line& line, const caf::scheduled_actor& receiver,
            const caf::mailbox_element& message, const std::string& subject);
  void remember(std::uint64_t step, const story_line& line);

  caf::scheduler::test_coordinator& coordinator_;
  std::unordered_map<const void*, origin> waiting_;  ///< messages and timers, by their address
  std::uint64_t cause_of_timer_ = 0;                 ///< set between its firing and the next look
  bool timer_fired_ = false;
  std::map<caf::actor_id, work> works_;          ///< of job actors and image actors
  std::map<request_key, std::string> requests_;  ///< not answered yet: what was asked
  std::map<std::uint64_t, handled> handled_;     ///< by step
  std::vector<job_id> named_jobs_;               ///< in the message that was handled last
};

}  // namespace retail_pulse::simulation
