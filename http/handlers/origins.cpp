#include <algorithm>
#include <limits>
#include <utility>

#include "http/handlers/report_questions.hpp"
#include "http/request/parameters.hpp"

namespace retail_pulse::http {
namespace {

using namespace actors;

origins_question origins_asked_for(parameters& given, job_id job) {
  constexpr std::int64_t most = std::numeric_limits<std::int32_t>::max();
  origins_question question;
  question.job = job;
  question.origin = given.origin();
  const auto cursor = std::min(given.cursor().value_or(not_numbered.value), most);
  question.after.value = static_cast<std::int32_t>(cursor);
  question.limit = given.limit();
  return question;
}

void list_origins(const std::shared_ptr<report_queue>& readers, const image_pool_actor& pool,
                  const wall_clock& clock, const request& r, const responder& answer) {
  const auto job = job_named(r.parameter);
  if (!job) return answer.reject(no_such_job(r.parameter));
  parameters given{r.query};
  const auto question = origins_asked_for(given, *job);
  if (!given.problem().empty()) return answer.reject(invalid_parameter(given.problem()));
  ask_pool(pool, clock, *job, answer, [readers, question, r, answer](const origins_now& known) {
    const auto make = [known](const origin_summaries& page) { return origins_listed(page, known); };
    ask_reader<origin_summaries>(*readers, origins_atom_v, question, r, answer, make);
  });
}

}  // namespace

void ask_pool(const image_pool_actor& pool, const wall_clock& clock, job_id job,
              const responder& answer, std::function<void(const origins_now& known)> use) {
  auto done = [clock, answer, use = std::move(use)](const std::optional<live_origins>& found) {
    if (found) return use({*found, clock()});
    if (answer.waits()) answer.reject(lost(answer.request_id(), "the pool could not be asked"));
  };
  reply<std::optional<live_origins>> to{std::move(done), std::nullopt,
                                        [answer] { return answer.waits(); }};
  caf::anon_send(pool, origins_atom_v, job, std::move(to));
}

void add_origin_routes(route_table& to, const handler_context& with) {
  to.add({"GET", "/api/jobs/{id}/origins",
          [readers = with.reports, pool = with.to.pool, clock = with.options.wall_time](
              const request& r, const responder& answer) {
            list_origins(readers, pool, clock, r, answer);
          }});
}

}  // namespace retail_pulse::http
