#include "simulation/clients.hpp"

#include <algorithm>
#include <utility>

#include "simulation/cast.hpp"

namespace retail_pulse::simulation {

using actors::control_outcome;
using status_outcome = actors::query_outcome<job_status>;
using actors::submit_outcome;

namespace {

/// A client that is going to redrive looks so often whether its job has failed.
constexpr millis watched_every{200};

bool has_id(const submit_outcome& answer) {
  return answer.what == submit_outcome::kind::accepted ||
         answer.what == submit_outcome::kind::replayed;
}

}  // namespace

std::string clients::client::name(const scenario& plan) const {
  if (id) return "job " + std::to_string(id->value);
  return "submission " + std::to_string(job - plan.jobs.data() + 1);
}

clients::clients(setting& world) : world_{world} {
  for (const auto& job : world_.plan.jobs) {
    client& made = clients_.emplace_back();
    made.job = &job;
    made.redrives_left = job.redrives;
    if (job.has_key) made.key = "key " + std::to_string(clients_.size());
  }
}

void clients::process_starts() {
  for (auto& each : clients_) {
    each.waits_for_answer = each.waits_for_cancel = false;
    if (std::exchange(each.waits_for_redrive, false)) each.redrive_failed = true;
    if (!each.id && !each.has_given_up)
      at(each.job->at, each, "submits", [this, &each] { submit(each); });
    if (each.id && each.job->is_asked_about) ask_again(each);
    if (each.id) plan_requests(each, world_.now() + millis{200});
    if (!each.key.empty() && !world_.is_concluding) repeat(each);
  }
}

void clients::drain_begins() {
  for (auto& each : clients_) {
    if (each.waits()) each.was_there_before_drain_in = world_.lives;
  }
}

bool clients::any_waits_since_drain() const {
  return std::ranges::any_of(clients_, [&](const client& each) {
    return each.waits() && each.was_there_before_drain_in == world_.lives;
  });
}

bool clients::any_waits() const { return std::ranges::any_of(clients_, &client::waits); }

bool clients::are_finished() const {
  return std::ranges::none_of(clients_, [](const client& each) {
    return (!each.id && !each.has_given_up) || each.waits();
  });
}

void clients::at(millis when, const client& who, const std::string& what_for,
                 std::function<void()> what) {
  world_.process->at(when, outside::clients,
                     "the client of " + who.name(world_.plan) + " " + what_for, std::move(what));
}

// --- submissions --------------------------------------------------------------------------------

void clients::submit(client& who) {
  if (who.id || who.waits_for_answer) return;
  who.waits_for_answer = true;
  ++who.tries;
  send(who, [this, &who](const submit_outcome& answer) {
    if (world_.answers_are_lost) return;  // it is not known whether the job is stored
    who.waits_for_answer = false;
    take_answer(who, answer);
  });
}

void clients::send(const client& who, std::function<void(submit_outcome)> answer) {
  const auto key = who.key.empty() ? no_key : submission_key{who.key, "its own"};
  world_.process->submit(who.job->submission(), key, std::move(answer));
}

/// Once more under the same key, at a moment of its own, and once with another body.
void clients::repeat(client& who) {
  chance dice{world_.plan.seed, stream::clients,
              mix(world_.lives) ^ static_cast<std::uint64_t>(who.job - world_.plan.jobs.data())};
  const auto when = std::max(world_.now(), who.job->at);
  const millis same_after{dice.one_in(2) ? 0 : dice.between(0, 3000)};
  at(when + same_after, who, "submits again under its key", [this, &who] {
    send(who, [this, &who](const submit_outcome& answer) {
      if (world_.answers_are_lost) return;
      if (has_id(answer)) take_id(who, answer);
      if (answer.what == submit_outcome::kind::key_used)
        world_.broken("a submission under its own key is taken for another one");
    });
  });
  at(when + millis{dice.between(0, 6000)}, who, "submits another body under its key", [this, &who] {
    if (!who.id) return;  // or it might be the first
    const submission_key key{who.key, "another"};
    world_.process->submit(who.job->submission(), key, [this](const submit_outcome& answer) {
      if (!world_.answers_are_lost && has_id(answer))
        world_.broken("another submission was taken under a key that is used");
    });
  });
}

void clients::take_id(client& who, const submit_outcome& answer) {
  if (who.id) {
    if (*who.id != answer.id || answer.what == submit_outcome::kind::accepted)
      world_.broken("one key has led to two jobs");
    return;
  }
  who.id = answer.id;
  world_.watched.accepted(answer.id, *who.job, world_.database.reader, world_.now());
  if (who.job->is_asked_about) ask_again(who);
  plan_requests(who, world_.now());
}

void clients::take_answer(client& who, const submit_outcome& answer) {
  using kind = submit_outcome::kind;
  who.was_there_before_drain_in = 0;
  if (has_id(answer)) {
    if (who.key.empty() && answer.what == kind::replayed)
      world_.broken("a submission without a key is taken for an earlier one");
    return take_id(who, answer);
  }
  world_.tell.note("refused", static_cast<std::uint64_t>(answer.what), 0,
                   [&] { return answer.detail; });
  const bool is_long_calm = world_.now() >= world_.plan.calm_at + rest_within;
  if (answer.what == kind::storage_failed && is_long_calm)
    return world_.broken("a submission cannot be stored although storage works");
  if (answer.what == kind::key_used)
    return world_.broken("a submission under its own key is taken for another one");
  if (answer.what == kind::key_busy && is_long_calm) return world_.broken("a key stays busy");
  if (answer.what == kind::too_large) {
    who.has_given_up = true;
    return;
  }
  at(world_.now() + millis{1000 + 100 * who.tries}, who, "submits again",
     [this, &who] { submit(who); });
}

void clients::ask_again(client& who) {
  at(world_.now() + millis{700}, who, "asks for the status", [this, &who] {
    world_.process->ask(*who.id, [this, &who](const status_outcome& answer) {
      if (world_.answers_are_lost || answer.what != status_outcome::kind::answered) return;
      if (!answer.found) return world_.broken("an accepted job is not known");
      world_.watched.reported(*who.id, *answer.found);
      if (answer.found->state == job_state::ongoing) ask_again(who);
    });
  });
}

// --- cancel and redrive requests ----------------------------------------------------------------

void clients::plan_requests(client& who, millis from) {
  if (who.job->cancelled_after && !who.cancel_is_done)
    at(from + *who.job->cancelled_after, who, "cancels it", [this, &who] { cancel(who); });
  if (who.redrives_left > 0) watch(who, from);
}

void clients::cancel(client& who) {
  if (who.waits_for_cancel || !may_request()) return;
  who.waits_for_cancel = true;
  world_.watched.cancel_is_requested(*who.id);
  world_.process->cancel(*who.id, [this, &who](const control_outcome& answer) {
    if (world_.answers_are_lost) return;
    who.waits_for_cancel = false;
    who.was_there_before_drain_in = 0;
    world_.watched.cancel_is_answered(*who.id);
    take_cancel(who, answer);
  });
}

void clients::take_cancel(client& who, const control_outcome& answer) {
  using kind = control_outcome::kind;
  if (answer.what == kind::no_such_job) return world_.broken("an accepted job is not known");
  if (answer.what == kind::done) world_.watched.cancelled(*who.id, answer.job.run, world_.now());
  if (answer.what != kind::done && answer.what != kind::ended) {
    world_.tell.note("refused", static_cast<std::uint64_t>(answer.what), 0,
                     [&] { return answer.detail; });
    return at(world_.now() + millis{1000}, who, "cancels it again", [this, &who] { cancel(who); });
  }
  if (std::exchange(who.cancel_is_done, true)) return;
  // Cancelling twice does what cancelling once does.
  at(world_.now() + millis{300}, who, "cancels it twice", [this, &who] { cancel(who); });
}

void clients::watch(client& who, millis from) {
  at(from + watched_every, who, "looks whether it has failed", [this, &who] {
    if (!may_request()) return;
    world_.process->ask(*who.id, [this, &who](const status_outcome& answer) {
      if (world_.answers_are_lost) return;
      const bool has_failed = answer.found && answer.found->state == job_state::failed;
      const bool has_ended = answer.found && answer.found->state == job_state::completed;
      if (has_failed) {
        return at(world_.now() + who.job->redriven_after, who, "redrives it",
                  [this, &who] { redrive(who); });
      }
      if (!has_ended) watch(who, world_.now());
    });
  });
}

void clients::redrive(client& who) {
  if (who.waits_for_redrive || !may_request()) return;
  who.waits_for_redrive = true;
  world_.watched.redrive_is_requested(*who.id);
  world_.process->redrive(*who.id, [this, &who](const control_outcome& answer) {
    if (world_.answers_are_lost) return;
    who.waits_for_redrive = false;
    who.was_there_before_drain_in = 0;
    take_redrive(who, answer);
  });
}

void clients::take_redrive(client& who, const control_outcome& answer) {
  using kind = control_outcome::kind;
  switch (answer.what) {
    case kind::done:
      world_.watched.redriven(*who.id, answer.job.run, world_.database.reader);
      break;
    case kind::ongoing:
    case kind::nothing_failed:
      if (!who.redrive_failed) {
        return world_.broken("a job that failed cannot be redriven: " +
                             std::to_string(static_cast<int>(answer.what)));
      }
      world_.watched.redrive_is_settled(*who.id);
      break;
    case kind::no_such_job:
    case kind::ended:
      return world_.broken("an accepted job is not known");
    default:
      world_.tell.note("refused", static_cast<std::uint64_t>(answer.what), 1,
                       [&] { return answer.detail; });
      if (answer.what == kind::storage_failed) who.redrive_failed = true;
      if (!who.redrive_failed) world_.watched.redrive_is_settled(*who.id);
      return watch(who, world_.now() + millis{500});
  }
  who.redrive_failed = false;
  if (--who.redrives_left > 0) watch(who, world_.now());
}

}  // namespace retail_pulse::simulation
