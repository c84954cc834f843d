#include "http/handlers/control.hpp"

#include <string>
#include <utility>

#include "http/response/responses.hpp"

namespace retail_pulse::http {
namespace {

using actors::control_outcome;

/// Everything but success.
response refusal(const control_outcome& outcome, const request& r) {
  using kind = control_outcome::kind;
  const auto job = "job " + r.parameter;
  switch (outcome.what) {
    case kind::no_such_job:
      return problem_no_such_job(r.parameter, r.path);
    case kind::ended:
      return problem(409, "job_ended", job + " has ended", r.path);
    case kind::ongoing:
      return problem(409, "job_ongoing", job + " is ongoing; it can be redriven when it has ended", r.path);
    case kind::nothing_failed:
      return problem(409, "nothing_failed", job + " has no failed images", r.path);
    case kind::starting:
      return problem_unavailable("the service is starting", r.path);
    case kind::full:
      return problem_unavailable("the service is full: " + outcome.detail, r.path);
    case kind::draining:
      return problem_unavailable("the service is draining", r.path);
    case kind::storage_failed:
      log_failure(r.id, "a wish about a job could not be stored", outcome.detail);
      return problem_unavailable(storage_sentence(outcome.reason), r.path);
    case kind::done:
    case kind::lost:
      break;
  }
  log_failure(r.id, "a wish about a job was lost", actor_ended);
  return problem_internal(r.id, r.path);
}

}  // namespace

control_handlers::control_handlers(actors::supervisor_actor supervisor, std::chrono::milliseconds any_answer, std::size_t client_percent)
    : supervisor_{std::move(supervisor)}, any_answer_{any_answer}, wishes_{{.total = limits::wishes, .percent = client_percent}} {}

void control_handlers::add_routes(route_table& to) const {
  to.add_with_parameter("POST", "/api/jobs/{id}/cancel", [this](const request& r, const responder& a) { cancel(r, a); });
  to.add_with_parameter("POST", "/api/jobs/{id}/redrive", [this](const request& r, const responder& a) { redrive(r, a); });
}

void control_handlers::cancel(const request& r, const responder& answer) const { ask(actors::cancel_atom_v, r, answer, job_cancelled); }

void control_handlers::redrive(const request& r, const responder& answer) const { ask(actors::redrive_atom_v, r, answer, job_redriven); }

template <class Atom>
void control_handlers::ask(Atom what, const request& r, const responder& answer, response (*done)(const job_brief&)) const {
  const auto job = job_named(r.parameter);
  if (!job) return answer(problem_no_such_job(r.parameter, r.path));
  if (auto stray = stray_parameter(r)) return answer(*std::move(stray));
  auto place = wishes_.take(r.client);
  if (!place) return answer(problem_unavailable("too many wishes about jobs are waiting", r.path));
  answer.within(any_answer_, problem_not_in_time(r.path));
  request asked{.id = r.id, .method = {}, .path = r.path, .query = {}, .parameter = r.parameter, .headers = {}, .body = {}};
  actors::reply<control_outcome> reply{[answer, place = std::move(place), asked = std::move(asked), done](const control_outcome& outcome) {
                                         answer(outcome.what == control_outcome::kind::done ? done(outcome.job) : refusal(outcome, asked));
                                       },
                                       control_outcome{}};
  caf::anon_send(supervisor_, what, *job, std::move(reply));
}

}  // namespace retail_pulse::http
