#pragma once

#include <deque>
#include <functional>
#include <memory>
#include <optional>

#include "actors/protocols.hpp"
#include "core/time.hpp"

namespace retail_pulse::actors {

/// Work for the ledger's writer, in steps. A small command has one step. A large submission, the
/// failing of a whole job and a deletion have many, one per commit, so that other commands are
/// written between them.
///
/// The calls for each step are: `step`, then `committed` or `refused`. Commands share a commit, and
/// when it fails, their steps may run again, one command per commit. So a step may run several
/// times before it is committed.
struct ledger_command {
  /// Writes the next step inside an open transaction; true when it is the last. Throws
  /// storage_error. Must not change the command's own state, because the step may be rolled back
  /// and run again: that is what `committed` is for.
  std::function<bool(storage::writer&)> step;
  /// The step is durable; `last` is what `step` returned.
  std::function<void(bool last)> committed;
  /// The step failed; no other step of the command runs.
  std::function<void(const caf::error&)> refused;
  /// About how many rows a step writes; bounds a commit.
  std::size_t rows = 1;
};

/// Group commit: the commands that gather while a commit runs are written in the next one.
class ledger_state {
 public:
  static constexpr const char* name = "ledger";

  /// Wall times of rows come from `clock`. `schedule_flush` has to bring about a call of `flush`,
  /// later.
  void open(std::shared_ptr<storage::writer> writer, wall_clock clock,
            std::function<void()> schedule_flush);

  herald_actor herald;  ///< notified of every commit that changed a job
  std::optional<courier_actor>
      courier;  ///< notified of new webhooks; empty if webhooks are disabled

  /// Queues a command of one step.
  void add(ledger_command command);
  /// Queues a command of several steps.
  void add_sliced(ledger_command command);

  /// One commit: the queued commands up to a bound, and one step of one sliced command. Schedules
  /// itself again while commands wait.
  void flush();

  unix_millis now() const { return clock_(); }

 private:
  /// The commands of the next commit: at least one, and about limits::commit_rows rows at most.
  std::deque<ledger_command> next_batch();
  /// Commits the steps together. On failure rolls back, and returns the failure.
  std::optional<storage::storage_error> commit_together(std::deque<ledger_command>& batch);
  void commit_one_by_one(std::deque<ledger_command>& batch);
  void schedule();

  std::shared_ptr<storage::writer> writer_;
  wall_clock clock_;
  std::function<void()> schedule_flush_;
  std::deque<ledger_command> queue_;
  std::deque<ledger_command> sliced_;
  bool flush_scheduled_ = false;
};

/// Blocks in storage: spawn it detached in production.
ledger_actor::behavior_type ledger(ledger_actor::stateful_pointer<ledger_state> self,
                                   std::shared_ptr<storage::writer> storage, wall_clock clock,
                                   herald_actor herald);

}  // namespace retail_pulse::actors
