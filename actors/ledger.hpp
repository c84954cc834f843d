#pragma once

#include <deque>
#include <functional>
#include <memory>
#include <optional>

#include "actors/protocols.hpp"
#include "core/time.hpp"

namespace retail_pulse::actors {

/// Work for the ledger's writer. A small command is one step; a large submission, a wholesale failure or a deletion is many,
/// one per commit, so that others are written between them.
struct ledger_command {
  /// Does the next step inside an open transaction; true when it is the last. Throws storage_error. Changes nothing of its own, because
  /// after a rollback the same step may be asked for again.
  std::function<bool(storage::writer&)> step;
  /// The step is durable; `last` is what it answered.
  std::function<void(bool last)> committed;
  /// The step was not committed, and no other will be tried.
  std::function<void(const caf::error&)> refused;
  /// Rows that a step writes, about: what a commit is bounded by.
  std::size_t rows = 1;
};

/// Group commit: whatever gathered while the last commit ran is written in the next one.
class ledger_state {
 public:
  static constexpr const char* name = "ledger";

  /// Wall times of rows come from `clock`.
  void open(std::shared_ptr<storage::writer> writer, wall_clock clock);

  herald_actor herald;  ///< hears of every commit that changed a job

  /// Queues; true when a flush has to be scheduled.
  bool add(ledger_command command);
  bool add_sliced(ledger_command command);

  /// One commit: everything in the queue up to a bound, and one step of one sliced command. True when more is waiting.
  bool flush();

  unix_millis now() const { return clock_(); }

  std::optional<courier_actor> courier;  ///< who is told of verdicts that are to be told on; none where nobody is

 private:
  /// What the next commit takes from the queue: at least one command, and about limits::commit_rows at most.
  std::deque<ledger_command> next_batch();
  /// Commits the steps together; on failure rolls back, and tells which failure.
  std::optional<storage::storage_error> commit_together(std::deque<ledger_command>& batch);
  void commit_one_by_one(std::deque<ledger_command>& batch);
  bool schedule();

  std::shared_ptr<storage::writer> writer_;
  wall_clock clock_;
  std::deque<ledger_command> queue_;
  std::deque<ledger_command> sliced_;
  bool flush_scheduled_ = false;
};

/// Blocks in storage: spawn it detached in production.
ledger_actor::behavior_type ledger(ledger_actor::stateful_pointer<ledger_state> self, std::shared_ptr<storage::writer> storage,
                                   wall_clock clock, herald_actor herald);

}  // namespace retail_pulse::actors
