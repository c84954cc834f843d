#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "actors/callback_queue.hpp"
#include "actors/protocols.hpp"
#include "core/limits.hpp"
#include "core/time.hpp"
#include "webhooks/poster.hpp"

namespace retail_pulse::actors {

struct courier_settings {
  webhooks::poster* poster = nullptr;                ///< outlives the actor
  std::string key;                                   ///< signs the messages
  int attempts = limits::default_callback_attempts;  ///< per webhook, then it is given up
  std::size_t at_once = limits::callbacks_at_once;   ///< deliveries, see callback_places::of
  std::uint64_t seed = 0;                            ///< of the draws in back-offs
  wall_clock clock;                           ///< due times are stored, so they are wall times
  std::size_t held = limits::callbacks_held;  ///< webhooks in memory, at least a page
  std::function<std::string(const job_status&)> body;  ///< the message about an ended run
};

/// The wait between attempt `attempt` (from 1) and the next: limits::callback_backoff, with jitter
/// that is drawn from `names`.
std::chrono::milliseconds callback_backoff(int attempt, std::initializer_list<std::uint64_t> names);

/// Sends the webhooks of ended runs, each at least once, from their rows in storage (the outbox),
/// and has the ledger record the outcome of every delivery.
///
/// It keeps nothing that storage does not know. At the start, when notified of new webhooks, and
/// when its queue has room, it reads on behind the last row that it has read. Webhooks that wait
/// for another attempt fill at most half of the queue. The others are left in storage, and found
/// again when it looks back for due ones; so receivers that never answer, however many, do not keep
/// new webhooks out. A delivery that the end of the process cut off is made again after the next
/// start, under the same webhook-id.
class courier_state {
 public:
  static constexpr const char* name = "courier";

  using self_pointer = courier_actor::stateful_pointer<courier_state>;

  explicit courier_state(self_pointer self) : self_{self} {}

  courier_actor::behavior_type make_behavior(courier_settings settings, ledger_actor ledger,
                                             std::shared_ptr<storage::reader> storage);

 private:
  /// Reads on, and sends the due webhooks.
  void serve();
  void serve_on_tick();
  void located(std::int64_t number, const std::string& address);
  void read_new();
  void take(std::int64_t number, const webhooks::posted& result);
  void note(std::int64_t number, const callback_attempt& attempt);
  void stop() { stopping_ = true; }
  void read_on();
  void look_back();
  void take_in(const pending_callback& found);
  void locate(std::int64_t number);
  void deliver(const callback_queue::entry& next);
  callback_attempt conclude(const callback_queue::entry& of, const webhooks::posted& result) const;
  void noted(std::int64_t number, const callback_attempt& attempt);
  void wait_for_next();

  const self_pointer self_;
  courier_settings settings_;
  ledger_actor ledger_;
  std::shared_ptr<storage::reader> storage_;
  std::optional<callback_queue> queue_;  ///< once opened
  std::int64_t last_read_ = 0;           ///< number of the last webhook that was read
  bool unread_ = false;                  ///< there may be more behind it
  bool left_behind_ = false;             ///< some that were read are pending and not in the queue
  bool left_again_ = false;              ///< likewise, among those that this look back has passed
  std::int64_t looked_at_ = 0;  ///< number of the last webhook that this look back has passed
  unix_millis next_look_back_{0};
  bool ticking_ = false;
  bool stopping_ = false;
};

/// Blocks in storage: spawn it detached in production.
courier_actor::behavior_type courier(courier_actor::stateful_pointer<courier_state> self,
                                     courier_settings settings, ledger_actor ledger,
                                     std::shared_ptr<storage::reader> storage);

}  // namespace retail_pulse::actors
