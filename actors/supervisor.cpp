#include "actors/supervisor.hpp"

#include <algorithm>

#include "actors/vital.hpp"
#include "core/limits.hpp"

namespace retail_pulse::actors {

using observe::field;
using observe::level;
using observe::log;

void supervisor_state::open(self_pointer self, supervisor_settings settings, job_colleagues colleagues) {
  self_ = self;
  settings_ = settings;
  colleagues_ = std::move(colleagues);
  self->set_down_handler([this](caf::down_msg& down) { job_died(down); });
  self->set_exit_handler([this](caf::exit_msg& exit) {
    for (const auto& [ticket, job] : jobs_) self_->send_exit(job.handle, exit.reason);
    self_->quit(exit.reason);
  });
  discard_unfinished();
}

// --- admission -------------------------------------------------------------------------------------------------------

std::optional<submit_outcome> supervisor_state::refusal(std::int64_t images) const {
  using kind = submit_outcome::kind;
  if (phase_ == phase::starting) return submit_outcome{kind::starting, {}, "ongoing jobs are being resumed"};
  if (phase_ == phase::draining) return submit_outcome{kind::draining, {}, "the service is stopping"};
  if (admitted_jobs_ + 1 > settings_.max_jobs) return submit_outcome{kind::full, {}, "too many ongoing jobs"};
  if (pending_images_ + images > settings_.max_pending_images) return submit_outcome{kind::full, {}, "too many pending images"};
  return std::nullopt;
}

void supervisor_state::submit(const submission_ptr& submission, const reply<submit_outcome>& answer) {
  const auto images = static_cast<std::int64_t>(submission->image_count());
  if (auto refused = refusal(images)) {
    answer(std::move(*refused));
    return;
  }
  admitted_jobs_ += 1;
  pending_images_ += images;
  self_->request(colleagues_.ledger, caf::infinite, store_atom_v, submission)
      .then(
          [this, images, answer](job_id id) {
            answer({submit_outcome::kind::accepted, id, {}});
            start({id, run_number{1}, {images, 0, 0}}, 0);
          },
          [this, images, answer](const caf::error& e) {
            admitted_jobs_ -= 1;
            pending_images_ -= images;
            answer({submit_outcome::kind::storage_failed, {}, text_of(e)});
          });
}

load_report supervisor_state::load() const {
  load_report report;
  report.at = phase_;
  report.ongoing_jobs = admitted_jobs_;
  report.pending_images = pending_images_;
  return report;
}

void supervisor_state::report_load(const reply<load_report>& answer) {
  self_->request(colleagues_.pool, caf::infinite, load_atom_v).then([answer, report = load()](const pool_gauges& gauges) mutable {
    report.images_in_flight = gauges.images_in_flight;
    report.images_in_flight_peak = gauges.images_in_flight_peak;
    report.fetches = gauges.fetches;
    report.images_held = gauges.images_held;
    answer(report);
  });
}

// --- recovery --------------------------------------------------------------------------------------------------------

void supervisor_state::discard_unfinished() {
  // Before the first submission of this process, so every staging job found is an orphan.
  self_->request(colleagues_.reader, caf::infinite, staging_atom_v)
      .then(
          [this](const id_list& orphans) {
            if (!orphans.ids.empty()) self_->send(colleagues_.ledger, discard_atom_v, orphans);
            recover(job_id{0});
          },
          [this](const caf::error& e) {
            log(level::error, "unfinished submissions cannot be listed; the next start tries again", {{"cause", text_of(e)}});
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
              start(brief, 0);
            }
            if (page.jobs.size() < limits::recovery_page) {
              phase_ = phase::ready;
              log(level::info, "ready", {{"jobs_resumed", admitted_jobs_}, {"images_pending", pending_images_}});
            } else {
              self_->send(self_, recover_atom_v, page.jobs.back().id);
            }
          },
          [this, after](const caf::error& e) {
            log(level::error, "ongoing jobs cannot be read; trying again", {{"cause", text_of(e)}});
            self_->delayed_send(self_, limits::storage_retry, recover_atom_v, after);
          });
}

// --- jobs ------------------------------------------------------------------------------------------------------------

void supervisor_state::start(job_brief brief, int deaths) {
  if (stopping_) return;  // it is stored, and goes on at the next start
  const job_ticket ticket{++last_ticket_};
  auto handle = self_->spawn<caf::monitored>(job, supervisor_actor{self_}, colleagues_, ticket, brief);
  ticket_of_[handle->address()] = ticket.value;
  jobs_[ticket.value] = running_job{brief, handle, deaths};
}

void supervisor_state::progress(std::uint64_t images) { pending_images_ -= static_cast<std::int64_t>(images); }

void supervisor_state::ended(job_ticket ticket, job_id) {
  const auto found = jobs_.find(ticket.value);
  if (found == jobs_.end()) return;
  ticket_of_.erase(found->second.handle->address());
  jobs_.erase(found);
  admitted_jobs_ -= 1;
  end_drain_if_empty();
}

void supervisor_state::job_died(const caf::down_msg& down) {
  const auto known = ticket_of_.find(down.source);
  if (known == ticket_of_.end()) return;  // it ended, and said so before
  const job_ticket ticket{known->second};
  ticket_of_.erase(known);
  auto died = std::move(jobs_.at(ticket.value));
  jobs_.erase(ticket.value);
  self_->send(colleagues_.pool, leave_atom_v, ticket);
  if (stopping_) {
    end_drain_if_empty();
    return;
  }
  log(level::error, "a job actor died", {field{died.brief.id}, {"cause", text_of(down.reason)}, {"deaths", std::int64_t{died.deaths + 1}}});
  if (died.deaths < limits::job_restarts) {
    died.brief.images.succeeded = died.brief.images.failed = 0;  // storage knows better; it will find fewer pending than this
    start(died.brief, died.deaths + 1);
  } else {
    abandon(died.brief);
  }
}

void supervisor_state::abandon(const job_brief& brief) {
  self_->request(colleagues_.ledger, caf::infinite, abandon_atom_v, brief.id, brief.run, error_code::internal)
      .then(
          [this, brief](const storage::recorded& recorded) {
            admitted_jobs_ -= 1;
            pending_images_ -= recorded.changed;
            log(level::error, "job failed as internal", {field{brief.id}, {"images", recorded.changed}});
          },
          [this, brief](const caf::error& e) {
            log(level::error, "a broken job cannot be closed; the next start tries again", {field{brief.id}, {"cause", text_of(e)}});
          });
}

// --- drain -----------------------------------------------------------------------------------------------------------

caf::result<load_report> supervisor_state::drain(std::chrono::milliseconds timeout) {
  phase_ = phase::draining;
  drained_ = self_->make_response_promise<load_report>();
  self_->request(colleagues_.pool, timeout, drain_atom_v)
      .then([this](const pool_gauges&) { stop_jobs(); },
            [this](const caf::error&) {
              log(level::warning, "the drain timeout is over; what is in flight is fetched again at the next start");
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
  if (stopping_ && jobs_.empty() && drained_) std::exchange(drained_, std::nullopt)->deliver(load());
}

supervisor_actor::behavior_type supervisor(supervisor_actor::stateful_pointer<supervisor_state> self, supervisor_settings settings,
                                           job_colleagues colleagues) {
  abort_on_exception(self, "supervisor");
  self->state.open(self, settings, std::move(colleagues));
  return {
      [=](submit_atom, const submission_ptr& submission, const reply<submit_outcome>& answer) { self->state.submit(submission, answer); },
      [=](load_atom, const reply<load_report>& answer) { self->state.report_load(answer); },
      [=](recover_atom, job_id after) { self->state.recover(after); },
      [=](progress_atom, std::uint64_t images) { self->state.progress(images); },
      [=](ended_atom, job_ticket ticket, job_id job) { self->state.ended(ticket, job); },
      [=](drain_atom, std::chrono::milliseconds timeout) { return self->state.drain(timeout); },
  };
}

}  // namespace retail_pulse::actors
