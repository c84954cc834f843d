#include "http/handlers/job_subscriber.hpp"

#include <algorithm>
#include <utility>

#include "core/limits.hpp"

namespace retail_pulse::http {
namespace {

/// A quarter of the connections is kept from subscribers, so that other requests are served.
std::size_t subscribers_of(std::size_t connections) {
  return std::min(limits::followers, std::max<std::size_t>(1, connections / 4 * 3));
}

}  // namespace

subscriptions::subscriptions(actors::herald_actor herald, status_readers_ptr statuses,
                             std::size_t connections, std::size_t client_percent)
    : herald_{std::move(herald)},
      statuses_{std::move(statuses)},
      permits_{{.total = subscribers_of(connections), .percent = client_percent}} {}

void subscriptions::subscribe(job_id job, actors::subscriber who) const {
  caf::anon_send(herald_, actors::follow_atom_v, job, std::move(who));
}

void subscriptions::unsubscribe(job_id job, std::uint64_t token) const {
  caf::anon_send(herald_, actors::unfollow_atom_v, job, token);
}

job_subscriber::job_subscriber(subscriptions_ptr with, job_id job, permit right)
    : with_{std::move(with)}, job_{job}, token_{with_->next_token()}, right_{std::move(right)} {}

void job_subscriber::start() {
  with_->subscribe(
      job_, {.token = token_,
             .tell = [self = shared_from_this()](
                         const actors::job_progress& progress) { self->take_progress(progress); },
             .beat = [self = shared_from_this()] { self->beat(); },
             .waits = [self = shared_from_this()] { return self->waits(); }});
  read_status();
}

void job_subscriber::read_status() {
  {
    const std::lock_guard lock{mutex_};
    if (!right_ || std::exchange(reading_, true)) {
      read_again_ = true;
      return;
    }
  }
  with_->statuses().read(job_, [self = shared_from_this()](const status_outcome& outcome) {
    self->status_read(outcome);
  });
}

void job_subscriber::status_read(const status_outcome& outcome) {
  bool again = false;
  {
    const std::lock_guard lock{mutex_};
    reading_ = false;
    again = std::exchange(read_again_, false);
  }
  take_status(outcome);
  if (again) read_status();
}

void job_subscriber::leave() {
  permit right;
  {
    const std::lock_guard lock{mutex_};
    right = std::move(right_);
  }
  if (right) with_->unsubscribe(job_, token_);
}

actors::job_progress progress_of(const job_status& status) {
  return {status.id, status.run, status.state, status.images};
}

}  // namespace retail_pulse::http
