#include "http/handlers/job_follower.hpp"

#include <utility>

namespace retail_pulse::http {

void following::follow(job_id job, actors::follower who) const { caf::anon_send(herald_, actors::follow_atom_v, job, std::move(who)); }

void following::unfollow(job_id job, std::uint64_t token) const { caf::anon_send(herald_, actors::unfollow_atom_v, job, token); }

void following::ask(job_id job, actors::reply<actors::status_outcome> answer) const {
  const auto& reader = readers_[next_reader_.fetch_add(1, std::memory_order_relaxed) % readers_.size()];
  caf::anon_send(reader, actors::status_atom_v, job, std::move(answer));
}

job_follower::job_follower(following_ptr with, job_id job, std::shared_ptr<void> place)
    : with_{std::move(with)}, job_{job}, token_{with_->next_token()}, place_{std::move(place)} {}

void job_follower::start() {
  with_->follow(job_, {.token = token_,
                       .tell = [self = shared_from_this()](const actors::job_progress& news) { self->hear(news); },
                       .beat = [self = shared_from_this()] { self->beat(); },
                       .waits = [self = shared_from_this()] { return self->waits(); }});
  ask();
}

void job_follower::ask() {
  {
    const std::lock_guard lock{mutex_};
    if (!place_ || std::exchange(asking_, true)) {
      ask_again_ = true;
      return;
    }
  }
  with_->ask(job_, {[self = shared_from_this()](const actors::status_outcome& outcome) { self->answered(outcome); }, {}});
}

void job_follower::answered(const actors::status_outcome& outcome) {
  bool again = false;
  {
    const std::lock_guard lock{mutex_};
    asking_ = false;
    again = std::exchange(ask_again_, false);
  }
  take_status(outcome);
  if (again) ask();
}

void job_follower::leave() {
  std::shared_ptr<void> place;
  {
    const std::lock_guard lock{mutex_};
    place = std::move(place_);
  }
  if (place) with_->unfollow(job_, token_);
}

actors::job_progress progress_of(const job_status& status) { return {status.id, status.run, status.state, status.images}; }

}  // namespace retail_pulse::http
