#include "actors/supervisor.hpp"

#include <algorithm>

#include "actors/vital.hpp"
#include "core/limits.hpp"

namespace retail_pulse::actors {

using observe::field;
using observe::level;
using observe::log;

supervisor_actor::behavior_type supervisor_state::make_behavior(supervisor_settings settings,
                                                                job_colleagues colleagues) {
  settings_ = settings;
  colleagues_ = std::move(colleagues);
  self_->set_down_handler([this](caf::down_msg& down) { job_died(down); });
  self_->set_exit_handler([this](caf::exit_msg& exit) {
    for (const auto& [ticket, job] : jobs_) self_->send_exit(job.handle, exit.reason);
    self_->quit(exit.reason);
  });
  discard_unfinished();
  return {
      [this](submit_atom, const submission_ptr& submission,
             const std::optional<submission_key>& key,
             const reply<submit_outcome>& answer) { submit(submission, key, answer); },
      [this](cancel_atom, job_id job, const reply<control_outcome>& answer) {
        cancel(job, answer);
      },
      [this](redrive_atom, job_id job, const reply<control_outcome>& answer) {
        redrive(job, answer);
      },
      [this](load_atom, const reply<std::optional<load_report>>& answer) { report_load(answer); },
      [this](recover_atom, job_id after) { recover(after); },
      [this](progress_atom, job_ticket ticket, std::int64_t images) { progress(ticket, images); },
      [this](ended_atom, job_ticket ticket) { ended(ticket); },
      [this](abandon_atom, job_id job, run_number run, std::int64_t pending) {
        abandon(job, run, pending);
      },
      [this](drain_atom, std::chrono::milliseconds timeout) { return drain(timeout); },
  };
}

// --- admission ----------------------------------------------------------------------------------

std::optional<submit_outcome> supervisor_state::rejection_of(std::int64_t images,
                                                             std::size_t bytes) const {
  using kind = submit_outcome::kind;
  if (phase_ == phase::starting)
    return submit_outcome{kind::starting, {}, "ongoing jobs are being resumed"};
  if (phase_ == phase::draining)
    return submit_outcome{kind::draining, {}, "the service is stopping"};
  if (images > settings_.max_pending_images) {
    return submit_outcome{kind::too_large,
                          {},
                          "the job has " + std::to_string(images) +
                              " images; the service takes at most " +
                              std::to_string(settings_.max_pending_images)};
  }
  if (admitted_jobs_ + 1 > settings_.max_jobs)
    return submit_outcome{kind::full, {}, "too many ongoing jobs"};
  if (pending_images_ + images > settings_.max_pending_images)
    return submit_outcome{kind::full, {}, "too many pending images"};
  if (storing_bytes_ + bytes > limits::storing_bytes)
    return submit_outcome{kind::full, {}, "storage is too slow"};
  return std::nullopt;
}

void supervisor_state::submit(const submission_ptr& submission,
                              const std::optional<submission_key>& key,
                              const reply<submit_outcome>& answer) {
  const auto images = static_cast<std::int64_t>(submission->image_count());
  const auto bytes = submission->bytes();
  if (key && keys_.contains(key->text)) return answer({submit_outcome::kind::key_busy, {}, {}});
  if (auto rejected = rejection_of(images, bytes)) return answer(std::move(*rejected));
  admit(images, bytes);
  if (key) keys_.insert(key->text);
  self_->request(colleagues_.ledger, caf::infinite, store_atom_v, submission, key)
      .then(
          [=, this](const stored_submission& stored) {
            if (key) keys_.erase(key->text);
            take_stored(stored, images, answer);
            answered(bytes);
          },
          [=, this](const caf::error& e) {
            if (key) keys_.erase(key->text);
            dismiss(images);
            answer({submit_outcome::kind::storage_failed, {}, text_of(e), reason_of(e)});
            answered(bytes);
          });
}

void supervisor_state::take_stored(const stored_submission& stored, std::int64_t images,
                                   const reply<submit_outcome>& answer) {
  using kind = stored_submission::kind;
  if (stored.what == kind::stored) {
    answer({submit_outcome::kind::accepted, stored.job.id, {}});
    return start(stored.job, images, 0);
  }
  dismiss(images);
  if (stored.what == kind::key_used) return answer({submit_outcome::kind::key_used, {}, {}});
  answer({submit_outcome::kind::replayed, stored.job.id, {}});
  if (stored.state == job_state::ongoing) adopt(stored.job);
}

void supervisor_state::admit(std::int64_t images, std::size_t bytes) {
  admitted_jobs_ += 1;
  pending_images_ += images;
  storing_bytes_ += bytes;
  asked_ += 1;
}

void supervisor_state::dismiss(std::int64_t images) {
  admitted_jobs_ -= 1;
  pending_images_ -= images;
}

void supervisor_state::answered(std::size_t bytes) {
  asked_ -= 1;
  storing_bytes_ -= bytes;
  end_drain_if_empty();
}

load_report supervisor_state::load() const {
  load_report report;
  report.at = phase_;
  report.ongoing_jobs = admitted_jobs_;
  report.pending_images = pending_images_;
  return report;
}

void supervisor_state::report_load(const reply<std::optional<load_report>>& answer) {
  self_->request(colleagues_.pool, caf::infinite, load_atom_v)
      .then([answer, report = load()](const pool_gauges& gauges) mutable {
        report.images_in_flight = gauges.images_in_flight;
        report.images_in_flight_peak = gauges.images_in_flight_peak;
        report.fetches = gauges.fetches;
        report.images_held = gauges.images_held;
        answer(report);
      });
}

// --- cancel and redrive -------------------------------------------------------------------------

// The ledger's answers come in the order of its commits. So when an answer about a job arrives,
// everything committed before it is known here, except the end of a run: that is reported by the
// job's actor, and may arrive later.

void supervisor_state::cancel(job_id job, const reply<control_outcome>& answer) {
  if (phase_ == phase::starting) return answer({control_outcome::kind::starting, {}});
  asked_ += 1;
  self_->request(colleagues_.ledger, caf::infinite, cancel_atom_v, job)
      .then(
          [=, this](const storage::controlled& cancelled) {
            take_cancelled(cancelled, answer);
            answered();
          },
          [=, this](const caf::error& e) {
            answer({control_outcome::kind::storage_failed, {}, text_of(e), reason_of(e)});
            answered();
          });
}

void supervisor_state::take_cancelled(const storage::controlled& cancelled,
                                      const reply<control_outcome>& answer) {
  using kind = storage::controlled::kind;
  if (cancelled.what == kind::no_such_job) return answer({control_outcome::kind::no_such_job, {}});
  if (cancelled.what == kind::ended) return answer({control_outcome::kind::ended, cancelled.job});
  if (const auto found = current_.find(cancelled.job.id); found != current_.end()) {
    auto& job = jobs_.at(found->second);
    job.brief.cancelled = true;  // for the actor that replaces this one if it dies
    self_->send(job.handle, cancel_atom_v);
  } else {
    adopt(cancelled.job);
  }
  answer({control_outcome::kind::done, cancelled.job});
}

std::optional<control_outcome> supervisor_state::rejection_of_redrive() const {
  if (phase_ == phase::starting) return control_outcome{control_outcome::kind::starting, {}};
  if (phase_ == phase::draining) return control_outcome{control_outcome::kind::draining, {}};
  if (admitted_jobs_ + 1 > settings_.max_jobs)
    return control_outcome{control_outcome::kind::full, {}, "too many ongoing jobs"};
  return std::nullopt;
}

void supervisor_state::redrive(job_id job, const reply<control_outcome>& answer) {
  if (auto rejected = rejection_of_redrive()) return answer(std::move(*rejected));
  admit(0, 0);
  redrive_some(job, 0, answer);
}

/// Asks twice: first for the number of failed images, which only storage knows, then with so many
/// admitted.
void supervisor_state::redrive_some(job_id job, std::int64_t images,
                                    const reply<control_outcome>& answer) {
  const auto reject = [=, this](control_outcome outcome) {
    dismiss(images);
    answer(std::move(outcome));
    answered();
  };
  self_->request(colleagues_.ledger, caf::infinite, redrive_atom_v, job, images)
      .then(
          [=, this](const storage::controlled& redriven) {
            using kind = storage::controlled::kind;
            using outcome = control_outcome::kind;
            const auto failed = redriven.job.images.failed;
            switch (redriven.what) {
              case kind::done:
                start(redriven.job, images, 0);
                answer({outcome::done, redriven.job});
                return answered();
              case kind::too_many:
                if (pending_images_ - images + failed > settings_.max_pending_images)
                  return reject({outcome::full, {}, "too many pending images"});
                pending_images_ += failed - images;
                return redrive_some(job, failed, answer);
              case kind::undelivered:
                return reject(
                    {outcome::full, {}, "too many webhooks of the job are not delivered yet"});
              case kind::ongoing:
                reject({outcome::ongoing, redriven.job});
                return adopt(redriven.job);
              case kind::nothing_failed:
                return reject({outcome::nothing_failed, redriven.job});
              case kind::ended:
              case kind::no_such_job:
                break;
            }
            reject({outcome::no_such_job, {}});
          },
          [=](const caf::error& e) {
            reject({control_outcome::kind::storage_failed, {}, text_of(e), reason_of(e)});
          });
}

void supervisor_state::adopt(const job_brief& brief) {
  if (current_.contains(brief.id) || closing_.contains(brief.id)) return;
  log(level::warning, "starting a job whose commit was reported as failed", {field{brief.id}});
  admitted_jobs_ += 1;
  pending_images_ += brief.images.pending();
  start(brief, brief.images.pending(), 0);
}

// --- recovery -----------------------------------------------------------------------------------

void supervisor_state::discard_unfinished() {
  // Before the first submission of this process, so nothing writes the staging jobs found.
  self_->request(colleagues_.reader, caf::infinite, staging_atom_v)
      .then(
          [this](const id_list& orphans) {
            if (!orphans.ids.empty()) self_->send(colleagues_.ledger, discard_atom_v, orphans);
            recover(job_id{0});
          },
          [this](const caf::error& e) {
            log(level::error, "unfinished submissions cannot be listed; the next start tries again",
                {{"cause", text_of(e)}});
            recover(job_id{0});
          });
}

void supervisor_state::recover(job_id after) {
  self_->request(colleagues_.reader, caf::infinite, ongoing_atom_v, after)
      .then(
          [this](const brief_page& page) {
            if (phase_ != phase::starting) return;
            for (const auto& brief : page.jobs) {
              admitted_jobs_ += 1;
              pending_images_ += brief.images.pending();
              start(brief, brief.images.pending(), 0);
            }
            if (page.jobs.size() < limits::recovery_page) {
              phase_ = phase::ready;
              log(level::info, "ready",
                  {{"jobs_resumed", admitted_jobs_}, {"images_pending", pending_images_}});
            } else {
              self_->send(self_, recover_atom_v, page.jobs.back().id);
            }
          },
          [this, after](const caf::error& e) {
            log(level::error, "ongoing jobs cannot be read; trying again", {{"cause", text_of(e)}});
            self_->delayed_send(self_, limits::storage_retry, recover_atom_v, after);
          });
}

// --- jobs ---------------------------------------------------------------------------------------

void supervisor_state::start(job_brief brief, std::int64_t pending, int deaths) {
  if (stopping_) return;  // it is stored, and is resumed at the next start
  const job_ticket ticket{++last_ticket_};
  auto handle =
      self_->spawn<caf::monitored>(job, supervisor_actor{self_}, colleagues_, ticket, brief);
  ticket_of_[handle->address()] = ticket.value;
  current_[brief.id] = ticket.value;
  jobs_[ticket.value] = running_job{brief, handle, deaths, pending};
}

void supervisor_state::progress(job_ticket ticket, std::int64_t images) {
  const auto found = jobs_.find(ticket.value);
  if (found == jobs_.end()) return;
  found->second.pending -= images;
  pending_images_ -= images;
}

void supervisor_state::no_longer_current(job_ticket ticket, job_id job) {
  if (const auto found = current_.find(job);
      found != current_.end() && found->second == ticket.value)
    current_.erase(found);
}

void supervisor_state::ended(job_ticket ticket) {
  const auto found = jobs_.find(ticket.value);
  if (found == jobs_.end()) return;
  ticket_of_.erase(found->second.handle->address());
  admitted_jobs_ -= 1;
  no_longer_current(ticket, found->second.brief.id);
  pending_images_ -= found->second.pending;  // those that no progress message has taken back
  jobs_.erase(found);
  end_drain_if_empty();
}

void supervisor_state::job_died(const caf::down_msg& down) {
  const auto known = ticket_of_.find(down.source);
  if (known == ticket_of_.end()) return;  // its run has ended
  const job_ticket ticket{known->second};
  ticket_of_.erase(known);
  auto died = std::move(jobs_.at(ticket.value));
  jobs_.erase(ticket.value);
  no_longer_current(ticket, died.brief.id);
  self_->send(colleagues_.pool, leave_atom_v, ticket);
  if (stopping_) {
    end_drain_if_empty();
    return;
  }
  log(level::error, "a job actor died",
      {field{died.brief.id},
       {"cause", text_of(down.reason)},
       {"deaths", std::int64_t{died.deaths + 1}}});
  if (died.deaths < limits::job_restarts) {
    died.brief.images.succeeded = died.brief.images.failed =
        0;  // an upper bound of its pending images; it reads the real ones
    start(died.brief, died.pending, died.deaths + 1);
  } else {
    abandon(died.brief.id, died.brief.run, died.pending);
  }
}

void supervisor_state::abandon(job_id job, run_number run, std::int64_t pending) {
  closing_.insert(job);
  self_
      ->request(colleagues_.ledger, caf::infinite, abandon_atom_v, job, run,
                storage::abandonment{error_code::internal})
      .then(
          [=, this](const storage::recorded& recorded) {
            closing_.erase(job);
            admitted_jobs_ -= 1;
            pending_images_ -= pending;
            log(level::error, "job failed as internal", {field{job}, {"images", recorded.changed}});
          },
          [=, this](const caf::error& e) {
            log(level::error, "a broken job cannot be closed; trying again",
                {field{job}, {"cause", text_of(e)}});
            self_->delayed_send(self_, limits::storage_retry, abandon_atom_v, job, run, pending);
          });
}

// --- drain --------------------------------------------------------------------------------------

caf::result<load_report> supervisor_state::drain(std::chrono::milliseconds timeout) {
  phase_ = phase::draining;
  drained_ = self_->make_response_promise<load_report>();
  self_->request(colleagues_.pool, timeout, drain_atom_v)
      .then(
          [this](const pool_gauges&) { stop_jobs(); },
          [this](const caf::error&) {
            log(level::warning,
                "the drain timeout is over; images in flight are fetched again at the next start");
            stop_jobs();
          });
  return *drained_;
}

void supervisor_state::stop_jobs() {
  stopping_ = true;
  for (const auto& [ticket, job] : jobs_) self_->send(job.handle, stop_atom_v);
  end_drain_if_empty();
}

void supervisor_state::end_drain_if_empty() {
  if (stopping_ && jobs_.empty() && asked_ == 0 && drained_)
    std::exchange(drained_, std::nullopt)->deliver(load());
}

supervisor_actor::behavior_type supervisor(
    supervisor_actor::stateful_pointer<supervisor_state> self, supervisor_settings settings,
    job_colleagues colleagues) {
  abort_on_exception(self, "supervisor");
  return self->state.make_behavior(settings, std::move(colleagues));
}

}  // namespace retail_pulse::actors
