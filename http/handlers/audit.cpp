#include <utility>

#include "http/handlers/handlers.hpp"
#include "http/handlers/outcomes.hpp"
#include "http/request/parameters.hpp"
#include "http/response/job_json.hpp"

namespace retail_pulse::http {
namespace {

void audit(audit_queue& readers, const request& r, const responder& answer) {
  const auto job = job_named(r.parameter);
  if (!job) return answer.reject(no_such_job(r.parameter));
  const auto send = [answer, job = *job, absent = no_such_job(r.parameter)](
                        const actors::reader_actor& reader, const permit& turn) {
    auto done = [answer, turn, absent](const actors::query_outcome<job_audit>& outcome) {
      respond(answer, outcome, absent, "an audit could not be read", audit_response);
    };
    actors::reply<actors::query_outcome<job_audit>> reply{
        std::move(done), {}, [answer] { return answer.waits(); }};
    caf::anon_send(reader, actors::audit_atom_v, job, std::move(reply));
  };
  if (!readers.ask(r.client, send)) answer.reject(unavailable("too many audits are waiting"));
}

}  // namespace

void add_audit_routes(route_table& to, const handler_context& with) {
  to.add({"GET", "/api/jobs/{id}/audit",
          [readers = with.audits](const request& r, const responder& answer) {
            audit(*readers, r, answer);
          }});
}

}  // namespace retail_pulse::http
