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

void ledger_state::add_slice(ledger_command command) {
  slices_.push_back(std::move(command));
  schedule();
}

void ledger_state::schedule() {
  if (!std::exchange(flush_scheduled_, true)) schedule_flush_();
}

std::vector<ledger_command> ledger_state::next_batch() {
  std::vector<ledger_command> batch;
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
  if (!slices_.empty()) {
    batch.push_back(std::move(slices_.front()));
    slices_.pop_front();
  }
  if (const auto failure = commit_together(batch)) {
    if (failure->what_kind() == storage::storage_error::kind::other) {
      commit_one_by_one(batch);  // one command may be at fault, and must not fail the others
    } else {                     // storage itself is at fault: each would fail
      for (const auto& command : batch) command.refused(storage_failure(*failure));
    }
  }
  flush_scheduled_ = !queue_.empty() || !slices_.empty();
  if (flush_scheduled_) schedule_flush_();
}

std::optional<storage::storage_error> ledger_state::commit_together(
    std::span<const ledger_command> batch) {
  std::vector<after_commit> durable;
  durable.reserve(batch.size());
  try {
    writer_->begin();
    for (const auto& command : batch) durable.push_back(command.step(*writer_));
    writer_->commit();
  } catch (const storage::storage_error& e) {
    writer_->rollback();
    observe::log(observe::level::error, "a commit failed",
                 {{"commands", static_cast<std::int64_t>(batch.size())}, {"cause", e.what()}});
    return e;
  }
  for (const auto& then : durable) {
    if (then) then();
  }
  return std::nullopt;
}

void ledger_state::commit_one_by_one(std::span<const ledger_command> batch) {
  for (const auto& command : batch) {
    if (const auto failure = commit_together({&command, 1}))
      command.refused(storage_failure(*failure));
  }
}

namespace {

using self_pointer = ledger_actor::stateful_pointer<ledger_state>;

/// Deletes a slice of the last of these staging jobs, then the rest. After a failure it is tried
/// again later, and at the next start.
ledger_command discarding(self_pointer self, const std::vector<job_id>& jobs) {
  return {
      [=](storage::writer& writer) -> after_commit {
        if (jobs.empty()) return {};
        auto left = jobs;
        if (writer.discard_staging(left.back(), limits::slice_rows)) left.pop_back();
        if (left.empty()) return {};
        return [=] { self->state.add_slice(discarding(self, left)); };
      },
      [=](const caf::error& e) {
        observe::log(observe::level::warning,
                     "an unfinished submission could not be deleted; trying again",
                     {{"cause", text_of(e)}});
        self->delayed_send(self, limits::storage_retry, discard_atom_v, id_list{jobs});
      },
  };
}

/// The answer where the key belongs to a submission that is stored already.
std::optional<stored_submission> known_submission(storage::writer& writer,
                                                  const std::optional<submission_key>& key,
                                                  unix_millis now) {
  using kind = stored_submission::kind;
  if (!key) return std::nullopt;
  const auto known = writer.find_key(key->text, now);
  if (!known) return std::nullopt;
  const bool same = known->digest == key->digest;
  return stored_submission{same ? kind::known : kind::key_used, known->job, known->state};
}

/// Stores the key in the same step that makes the job visible.
void remember(storage::writer& writer, const std::optional<submission_key>& key, job_id job,
              unix_millis now) {
  if (key) writer.remember_key(*key, job, now);
}

/// The answer to a submission that is stored as this job.
stored_submission stored_as(job_id id, const submission& job) {
  const auto total = static_cast<std::int64_t>(job.image_count());
  return {stored_submission::kind::stored, {id, run_number{1}, {total, 0, 0}}, job_state::ongoing};
}

/// A large submission on its way into storage: a `staging` job that becomes visible with the last
/// slice.
struct staged_submission {
  submission_ptr job;
  std::optional<submission_key> key;
  caf::typed_response_promise<stored_submission> promise;
  std::optional<job_id> id;  ///< once a slice is durable
  std::size_t written = 0;   ///< durable images
};

ledger_command staging(self_pointer self, staged_submission staged);

/// The key is looked up once, before the first slice: the supervisor lets only one submission of a
/// key through at a time, so the answer stays true.
after_commit write_slice(self_pointer self, storage::writer& writer, staged_submission staged) {
  const auto now = self->state.now();
  if (!staged.id) {
    if (auto known = known_submission(writer, staged.key, now))
      return [=]() mutable { staged.promise.deliver(*known); };
    staged.id = writer.create_job(*staged.job, now);
  }
  const auto begin = std::exchange(
      staged.written, std::min(staged.job->image_count(), staged.written + limits::slice_rows));
  writer.append(*staged.id, *staged.job, begin, staged.written);
  if (staged.written < staged.job->image_count())
    return [=] { self->state.add_slice(staging(self, staged)); };
  writer.publish(*staged.id, now);
  remember(writer, staged.key, *staged.id, now);
  return [=]() mutable { staged.promise.deliver(stored_as(*staged.id, *staged.job)); };
}

/// The next slice of a large submission.
ledger_command staging(self_pointer self, staged_submission staged) {
  return {
      [=](storage::writer& writer) { return write_slice(self, writer, staged); },
      [=](const caf::error& e) mutable {
        staged.promise.deliver(e);
        if (staged.id) self->state.add_slice(discarding(self, {*staged.id}));
      },
  };
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

/// Notifies courier and herald of what a command of the job has changed.
auto notifying(self_pointer self, job_id job) {
  return [=](const auto& change) { notify(self, job, change); };
}

/// For a command that nobody but its sender is notified of.
constexpr auto nothing = [](const auto&) {};

/// A command whose reply is what `write` returns. `then` gets it first, once it is durable.
template <class Write, class Then, class Outcome = std::invoke_result_t<Write, storage::writer&>>
caf::result<Outcome> in_one_step(self_pointer self, std::size_t rows, Write write, Then then) {
  auto promise = self->make_response_promise<Outcome>();
  self->state.add({
      [=](storage::writer& writer) mutable -> after_commit {
        return [=, outcome = write(writer)]() mutable {
          then(outcome);
          promise.deliver(outcome);
        };
      },
      [=](const caf::error& e) mutable { promise.deliver(e); },
      rows,
  });
  return promise;
}

caf::result<stored_submission> store(self_pointer self, const submission_ptr& job,
                                     const std::optional<submission_key>& key) {
  if (job->image_count() > limits::slice_rows) {
    auto promise = self->make_response_promise<stored_submission>();
    self->state.add_slice(staging(self, {job, key, promise, {}, 0}));
    return promise;
  }
  const auto write = [=](storage::writer& writer) {
    const auto now = self->state.now();
    if (auto known = known_submission(writer, key, now)) return *known;
    const auto id = writer.store(*job, now);
    remember(writer, key, id, now);
    return stored_as(id, *job);
  };
  return in_one_step(self, job->image_count(), write, nothing);
}

/// The failing of a run's pending images, slice by slice.
struct abandoned_run {
  job_id job;
  run_number run;
  storage::abandonment why;
  caf::typed_response_promise<storage::recorded> promise;
  storage::recorded total{};  ///< of the durable slices
};

/// The next slice.
ledger_command abandoning(self_pointer self, abandoned_run of) {
  return {
      [=](storage::writer& writer) -> after_commit {
        const auto slice = writer.abandon(of.job, of.run, of.why, limits::slice_rows,
                                          self->state.now(), of.total.last);
        return [=] {
          notify(self, of.job, slice);
          auto next = of;
          next.total = slice;
          next.total.changed += of.total.changed;
          if (slice.changed == 0 || slice.images.pending() == 0) {
            next.promise.deliver(next.total);
          } else {
            self->state.add_slice(abandoning(self, next));
          }
        };
      },
      [=](const caf::error& e) mutable { of.promise.deliver(e); },
  };
}

caf::result<storage::recorded> abandon(self_pointer self, job_id job, run_number run,
                                       const storage::abandonment& why) {
  auto promise = self->make_response_promise<storage::recorded>();
  self->state.add_slice(abandoning(self, {job, run, why, promise}));
  return promise;
}

/// A commit may succeed and be reported as failed. Then `write` runs again, and finds the run that
/// it has begun itself: so it remembers which.
caf::result<storage::controlled> redrive(self_pointer self, job_id job, std::int64_t room) {
  using kind = storage::controlled::kind;
  const auto write = [=, begun = std::optional<run_number>{}](storage::writer& writer) mutable {
    auto outcome = writer.redrive(job, room, self->state.now());
    if (outcome.what == kind::ongoing && outcome.job.run == begun) outcome.what = kind::done;
    if (outcome.what == kind::done) begun = outcome.job.run;
    return outcome;
  };
  return in_one_step(self, 1, write, notifying(self, job));
}

/// One of the slices that a job sends; others are written between them.
caf::result<caf::ok_atom> number(self_pointer self, job_id job, const numbered_images_ptr& slice) {
  auto promise = self->make_response_promise<caf::ok_atom>();
  self->state.add_slice({
      [=](storage::writer& writer) -> after_commit {
        writer.number_origins(job, slice->images, slice->fresh);
        return [=]() mutable { promise.deliver(caf::ok_atom_v); };
      },
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
        const auto write = [=](storage::writer& writer) {
          return writer.cancel(job, self->state.now());
        };
        return in_one_step(self, 1, write, notifying(self, job));
      },
      [=](redrive_atom, job_id job, std::int64_t room) { return redrive(self, job, room); },
      [=](record_atom, job_id job, run_number run, const results_ptr& batch) {
        const auto write = [=](storage::writer& writer) {
          return writer.record(job, run, batch->results, self->state.now());
        };
        return in_one_step(self, batch->results.size(), write, notifying(self, job));
      },
      [=](abandon_atom, job_id job, run_number run, const storage::abandonment& why) {
        return abandon(self, job, run, why);
      },
      [=](number_atom, job_id job, const numbered_images_ptr& slice) {
        return number(self, job, slice);
      },
      [=](settle_atom, job_id job) {
        const auto write = [=](storage::writer& writer) {
          return writer.settle(job, self->state.now());
        };
        return in_one_step(self, 1, write, notifying(self, job));
      },
      [=](discard_atom, const id_list& jobs) { self->state.add_slice(discarding(self, jobs.ids)); },
      [=](courier_atom, const courier_actor& courier) {
        self->state.courier = courier;
        self->send(courier, due_atom_v);
      },
      [=](note_atom, const callback_attempt& attempt) {
        const auto write = [=](storage::writer& writer) {
          writer.note_callback(attempt, self->state.now());
          return caf::ok_atom_v;
        };
        return in_one_step(self, 1, write, nothing);
      },
      [=](flush_atom) { self->state.flush(); },
  };
}

}  // namespace retail_pulse::actors
