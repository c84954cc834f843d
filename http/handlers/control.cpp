#include <utility>

#include "core/limits.hpp"
#include "http/handlers/handlers.hpp"
#include "http/handlers/outcomes.hpp"
#include "http/request/parameters.hpp"
#include "http/response/job_json.hpp"

namespace retail_pulse::http {
namespace {

using actors::control_outcome;

/// Of every outcome but success.
rejection rejection_of(const control_outcome& outcome, const std::string& name,
                       const std::string& request_id) {
  using kind = control_outcome::kind;
  switch (outcome.what) {
    case kind::no_such_job:
      return no_such_job(name);
    case kind::ended:
      return {409, "job_ended", "job " + name + " has ended"};
    case kind::ongoing:
      return {409, "job_ongoing",
              "job " + name + " is ongoing; it can be redriven when it has ended"};
    case kind::nothing_failed:
      return {409, "nothing_failed", "job " + name + " has no failed images"};
    case kind::starting:
      return unavailable("the service is starting");
    case kind::full:
      return unavailable("the service is full: " + outcome.detail);
    case kind::draining:
      return unavailable("the service is draining");
    case kind::storage_failed:
      return storage_failed(request_id, "a cancel or redrive could not be stored", outcome.detail,
                            outcome.reason);
    case kind::done:
    case kind::lost:
      break;
  }
  return lost(request_id, "a cancel or redrive was lost");
}

/// Cancel and redrive: another message, another response, else the same.
template <class Atom>
handler control(const handler_context& with, const permits& requests, Atom what,
                response (*done)(const job_brief&)) {
  return [supervisor = with.to.supervisor, requests, what, done](const request& r,
                                                                 const responder& answer) {
    const auto job = job_named(r.parameter);
    if (!job) return answer.reject(no_such_job(r.parameter));
    if (const auto stray = stray_parameter(r)) return answer.reject(*stray);
    auto waiting = requests.take(r.client);
    if (!waiting)
      return answer.reject(unavailable("too many cancel and redrive requests are in progress"));
    auto finish = [answer, waiting = std::move(waiting), name = r.parameter,
                   done](const control_outcome& outcome) {
      if (outcome.what == control_outcome::kind::done) return answer(done(outcome.job));
      answer.reject(rejection_of(outcome, name, answer.request_id()));
    };
    caf::anon_send(supervisor, what, *job, actors::reply<control_outcome>{std::move(finish), {}});
  };
}

}  // namespace

void add_control_routes(route_table& to, const handler_context& with) {
  const permits requests{{.total = limits::control_requests, .percent = with.options.client_share}};
  to.add({"POST", "/api/jobs/{id}/cancel",
          control(with, requests, actors::cancel_atom_v, job_cancelled)});
  to.add({"POST", "/api/jobs/{id}/redrive",
          control(with, requests, actors::redrive_atom_v, job_redriven)});
}

}  // namespace retail_pulse::http
