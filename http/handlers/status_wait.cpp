#include "http/handlers/status_wait.hpp"

#include <algorithm>
#include <utility>

#include "http/response/conditional.hpp"
#include "http/response/responses.hpp"

namespace retail_pulse::http {

using actors::status_outcome;

response standing_response(const request& r, job_id job, const status_outcome& outcome) {
  if (outcome.what == status_outcome::kind::told) {
    const bool visible = outcome.status && outcome.status->state != job_state::staging;
    return visible ? conditional(r, etag_of(*outcome.status), job_standing(*outcome.status)) : no_such_job(std::to_string(job.value));
  }
  const bool lost = outcome.what == status_outcome::kind::lost;
  log_failure(r.id, lost ? "a status question was lost" : "a status could not be read", lost ? actor_ended : outcome.detail);
  return lost ? internal_error(r.id) : unavailable(storage_sentence(outcome.reason));
}

status_wait::status_wait(following_ptr with, job_id job, std::shared_ptr<void> place, request r, std::chrono::seconds patience,
                         responder answer)
    : job_follower{std::move(with), job, std::move(place)},
      request_{std::move(r)},
      until_{clock::now() + patience},
      answer_{std::move(answer)} {}

void status_wait::hear(const actors::job_progress& news) {
  if (is_end(news)) return ask();
  const std::lock_guard lock{mutex_};
  if (!status_ || news.run < status_->run) return;  // the status that is being read is no older
  status_->run = news.run;
  status_->images = news.images;
}

void status_wait::take_status(const status_outcome& outcome) {
  const bool goes_on = outcome.what == status_outcome::kind::told && outcome.status && outcome.status->state == job_state::ongoing;
  if (!goes_on) {
    answer_(standing_response(request_, job(), outcome));
    return leave();
  }
  {
    const std::lock_guard lock{mutex_};
    status_ = outcome.status;
  }
  const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(until_ - clock::now());
  answer_.within(std::max(left, std::chrono::milliseconds{0}),
                 [self = std::static_pointer_cast<status_wait>(shared_from_this())] { return self->as_it_stands(); });
}

response status_wait::as_it_stands() {
  leave();
  const std::lock_guard lock{mutex_};
  return conditional(request_, etag_of(*status_), job_standing(*status_));
}

}  // namespace retail_pulse::http
