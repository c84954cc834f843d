#include <optional>
#include <utility>

#include "http/handlers/handlers.hpp"
#include "http/response/job_json.hpp"

namespace retail_pulse::http {
namespace {

void readyz(const actors::supervisor_actor& supervisor, std::chrono::milliseconds longest,
            const responder& answer) {
  using load = std::optional<actors::load_report>;
  answer.within(longest, supervisor_silent);
  actors::reply<load> reply{
      [answer](const load& found) { answer(found ? readiness(*found) : supervisor_silent()); },
      std::nullopt};
  caf::anon_send(supervisor, actors::load_atom_v, std::move(reply));
}

}  // namespace

void add_health_routes(route_table& to, const handler_context& with) {
  to.add({"GET", "/healthz", [](const request&, const responder& answer) { answer(alive()); }});
  to.add({"GET", "/readyz",
          [supervisor = with.to.supervisor, longest = with.options.readiness_answer](
              const request&, const responder& answer) { readyz(supervisor, longest, answer); }});
}

}  // namespace retail_pulse::http
