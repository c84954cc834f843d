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
      [this](open_atom, origin_number after) { list_origins(after); },
      [this](turn_atom, const page_order_ptr& order) { read_page(order); },
      [this](report_atom, const image_result& result) { add(result, 1); },
      [this](give_up_atom, const abandoned_origin_ptr& origin) { give_up(origin); },
      [this](exhausted_atom) { take_exhausted(); },
      [this](flush_atom, std::uint64_t batch_number) { flush_if(batch_number); },
      [this](begin_atom) { start(); },
      [this](record_atom, const results_ptr& batch) { record(batch); },
      [this](cancel_atom) { cancel(); },
      [this](abandon_atom) { abandon(); },
      [this](abandon_atom, const abandoned_origin_ptr& origin) { abandon_origin(origin); },
      [this](stop_atom) { stop(); },
  };
}

void job_run::start() {
  if (stopping_) return;
  is_exhausted_ = is_concluding_ = false;
  if (job_.cancelled || job_.images.pending() == 0) return take_exhausted();
  if (!is_large()) return join();
  numbers_.emplace();
  number_images(image_number{-1});
}

bool job_run::is_large() const {
  return job_.images.total > static_cast<std::int64_t>(limits::page_images);
}

void job_run::join() {
  self_->send(colleagues_.pool, join_atom_v,
              pool_member{ticket_, job_.id, job_actor{self_}, is_large()});
}

// --- numbering ----------------------------------------------------------------------------------

// The images of an earlier version have no numbers of origins. All images of the job are walked
// over in order, those with a number included: so an interrupted walk that begins again gives every
// origin the same number.

void job_run::number_images(image_number after) {
  self_->request(colleagues_.reader, caf::infinite, number_atom_v, job_.id, after)
      .then([this](const image_urls_ptr& slice) { store_numbers(slice); },
            [this](const caf::error& e) { begin_later(e); });
}

void job_run::store_numbers(const image_urls_ptr& slice) {
  if (stopping_) return;
  if (job_.cancelled) return take_exhausted();
  if (slice->empty()) {
    numbers_.reset();
    return join();
  }
  auto numbered = std::make_shared<numbered_images>();
  const auto known = numbers_->origins().size();
  for (const auto& image : *slice) {
    const auto number = numbers_->number_of(image.url);
    numbered->images.emplace_back(image.number, number);
    if (number == not_fetchable && numbered->fresh.empty())
      numbered->fresh.push_back({not_fetchable, {}});
  }
  for (auto i = known; i < numbers_->origins().size(); ++i)
    numbered->fresh.push_back(
        {origin_number{static_cast<std::int32_t>(i + 1)}, numbers_->origins()[i]});
  self_
      ->request(colleagues_.ledger, caf::infinite, number_atom_v, job_.id,
                numbered_images_ptr{std::move(numbered)})
      .then([this, last = slice->back().number](caf::ok_atom) { number_images(last); },
            [this](const caf::error& e) { begin_later(e); });
}

void job_run::begin_later(const caf::error& why) {
  log(level::error, "the origins of a job's images cannot be stored; trying again",
      {field{job_.id}, {"cause", text_of(why)}});
  self_->delayed_send(self_, limits::storage_retry, begin_atom_v);
}

// --- reading ------------------------------------------------------------------------------------

void job_run::list_origins(origin_number after) {
  if (stopping_) return;
  self_->request(colleagues_.reader, caf::infinite, open_atom_v, job_.id, job_.run, after)
      .then(
          [this](const origin_page_ptr& page) {
            self_->send(colleagues_.pool, opened_atom_v, ticket_, page);
          },
          [this, after](const caf::error& e) {
            log(level::error, "the origins of a job cannot be read; trying again",
                {field{job_.id}, {"cause", text_of(e)}});
            self_->delayed_send(self_, limits::storage_retry, open_atom_v, after);
          });
}

void job_run::read_page(const page_order_ptr& order) {
  if (stopping_) return;
  if (job_.cancelled) return decline(*order);
  self_->request(colleagues_.reader, caf::infinite, pending_atom_v, job_.id, job_.run, order)
      .then([this, order](const task_page_ptr& page) { check_stores(order, page); },
            [this, order](const caf::error& e) {
              log(level::error, "pending images cannot be read; trying again",
                  {field{job_.id}, {"cause", text_of(e)}});
              self_->delayed_send(self_, limits::storage_retry, turn_atom_v, order);
            });
}

void job_run::check_stores(const page_order_ptr& order, const task_page_ptr& page) {
  store_check check;
  const auto add = [&](const image_task& task) {
    if (check.ids.empty() || check.ids.back() != task.store_id) check.ids.push_back(task.store_id);
  };
  std::ranges::for_each(page->again, add);
  std::ranges::for_each(page->fresh, add);
  self_->request(colleagues_.store_master, caf::infinite, lookup_atom_v, check)
      .then([this, order, page, ids = check.ids](const known_stores& stores) {
        std::vector<std::string> unknown;
        for (std::size_t i = 0; i < ids.size(); ++i) {
          if (!stores.known[i]) unknown.push_back(ids[i]);
        }
        offer(*order, *page, unknown);
      });
}

void job_run::offer(const page_order& order, const task_page& page,
                    const std::vector<std::string>& unknown) {
  if (stopping_) return;
  if (job_.cancelled) return decline(order);
  auto offer = std::make_shared<image_offer>();
  offer->lane = order.lane;
  offer->read = page.again.size() + page.fresh.size();
  require(offer->read <= order.credits(), "a page holds no more images than the turn granted");
  if (!page.fresh.empty()) offer->last = page.fresh.back().number;
  offer->more = page.fresh.size() == order.fresh;
  const auto take = [&](const image_task& task) {
    if (std::ranges::find(unknown, task.store_id) != unknown.end())
      return add(unfetched(task.number, error_code::store_not_found), 1);
    const auto parsed = fetch::parse_url(task.url);
    if (const auto* url = std::get_if<fetch::url>(&parsed)) {
      offer->images.push_back({task, url->origin()});
    } else {
      add(unfetched(task.number, error_code::invalid_url,
                    std::get<fetch::url_error>(parsed).reason),
          1);
    }
  };
  std::ranges::for_each(page.again, take);
  std::ranges::for_each(page.fresh, take);
  self_->send(colleagues_.pool, offer_atom_v, ticket_, image_offer_ptr{std::move(offer)});
}

void job_run::decline(const page_order& order) {
  auto offer = std::make_shared<image_offer>();
  offer->lane = order.lane;
  self_->send(colleagues_.pool, offer_atom_v, ticket_, image_offer_ptr{std::move(offer)});
}

image_result job_run::unfetched(image_number number, error_code code, std::string reason) {
  image_result result;
  result.number = number;
  result.code = code;
  result.attempts = 0;
  result.reason = std::move(reason);
  return result;
}

// --- results ------------------------------------------------------------------------------------

void job_run::add(image_result result, std::uint64_t credits) {
  batch_.results.push_back(std::move(result));
  batch_.credits += credits;
  if (batch_.results.size() >= limits::record_batch || is_exhausted_) {
    flush();
  } else if (batch_.results.size() == 1) {
    self_->delayed_send(self_, limits::record_after, flush_atom_v, batch_number_);
  }
}

void job_run::flush_if(std::uint64_t batch_number) {
  if (batch_number == batch_number_) flush();
}

void job_run::flush() {
  if (batch_.results.empty()) return;
  batch_.number = batch_number_++;
  unrecorded_.insert(batch_.number);
  record(std::make_shared<const results_batch>(std::exchange(batch_, {})));
}

void job_run::record(const results_ptr& batch) {
  self_->request(colleagues_.ledger, caf::infinite, record_atom_v, job_.id, job_.run, batch)
      .then([this,
             batch](const storage::recorded& recorded) { take_recorded(*batch, true, recorded); },
            [this, batch](const caf::error& e) {
              if (stopping_) {
                log(level::error,
                    "results are not stored; their images are fetched again at the next start",
                    {field{job_.id},
                     {"images", static_cast<std::int64_t>(batch->results.size())},
                     {"cause", text_of(e)}});
                take_recorded(*batch, false, {0, {}, job_state::ongoing, job_.run});
                return;
              }
              log(level::error, "results cannot be stored; trying again",
                  {field{job_.id}, {"cause", text_of(e)}});
              self_->delayed_send(self_, limits::storage_retry, record_atom_v, batch);
            });
}

void job_run::take_recorded(const results_batch& batch, bool stored,
                            const storage::recorded& recorded) {
  require(unrecorded_.erase(batch.number) == 1, "a batch is recorded once");
  if (is_over(recorded)) {
    log_end(job_.id, recorded);
    return finish();  // pool and supervisor then take back all that they still count for it
  }
  if (stored) {
    self_->send(colleagues_.pool, settled_atom_v, ticket_, batch.credits);
    self_->send(supervisor_, progress_atom_v, ticket_, recorded.changed);
  }
  if (stopping_) {
    if (unrecorded_.empty()) self_->quit();
    return;
  }
  abandon_given_up();
  conclude_when_idle();
}

void job_run::take_exhausted() {
  is_exhausted_ = true;
  flush();
  conclude_when_idle();
}

void job_run::conclude_when_idle() {
  if (!is_exhausted_ || stopping_ || !unrecorded_.empty() || giving_up_ > 0 ||
      !batch_.results.empty() || std::exchange(is_concluding_, true))
    return;
  if (job_.cancelled) return abandon();
  settle();
}

// --- origins that are given up ------------------------------------------------------------------

void job_run::give_up(const abandoned_origin_ptr& origin) {
  if (stopping_ || job_.cancelled) return;
  log(level::info, "an origin is given up", {field{job_.id}, {"cause", origin->reason}});
  if (origin->origin == not_numbered) {  // the few images of a small job
    for (const auto number : origin->images)
      add(unfetched(number, error_code::origin_unavailable, origin->reason), 0);
    return;
  }
  ++giving_up_;
  flush();
  given_up_.push_back({origin, batch_number_});
  abandon_given_up();
}

/// Results of its images that are being recorded come before, or pictures that were measured would
/// fail.
void job_run::abandon_given_up() {
  while (!given_up_.empty() &&
         (unrecorded_.empty() || *unrecorded_.begin() >= given_up_.front().behind)) {
    abandon_origin(given_up_.front().origin);
    given_up_.pop_front();
  }
}

void job_run::abandon_origin(const abandoned_origin_ptr& origin) {
  if (stopping_) return;
  self_
      ->request(
          colleagues_.ledger, caf::infinite, abandon_atom_v, job_.id, job_.run,
          storage::abandonment{error_code::origin_unavailable, origin->reason, origin->origin})
      .then(
          [this](const storage::recorded& recorded) {
            --giving_up_;
            self_->send(supervisor_, progress_atom_v, ticket_, recorded.changed);
            if (!is_over(recorded)) return conclude_when_idle();
            log_end(job_.id, recorded);
            finish();
          },
          [this, origin](const caf::error& e) {
            log(level::error, "an origin's images cannot be failed; trying again",
                {field{job_.id}, {"cause", text_of(e)}});
            self_->delayed_send(self_, limits::storage_retry, abandon_atom_v, origin);
          });
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
              job_.images = recorded.images;  // some images were passed over: begin again
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

// When the pool has dropped what is not in flight, and the rest has reported and is recorded,
// nothing of this run is under way, and the pending images can be failed as cancelled.

void job_run::cancel() {
  if (stopping_ || std::exchange(job_.cancelled, true)) return;
  self_->send(colleagues_.pool, withdraw_atom_v, ticket_);
  conclude_when_idle();
}

void job_run::abandon() {
  if (stopping_) return;
  self_
      ->request(colleagues_.ledger, caf::infinite, abandon_atom_v, job_.id, job_.run,
                storage::abandonment{error_code::cancelled})
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
  if (unrecorded_.empty()) self_->quit();
}

job_actor::behavior_type job(job_actor::stateful_pointer<job_run> self, supervisor_actor supervisor,
                             job_colleagues colleagues, job_ticket ticket, job_brief brief) {
  end_on_exception(self, "job");
  return self->state.make_behavior(std::move(supervisor), std::move(colleagues), ticket, brief);
}

}  // namespace retail_pulse::actors
