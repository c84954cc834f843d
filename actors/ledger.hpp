#pragma once

#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "actors/protocols.hpp"
#include "core/time.hpp"

namespace retail_pulse::actors {

/// What is to be done once a step is durable: reply, publish, queue the next slice. May be empty.
using after_commit = std::function<void()>;

/// One step of work for the ledger's writer.
struct ledger_command {
  /// Writes inside an open transaction. Throws storage_error. Commands share a commit, and when it
  /// fails, each may run again in one of its own; what the first run returned is dropped.
  std::function<after_commit(storage::writer&)> step;
  /// The step failed.
  std::function<void(const caf::error&)> refused;
  /// About how many rows the step writes; bounds a commit.
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

  /// Queues a small command.
  void add(ledger_command command);
  /// Queues one slice of a large command: a submission, the failing of a whole job, a deletion. The
  /// next one is queued when it is durable, so that other commands are written between them, and
  /// large commands take turns.
  void add_slice(ledger_command command);

  /// One commit: the queued commands up to a bound, and one slice. Schedules itself again while
  /// commands wait.
  void flush();

  unix_millis now() const { return clock_(); }

 private:
  /// The commands of the next commit: at least one, and about limits::commit_rows rows at most.
  std::vector<ledger_command> next_batch();
  /// Commits the steps together, and does what they return. On failure rolls back, and returns the
  /// failure.
  std::optional<storage::storage_error> commit_together(std::span<const ledger_command> batch);
  void commit_one_by_one(std::span<const ledger_command> batch);
  void schedule();

  std::shared_ptr<storage::writer> writer_;
  wall_clock clock_;
  std::function<void()> schedule_flush_;
  std::deque<ledger_command> queue_;
  std::deque<ledger_command> slices_;
  bool flush_scheduled_ = false;
};

/// Blocks in storage: spawn it detached in production.
ledger_actor::behavior_type ledger(ledger_actor::stateful_pointer<ledger_state> self,
                                   std::shared_ptr<storage::writer> storage, wall_clock clock,
                                   herald_actor herald);

}  // namespace retail_pulse::actors
