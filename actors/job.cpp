#include "actors/job.hpp"

#include <algorithm>

#include "actors/vital.hpp"
#include "core/limits.hpp"
#include "core/require.hpp"
#include "fetch/url/url.hpp"

namespace retail_pulse::actors {

using observe::field;
using observe::level;
using observe::log;

namespace {

void log_end(job_id job, const storage::recorded& recorded) {
  if (recorded.state == job_state::ongoing) return;  // in a later run by now
  log(level::info, "job ended",
      {field{job},
       {"state", name_of(recorded.state)},
       {"images", recorded.images.total},
       {"failed", recorded.images.failed}});
}

}  // namespace

job_actor::behavior_type job_run::make_behavior(supervisor_actor supervisor,
                                                job_colleagues colleagues, job_ticket ticket,
                                                job_brief brief) {
  supervisor_ = std::move(supervisor);
  colleagues_ = std::move(colleagues);
  ticket_ = ticket;
  job_ = brief;
  self_->send(self_, begin_atom_v);
  return {
      [this](turn_atom, std::uint64_t credits) { read_page(credits); },
      [this](report_atom, const image_report& report) { take_report(report); },
      [this](retry_atom, const image_task& task) { offer_again(task); },
      [this](flush_atom, std::uint64_t batch_number) { flush_if(batch_number); },
      [this](begin_atom) { start(); },
      [this](pending_atom, std::uint64_t credits) { read_page(credits); },
      [this](record_atom, const results_ptr& batch) { record(batch); },
      [this](cancel_atom) { cancel(); },
      [this](abandon_atom) { abandon(); },
      [this](stop_atom) { stop(); },
  };
}

void job_run::start() {
  if (stopping_) return;
  if (job_.cancelled) return abandon_when_idle();
  cursor_ = image_number{-1};
  unread_ = static_cast<std::uint64_t>(job_.images.pending());
  if (unread_ == 0) {
    settle();
  } else {
    self_->send(colleagues_.pool, join_atom_v,
                pool_member{ticket_, job_.id, job_actor{self_}, unread_});
  }
}

// --- reading ------------------------------------------------------------------------------------

void job_run::read_page(std::uint64_t credits) {
  if (stopping_) return;
  if (job_.cancelled) return decline(credits);
  self_
      ->request(colleagues_.reader, caf::infinite, pending_atom_v, job_.id, job_.run, cursor_,
                credits)
      .then([this, credits](const task_page_ptr& page) { check_stores(page, credits); },
            [this, credits](const caf::error& e) {
              log(level::error, "pending images cannot be read; trying again",
                  {field{job_.id}, {"cause", text_of(e)}});
              self_->delayed_send(self_, limits::storage_retry, pending_atom_v, credits);
            });
}

void job_run::check_stores(const task_page_ptr& page, std::uint64_t credits) {
  store_check check;
  for (const auto& task : page->tasks) {
    if (check.ids.empty() || check.ids.back() != task.store_id) check.ids.push_back(task.store_id);
  }
  self_->request(colleagues_.store_master, caf::infinite, lookup_atom_v, check)
      .then([this, page, credits, ids = check.ids](const known_stores& stores) {
        std::vector<std::string> unknown;
        for (std::size_t i = 0; i < ids.size(); ++i) {
          if (!stores.known[i]) unknown.push_back(ids[i]);
        }
        offer(*page, unknown, credits);
      });
}

void job_run::offer(const task_page& page, const std::vector<std::string>& unknown,
                    std::uint64_t credits) {
  if (stopping_) return;
  if (job_.cancelled) return decline(credits);
  const std::uint64_t read = page.tasks.size();
  require(read <= credits, "a page holds no more images than the turn granted");
  held_ += read;
  unread_ = read < credits ? 0 : unread_ - std::min(unread_, read);
  if (read > 0) cursor_ = page.tasks.back().number;
  auto offer = std::make_shared<image_offer>();
  offer->unused = credits - read;
  offer->more = unread_ > 0;
  for (const auto& task : page.tasks) {
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
  if (held_ == 0 && unread_ == 0) settle();
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

// --- results ------------------------------------------------------------------------------------

void job_run::take_report(const image_report& report) {
  if (!report.retry_in) {
    add(report.result);
    return;
  }
  if (job_.cancelled) return release(1);
  ++in_retry_wait_;
  auto again = report.task;
  if (!report.postponed) ++again.attempt;
  self_->delayed_send(self_, *report.retry_in, retry_atom_v, again);
}

void job_run::offer_again(const image_task& task) {
  if (stopping_ || job_.cancelled) return;
  --in_retry_wait_;
  const auto parsed = fetch::parse_url(task.url);
  const auto* url = std::get_if<fetch::url>(&parsed);
  require(url != nullptr, "an image that was offered once has a valid URL");
  self_->send(colleagues_.pool, again_atom_v, ticket_, queued_image{task, url->origin()});
}

void job_run::add(image_result result) {
  batch_.push_back(std::move(result));
  const bool last = unread_ == 0 && batch_.size() + recording_ == held_;
  if (batch_.size() >= limits::record_batch || last) {
    flush();
  } else if (batch_.size() == 1) {
    self_->delayed_send(self_, limits::record_after, flush_atom_v, batch_number_);
  }
}

void job_run::flush_if(std::uint64_t batch_number) {
  if (batch_number == batch_number_) flush();
}

void job_run::flush() {
  if (batch_.empty()) return;
  ++batch_number_;
  recording_ += batch_.size();
  record(std::make_shared<const results_batch>(results_batch{std::exchange(batch_, {})}));
}

void job_run::record(const results_ptr& batch) {
  self_->request(colleagues_.ledger, caf::infinite, record_atom_v, job_.id, job_.run, batch)
      .then(
          [this, batch](const storage::recorded& recorded) {
            take_recorded(batch->results.size(), true, recorded);
          },
          [this, batch](const caf::error& e) {
            if (stopping_) {
              log(level::error,
                  "results are not stored; their images are fetched again at the next start",
                  {field{job_.id},
                   {"images", static_cast<std::int64_t>(batch->results.size())},
                   {"cause", text_of(e)}});
              take_recorded(batch->results.size(), false, {0, {}, job_state::ongoing, job_.run});
              return;
            }
            log(level::error, "results cannot be stored; trying again",
                {field{job_.id}, {"cause", text_of(e)}});
            self_->delayed_send(self_, limits::storage_retry, record_atom_v, batch);
          });
}

void job_run::take_recorded(std::uint64_t count, bool stored, const storage::recorded& recorded) {
  require(count <= recording_ && recording_ <= held_, "only images that were read are recorded");
  recording_ -= count;
  if (is_over(recorded)) {
    log_end(job_.id, recorded);
    return finish();  // pool and supervisor then take back all that they still count for it
  }
  if (!stored) count = 0;
  held_ -= count;
  self_->send(colleagues_.pool, settled_atom_v, ticket_, count);
  self_->send(supervisor_, progress_atom_v, ticket_, recorded.changed);
  if (stopping_) {
    if (recording_ == 0) self_->quit();
  } else if (job_.cancelled) {
    abandon_when_idle();
  } else if (held_ == 0 && unread_ == 0) {
    settle();
  }
}

bool job_run::is_over(const storage::recorded& recorded) const {
  return recorded.state == job_state::completed || recorded.state == job_state::failed ||
         recorded.run != job_.run;
}

void job_run::settle() {
  self_->request(colleagues_.ledger, caf::infinite, settle_atom_v, job_.id)
      .then(
          [this](const storage::recorded& recorded) {
            if (is_over(recorded)) {
              finish();
            } else if (recorded.images.pending() > 0) {
              job_.images =
                  recorded.images;  // some images were passed over: read from the beginning
              start();
            }
          },
          [this](const caf::error& e) {
            log(level::error, "the final state of a job cannot be stored; trying again",
                {field{job_.id}, {"cause", text_of(e)}});
            self_->delayed_send(self_, limits::storage_retry, begin_atom_v);
          });
}

// --- cancelling ---------------------------------------------------------------------------------

// Every held image is released in one of four ways: those queued in the pool by its answer to
// `withdraw`, those in their retry wait at once, those in flight by their reports, and those being
// recorded by the ledger's answer. When none is held, nothing of this run is under way, and the
// pending images can be failed as cancelled.

void job_run::cancel() {
  if (stopping_ || std::exchange(job_.cancelled, true)) return;
  self_->request(colleagues_.pool, caf::infinite, withdraw_atom_v, ticket_)
      .then([this](std::uint64_t dropped) { release(dropped); });
  release(std::exchange(in_retry_wait_, 0));
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
  self_
      ->request(colleagues_.ledger, caf::infinite, abandon_atom_v, job_.id, job_.run,
                error_code::cancelled)
      .then(
          [this](const storage::recorded& recorded) {
            self_->send(supervisor_, progress_atom_v, ticket_, recorded.changed);
            log_end(job_.id, recorded);
            finish();
          },
          [this](const caf::error& e) {
            log(level::error, "a cancelled job cannot be closed; trying again",
                {field{job_.id}, {"cause", text_of(e)}});
            self_->delayed_send(self_, limits::storage_retry, abandon_atom_v);
          });
}

void job_run::finish() {
  self_->send(colleagues_.pool, leave_atom_v, ticket_);
  self_->send(supervisor_, ended_atom_v, ticket_);
  self_->quit();
}

void job_run::stop() {
  stopping_ = true;
  flush();
  if (recording_ == 0) self_->quit();
}

job_actor::behavior_type job(job_actor::stateful_pointer<job_run> self, supervisor_actor supervisor,
                             job_colleagues colleagues, job_ticket ticket, job_brief brief) {
  end_on_exception(self, "job");
  return self->state.make_behavior(std::move(supervisor), std::move(colleagues), ticket, brief);
}

}  // namespace retail_pulse::actors
