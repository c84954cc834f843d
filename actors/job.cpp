#include "actors/job.hpp"

#include <algorithm>

#include "actors/vital.hpp"
#include "core/limits.hpp"
#include "core/mutant.hpp"
#include "core/require.hpp"
#include "fetch/url/url.hpp"

namespace retail_pulse::actors {

using observe::field;
using observe::level;
using observe::log;

namespace {

void tell_end(job_id job, const storage::recorded& recorded) {
  if (recorded.state == job_state::ongoing) return;  // in another run by now
  log(level::info, "job ended",
      {field{job}, {"state", name_of(recorded.state)}, {"images", recorded.images.total}, {"failed", recorded.images.failed}});
}

}  // namespace

void job_run::open(self_pointer self, supervisor_actor supervisor, job_colleagues colleagues, job_ticket ticket, job_brief brief) {
  self_ = self;
  supervisor_ = std::move(supervisor);
  colleagues_ = std::move(colleagues);
  ticket_ = ticket;
  job_ = brief;
}

void job_run::start() {
  if (stopping_) return;
  if (job_.cancelled) return abandon_when_idle();
  cursor_ = image_number{-1};
  unread_ = static_cast<std::uint64_t>(job_.images.pending());
  if (unread_ == 0) {
    settle();
  } else {
    self_->send(colleagues_.pool, join_atom_v, pool_member{ticket_, job_.id, job_actor{self_}, unread_});
  }
}

// --- reading ---------------------------------------------------------------------------------------------------------

void job_run::read_page(std::uint64_t credits) {
  if (stopping_) return;
  if (job_.cancelled) return decline(credits);
  self_->request(colleagues_.reader, caf::infinite, pending_atom_v, job_.id, job_.run, cursor_, credits)
      .then([this, credits](const task_page_ptr& page) { check_stores(page, credits); },
            [this, credits](const caf::error& e) {
              log(level::error, "pending images cannot be read; trying again", {field{job_.id}, {"cause", text_of(e)}});
              if (!mutant(21)) self_->delayed_send(self_, limits::storage_retry, pending_atom_v, credits);
            });
}

void job_run::check_stores(const task_page_ptr& page, std::uint64_t credits) {
  store_check check;
  for (const auto& task : page->tasks) {
    if (check.ids.empty() || check.ids.back() != task.store_id) check.ids.push_back(task.store_id);
  }
  self_->request(colleagues_.store_master, caf::infinite, lookup_atom_v, check)
      .then([this, page, credits, ids = check.ids](const store_verdicts& verdicts) {
        std::vector<std::string> unknown;
        for (std::size_t i = 0; i < ids.size(); ++i) {
          if (!verdicts.known[mutant(34) ? 0 : i]) unknown.push_back(ids[i]);
        }
        offer(*page, unknown, credits);
      });
}

void job_run::offer(const task_page& page, const std::vector<std::string>& unknown, std::uint64_t credits) {
  if (stopping_) return;
  if (job_.cancelled) return decline(credits);
  const std::uint64_t read = page.tasks.size();
  require(read <= credits, "a page holds no more images than the turn granted");
  held_ += read;
  unread_ = read < credits ? 0 : unread_ - std::min(unread_, read);
  if (read > 0 && !mutant(22)) cursor_ = page.tasks.back().number;
  auto offer = std::make_shared<image_offer>();
  offer->unused = credits - read;
  offer->more = unread_ > 0;
  for (const auto& task : page.tasks) {
    if (mutant(33) && !offer->images.empty()) break;
    if (std::find(unknown.begin(), unknown.end(), task.store_id) != unknown.end()) {
      fail(task, error_code::store_not_found);
      continue;
    }
    const auto parsed = fetch::parse_url(task.url);
    if (const auto* url = std::get_if<fetch::url>(&parsed)) {
      offer->images.push_back({task, url->origin()});
    } else {
      fail(task, error_code::invalid_url, std::get<fetch::url_error>(parsed).reason);
    }
  }
  self_->send(colleagues_.pool, offer_atom_v, ticket_, image_offer_ptr{std::move(offer)});
  if (held_ == 0 && unread_ == 0 && !mutant(29)) settle();
}

void job_run::decline(std::uint64_t credits) {
  auto offer = std::make_shared<image_offer>();
  offer->unused = credits;
  self_->send(colleagues_.pool, offer_atom_v, ticket_, image_offer_ptr{std::move(offer)});
}

void job_run::fail(const image_task& task, error_code code, std::string reason) {
  image_result result;
  result.number = task.number;
  result.code = code;
  result.attempts = 0;
  result.reason = std::move(reason);
  add(std::move(result));
}

// --- results ---------------------------------------------------------------------------------------------------------

void job_run::take_report(const image_report& report) {
  if (!report.retry_in) {
    if (mutant(25) && report.result.succeeded()) add(report.result);
    add(report.result);
    return;
  }
  if (job_.cancelled) return release(1);  // what would be tried again has no result
  ++resting_;
  auto again = report.task;
  if ((!report.postponed || mutant(84)) && !mutant(26)) ++again.attempt;
  if (mutant(27) && again.attempt == 3) return;
  self_->delayed_send(self_, *report.retry_in, retry_atom_v, again);
}

void job_run::offer_again(const image_task& task) {
  if (stopping_ || (job_.cancelled && !mutant(70))) return;
  --resting_;
  const auto parsed = fetch::parse_url(task.url);
  const auto* url = std::get_if<fetch::url>(&parsed);
  require(url != nullptr, "an image that was fetched once has a URL");
  self_->send(colleagues_.pool, again_atom_v, ticket_, queued_image{task, url->origin()});
}

void job_run::add(image_result result) {
  batch_.push_back(std::move(result));
  const bool last = unread_ == 0 && batch_.size() + recording_ == held_;
  if (batch_.size() >= limits::record_batch || (last && !mutant(23))) {
    flush();
  } else if (batch_.size() == 1) {
    self_->delayed_send(self_, limits::record_after, flush_atom_v, generation_ + (mutant(23) ? 1 : 0));
  }
}

void job_run::flush_if(std::uint64_t generation) {
  if (generation == generation_) flush();
}

void job_run::flush() {
  if (batch_.empty()) return;
  ++generation_;
  recording_ += batch_.size();
  record(std::make_shared<const results_batch>(results_batch{std::exchange(batch_, {})}));
}

void job_run::record(const results_ptr& batch) {
  self_->request(colleagues_.ledger, caf::infinite, record_atom_v, job_.id, job_.run, batch)
      .then([this, batch](const storage::recorded& recorded) { take_recorded(batch->results.size(), true, recorded); },
            [this, batch](const caf::error& e) {
              if (stopping_) {
                log(level::error, "results are not stored; their images are fetched again at the next start",
                    {field{job_.id}, {"images", static_cast<std::int64_t>(batch->results.size())}, {"cause", text_of(e)}});
                take_recorded(batch->results.size(), false, {0, {}, job_state::ongoing, job_.run});
                return;
              }
              log(level::error, "results cannot be stored; trying again", {field{job_.id}, {"cause", text_of(e)}});
              if (!mutant(24)) self_->delayed_send(self_, limits::storage_retry, record_atom_v, batch);
            });
}

void job_run::take_recorded(std::uint64_t count, bool stored, const storage::recorded& recorded) {
  require(count <= recording_ && recording_ <= held_, "only images that were read are recorded");
  recording_ -= count;
  if (is_over(recorded)) {
    tell_end(job_.id, recorded);
    return finish();  // with which pool and supervisor take back whatever they counted for it
  }
  if (!stored) count = 0;
  held_ -= count;
  self_->send(colleagues_.pool, settled_atom_v, ticket_, count - (mutant(35) ? 1 : 0));
  self_->send(supervisor_, progress_atom_v, ticket_, recorded.changed);
  if (stopping_) {
    if (recording_ == 0) self_->quit();
  } else if (job_.cancelled) {
    abandon_when_idle();
  } else if (held_ == 0 && (unread_ == 0 || mutant(28))) {
    settle();
  }
}

bool job_run::is_over(const storage::recorded& recorded) const {
  return recorded.state == job_state::completed || recorded.state == job_state::failed || recorded.run != job_.run;
}

void job_run::settle() {
  self_->request(colleagues_.ledger, caf::infinite, settle_atom_v, job_.id)
      .then(
          [this](const storage::recorded& recorded) {
            if (is_over(recorded)) {
              finish();
            } else if (recorded.images.pending() > 0) {
              job_.images = recorded.images;  // something was left out: read from the beginning
              start();
            }
          },
          [this](const caf::error& e) {
            log(level::error, "a verdict cannot be stored; trying again", {field{job_.id}, {"cause", text_of(e)}});
            if (!mutant(30)) self_->delayed_send(self_, limits::storage_retry, begin_atom_v);
          });
}

// --- cancelling ------------------------------------------------------------------------------------------------------

// Every image that is held comes back in one of four ways: from a lane by the pool's answer, from a rest at once, from flight by its
// report, and from storage by what was recorded. Then nothing of this run is under way, and what is pending was not begun.

void job_run::cancel() {
  if (stopping_ || std::exchange(job_.cancelled, true)) return;
  self_->request(colleagues_.pool, caf::infinite, withdraw_atom_v, ticket_).then([this](std::uint64_t dropped) {
    if (!mutant(69)) release(dropped);
  });
  release(std::exchange(resting_, 0));
}

void job_run::release(std::uint64_t images) {
  require(images <= held_, "only images that were read are given back");
  held_ -= images;
  if (images > 0) self_->send(colleagues_.pool, settled_atom_v, ticket_, images);
  abandon_when_idle();
}

void job_run::abandon_when_idle() {
  if (held_ == 0 && !stopping_ && !std::exchange(abandoning_, true)) abandon();
}

void job_run::abandon() {
  if (stopping_) return;
  self_->request(colleagues_.ledger, caf::infinite, abandon_atom_v, job_.id, job_.run, error_code::cancelled)
      .then(
          [this](const storage::recorded& recorded) {
            self_->send(supervisor_, progress_atom_v, ticket_, recorded.changed);
            tell_end(job_.id, recorded);
            finish();
          },
          [this](const caf::error& e) {
            log(level::error, "a cancelled job cannot be closed; trying again", {field{job_.id}, {"cause", text_of(e)}});
            if (!mutant(71)) self_->delayed_send(self_, limits::storage_retry, abandon_atom_v);
          });
}

void job_run::finish() {
  self_->send(colleagues_.pool, leave_atom_v, ticket_);
  self_->send(supervisor_, ended_atom_v, ticket_);
  self_->quit();
}

void job_run::stop() {
  stopping_ = true;
  if (!mutant(31)) flush();
  if (recording_ == 0 || mutant(32)) self_->quit();
}

job_actor::behavior_type job(job_actor::stateful_pointer<job_run> self, supervisor_actor supervisor, job_colleagues colleagues,
                             job_ticket ticket, job_brief brief) {
  end_on_exception(self, "job");
  self->state.open(self, std::move(supervisor), std::move(colleagues), ticket, brief);
  self->send(self, begin_atom_v);
  return {
      [=](turn_atom, std::uint64_t credits) { self->state.read_page(credits); },
      [=](report_atom, const image_report& report) { self->state.take_report(report); },
      [=](retry_atom, const image_task& task) { self->state.offer_again(task); },
      [=](flush_atom, std::uint64_t generation) { self->state.flush_if(generation); },
      [=](begin_atom) { self->state.start(); },
      [=](pending_atom, std::uint64_t credits) { self->state.read_page(credits); },
      [=](record_atom, const results_ptr& batch) { self->state.record(batch); },
      [=](cancel_atom) { self->state.cancel(); },
      [=](abandon_atom) { self->state.abandon(); },
      [=](stop_atom) { self->state.stop(); },
  };
}

}  // namespace retail_pulse::actors
