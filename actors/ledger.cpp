#include "actors/ledger.hpp"

#include <algorithm>
#include <optional>
#include <type_traits>
#include <utility>
#include <vector>

#include "actors/vital.hpp"
#include "core/limits.hpp"

namespace retail_pulse::actors {

void ledger_state::open(std::shared_ptr<storage::writer> writer, wall_clock clock,
                        std::function<void()> schedule_flush) {
  writer_ = std::move(writer);
  clock_ = std::move(clock);
  schedule_flush_ = std::move(schedule_flush);
}

void ledger_state::add(ledger_command command) {
  queue_.push_back(std::move(command));
  schedule();
}

void ledger_state::add_sliced(ledger_command command) {
  sliced_.push_back(std::move(command));
  schedule();
}

void ledger_state::schedule() {
  if (!std::exchange(flush_scheduled_, true)) schedule_flush_();
}

std::deque<ledger_command> ledger_state::next_batch() {
  std::deque<ledger_command> batch;
  std::size_t rows = 0;
  while (!queue_.empty() && (batch.empty() || rows + queue_.front().rows <= limits::commit_rows)) {
    rows += queue_.front().rows;
    batch.push_back(std::move(queue_.front()));
    queue_.pop_front();
  }
  return batch;
}

void ledger_state::flush() {
  auto batch = next_batch();
  if (!sliced_.empty()) {
    batch.push_back(std::move(sliced_.front()));
    sliced_.pop_front();
  }
  if (const auto failure = commit_together(batch)) {
    if (failure->what_kind() == storage::storage_error::kind::other) {
      commit_one_by_one(batch);  // one command may be at fault, and must not fail the others
    } else {                     // storage itself is at fault: each would fail
      for (auto& command : batch) command.refused(storage_failure(*failure));
    }
  }
  flush_scheduled_ = !queue_.empty() || !sliced_.empty();
  if (flush_scheduled_) schedule_flush_();
}

std::optional<storage::storage_error> ledger_state::commit_together(
    std::deque<ledger_command>& batch) {
  std::vector<bool> last;
  last.reserve(batch.size());
  try {
    writer_->begin();
    for (auto& command : batch) last.push_back(command.step(*writer_));
    writer_->commit();
  } catch (const storage::storage_error& e) {
    writer_->rollback();
    observe::log(observe::level::error, "a commit failed",
                 {{"commands", static_cast<std::int64_t>(batch.size())}, {"cause", e.what()}});
    return e;
  }
  for (std::size_t i = 0; i < batch.size(); ++i) {
    batch[i].committed(last[i]);
    if (!last[i])
      sliced_.push_back(std::move(batch[i]));  // to the end, so that sliced commands take turns
  }
  return std::nullopt;
}

void ledger_state::commit_one_by_one(std::deque<ledger_command>& batch) {
  for (auto& command : batch) {
    std::deque<ledger_command> alone;
    alone.push_back(command);
    if (const auto failure = commit_together(alone)) command.refused(storage_failure(*failure));
  }
}

namespace {

using self_pointer = ledger_actor::stateful_pointer<ledger_state>;

/// Deletes staging jobs, a slice per step. After a failure it is tried again later, and at the next
/// start.
ledger_command discarding(self_pointer self, std::vector<job_id> jobs) {
  struct progress {
    std::vector<job_id> left;
    bool gone = false;
  };
  auto state = std::make_shared<progress>(progress{std::move(jobs)});
  return {
      [state](storage::writer& writer) {
        if (state->left.empty()) return true;
        state->gone = writer.discard_staging(state->left.back(), limits::slice_rows);
        return state->gone && state->left.size() == 1;
      },
      [state](bool) {
        if (state->gone && !state->left.empty()) state->left.pop_back();
      },
      [=](const caf::error& e) {
        observe::log(observe::level::warning,
                     "an unfinished submission could not be deleted; trying again",
                     {{"cause", text_of(e)}});
        self->delayed_send(self, limits::storage_retry, discard_atom_v, id_list{state->left});
      },
  };
}

/// Writes a submission: a small one in one step, a large one slice by slice, as a `staging` job
/// that becomes visible with the last slice. The submission's key is stored in the same step that
/// makes the job visible.
class staged_submission {
 public:
  staged_submission(submission_ptr job, std::optional<submission_key> key)
      : job_{std::move(job)}, key_{std::move(key)} {}

  bool write_slice(storage::writer& writer, unix_millis now) {
    if (is_known(writer, now)) return true;
    if (job_->image_count() <= limits::slice_rows) {
      next_id_ = writer.store(*job_, now);
    } else if (!write_next(writer, now)) {
      return false;
    }
    if (key_) writer.remember_key(*key_, next_id_, now);
    return true;
  }

  void slice_is_durable() {
    if (known_) return;
    id_ = next_id_;
    written_ = next_written_;
  }

  /// The result. Valid after the last slice is committed.
  stored_submission outcome() const {
    using kind = stored_submission::kind;
    const auto total = static_cast<std::int64_t>(job_->image_count());
    if (!known_) return {kind::stored, {*id_, run_number{1}, {total, 0, 0}}, job_state::ongoing};
    const bool same = known_->digest == key_->digest;
    return {same ? kind::known : kind::key_used, known_->job, known_->state};
  }

  /// The job's id, once a slice is committed.
  std::optional<job_id> id() const { return id_; }

 private:
  /// Writes the next slice of a large job; true when it is the last.
  bool write_next(storage::writer& writer, unix_millis now) {
    next_id_ = id_ ? *id_ : writer.create_job(*job_, now);
    next_written_ = std::min(job_->image_count(), written_ + limits::slice_rows);
    writer.append(next_id_, *job_, written_, next_written_);
    if (next_written_ < job_->image_count()) return false;
    writer.publish(next_id_, now);
    return true;
  }

  /// Whether the key belongs to a submission that is stored already. Looked up once, before the
  /// first slice: the supervisor lets only one submission of a key through at a time, so the answer
  /// stays true.
  bool is_known(storage::writer& writer, unix_millis now) {
    if (!key_ || id_) return false;
    known_ = writer.find_key(key_->text, now);
    return known_.has_value();
  }

  submission_ptr job_;
  std::optional<submission_key> key_;
  std::optional<storage::keyed_submission> known_;
  std::optional<job_id> id_;
  std::size_t written_ = 0;
  job_id next_id_;
  std::size_t next_written_ = 0;
};

caf::result<stored_submission> store(self_pointer self, const submission_ptr& job,
                                     const std::optional<submission_key>& key) {
  auto promise = self->make_response_promise<stored_submission>();
  auto staged = std::make_shared<staged_submission>(job, key);
  ledger_command command{
      [=](storage::writer& writer) { return staged->write_slice(writer, self->state.now()); },
      [=](bool last) mutable {
        staged->slice_is_durable();
        if (last) promise.deliver(staged->outcome());
      },
      [=](const caf::error& e) mutable {
        promise.deliver(e);
        if (const auto id = staged->id()) self->state.add_sliced(discarding(self, {*id}));
      },
      std::min(job->image_count(), limits::slice_rows),
  };
  if (job->image_count() <= limits::slice_rows) {
    self->state.add(std::move(command));
  } else {
    self->state.add_sliced(std::move(command));
  }
  return promise;
}

/// Notifies courier and herald of a committed change of a job.
void notify(self_pointer self, job_id job, const storage::recorded& change) {
  if (change.has_callback && self->state.courier) self->send(*self->state.courier, due_atom_v);
  if (change.changed == 0 && change.state == job_state::ongoing) return;
  self->send(self->state.herald, progress_atom_v,
             job_progress{job, change.run, change.state, change.images});
}

void notify(self_pointer self, job_id job, const storage::controlled& change) {
  if (change.what != storage::controlled::kind::done) return;
  self->send(self->state.herald, progress_atom_v,
             job_progress{job, change.job.run, job_state::ongoing, change.job.images});
}

/// A command of one step; its reply is the step's return value.
template <class Step, class Outcome = std::invoke_result_t<Step, storage::writer&>>
caf::result<Outcome> in_one_step(self_pointer self, job_id job, std::size_t rows, Step step) {
  auto promise = self->make_response_promise<Outcome>();
  auto outcome = std::make_shared<Outcome>();
  self->state.add({
      [=](storage::writer& writer) {
        *outcome = step(writer);
        return true;
      },
      [=](bool) mutable {
        notify(self, job, *outcome);
        promise.deliver(*outcome);
      },
      [=](const caf::error& e) mutable { promise.deliver(e); },
      rows,
  });
  return promise;
}

caf::result<storage::recorded> abandon(self_pointer self, job_id job, run_number run,
                                       const storage::abandonment& why) {
  auto promise = self->make_response_promise<storage::recorded>();
  auto total = std::make_shared<storage::recorded>();
  auto slice = std::make_shared<storage::recorded>();
  self->state.add_sliced({
      [=](storage::writer& writer) {
        *slice = writer.abandon(job, run, why, limits::slice_rows, self->state.now(), total->last);
        return slice->changed == 0 || slice->images.pending() == 0;
      },
      [=](bool last) mutable {
        notify(self, job, *slice);
        slice->changed += total->changed;
        *total = *slice;
        if (last) promise.deliver(*total);
      },
      [=](const caf::error& e) mutable { promise.deliver(e); },
  });
  return promise;
}

/// A commit may succeed and be reported as failed. Then the step runs again, and finds the run that
/// it has begun itself.
caf::result<storage::controlled> redrive(self_pointer self, job_id job, std::int64_t room) {
  using kind = storage::controlled::kind;
  auto begun = std::make_shared<std::optional<run_number>>();
  return in_one_step(self, job, 1, [=](storage::writer& writer) {
    auto outcome = writer.redrive(job, room, self->state.now());
    if (outcome.what == kind::ongoing && outcome.job.run == *begun) outcome.what = kind::done;
    if (outcome.what == kind::done) *begun = outcome.job.run;
    return outcome;
  });
}

caf::result<caf::ok_atom> note(self_pointer self, const callback_attempt& attempt) {
  auto promise = self->make_response_promise<caf::ok_atom>();
  self->state.add({
      [=](storage::writer& writer) {
        writer.note_callback(attempt, self->state.now());
        return true;
      },
      [=](bool) mutable { promise.deliver(caf::ok_atom_v); },
      [=](const caf::error& e) mutable { promise.deliver(e); },
  });
  return promise;
}

caf::result<caf::ok_atom> number(self_pointer self, job_id job, const numbered_images_ptr& slice) {
  auto promise = self->make_response_promise<caf::ok_atom>();
  self->state.add_sliced({
      [=](storage::writer& writer) {
        writer.number_origins(job, slice->images, slice->fresh);
        return true;
      },
      [=](bool) mutable { promise.deliver(caf::ok_atom_v); },
      [=](const caf::error& e) mutable { promise.deliver(e); },
  });
  return promise;
}

}  // namespace

ledger_actor::behavior_type ledger(self_pointer self, std::shared_ptr<storage::writer> storage,
                                   wall_clock clock, herald_actor herald) {
  abort_on_exception(self, "ledger");
  self->state.herald = std::move(herald);
  self->state.open(std::move(storage), std::move(clock),
                   [self] { self->send(self, flush_atom_v); });
  return {
      [=](store_atom, const submission_ptr& job, const std::optional<submission_key>& key) {
        return store(self, job, key);
      },
      [=](cancel_atom, job_id job) {
        return in_one_step(self, job, 1, [=](storage::writer& writer) {
          return writer.cancel(job, self->state.now());
        });
      },
      [=](redrive_atom, job_id job, std::int64_t room) { return redrive(self, job, room); },
      [=](record_atom, job_id job, run_number run, const results_ptr& batch) {
        return in_one_step(self, job, batch->results.size(), [=](storage::writer& writer) {
          return writer.record(job, run, batch->results, self->state.now());
        });
      },
      [=](abandon_atom, job_id job, run_number run, const storage::abandonment& why) {
        return abandon(self, job, run, why);
      },
      [=](number_atom, job_id job, const numbered_images_ptr& slice) {
        return number(self, job, slice);
      },
      [=](settle_atom, job_id job) {
        return in_one_step(self, job, 1, [=](storage::writer& writer) {
          return writer.settle(job, self->state.now());
        });
      },
      [=](discard_atom, const id_list& jobs) {
        self->state.add_sliced(discarding(self, jobs.ids));
      },
      [=](courier_atom, const courier_actor& courier) {
        self->state.courier = courier;
        self->send(courier, due_atom_v);
      },
      [=](note_atom, const callback_attempt& attempt) { return note(self, attempt); },
      [=](flush_atom) { self->state.flush(); },
  };
}

}  // namespace retail_pulse::actors
