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
  webhooks::poster* poster = nullptr;                     ///< outlives the actor
  std::string key;                                     ///< what messages are signed with
  int attempts = limits::default_callback_attempts;    ///< per callback, then it is given up
  std::size_t at_once = limits::callbacks_at_once;     ///< deliveries, see callback_places::of
  std::uint64_t seed = 0;                              ///< of the chance in back-offs
  wall_clock clock;                                    ///< when a callback is due is stored, so it is of the wall
  std::size_t held = limits::callbacks_held;           ///< callbacks in memory; tests have fewer, at least a page
  std::function<std::string(const job_status&)> body;  ///< the message about a run that ended so
};

/// How long to wait after attempt `attempt` (from 1) before the next: limits::callback_backoff, give or take a little. `names` are what
/// chance is drawn from.
std::chrono::milliseconds callback_backoff(int attempt, std::initializer_list<std::uint64_t> names);

/// Delivers, at least once each, the callbacks that verdicts leave in storage, and has the ledger note what came of every attempt.
///
/// It keeps nothing that storage does not know: a start, a new verdict and room in its queue all read on behind the last callback it
/// knows. Those that wait for another attempt fill half of the queue at most: the others are left in storage, where it looks for them again
/// when they are due, so that no number of receivers that never answer keeps first messages out. A delivery that was cut off by the end of
/// the process is made again at the next start, under the same webhook-id.
class courier_state {
 public:
  static constexpr const char* name = "courier";

  using self_pointer = courier_actor::stateful_pointer<courier_state>;

  void open(self_pointer self, courier_settings settings, ledger_actor ledger, std::shared_ptr<storage::reader> storage);

  /// Reads on, and delivers what is due.
  void serve();
  void serve_on_tick();
  void located(std::int64_t number, const std::string& address);
  void news();
  void take(std::int64_t number, const webhooks::posted& result);
  void note(std::int64_t number, const callback_attempt& attempt);
  void stop() { stopping_ = true; }

 private:
  void read_on();
  void look_back();
  void take_in(const pending_callback& found);
  void locate(std::int64_t number);
  void deliver(const callback_queue::entry& next);
  callback_attempt conclude(const callback_queue::entry& of, const webhooks::posted& result) const;
  void noted(std::int64_t number, const callback_attempt& attempt);
  void wait_for_next();

  self_pointer self_ = nullptr;
  courier_settings settings_;
  ledger_actor ledger_;
  std::shared_ptr<storage::reader> storage_;
  std::optional<callback_queue> queue_;  ///< once opened
  std::int64_t last_read_ = 0;           ///< number of the last callback that was read
  bool unread_ = false;                  ///< there may be more behind it
  bool left_behind_ = false;             ///< some of those that were read are pending and not held
  bool left_again_ = false;              ///< likewise, of those that this look back has passed
  std::int64_t looked_at_ = 0;           ///< number of the last callback that this look back has passed
  unix_millis next_look_back_{0};
  bool ticking_ = false;
  bool stopping_ = false;
};

/// Blocks in storage: spawn it detached in production.
courier_actor::behavior_type courier(courier_actor::stateful_pointer<courier_state> self, courier_settings settings, ledger_actor ledger,
                                     std::shared_ptr<storage::reader> storage);

}  // namespace retail_pulse::actors
