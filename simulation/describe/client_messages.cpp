// What clients, the operator and job actors send to the supervisor.
#include "actors/protocols.hpp"
#include "simulation/describe/matching.hpp"
#include "simulation/describe/values.hpp"

namespace retail_pulse::simulation {

using namespace actors;

perhaps_described describe_client_message(const message_content& content) {
  return first_match(
      content,
      [](submit_atom, const submission_ptr& job, const std::optional<submission_key>& key,
         const reply<submit_outcome>&) {
        return description{count_of(job->image_count(), "image") + " in " +
                               count_of(job->visit_count(), "visit") +
                               (key ? ", key '" + key->text + "', body '" + key->digest + "'" : ""),
                           {},
                           {}};
      },
      [](cancel_atom, job_id job, const reply<control_outcome>&) {
        return description{text_of(job), {job}, {}};
      },
      [](redrive_atom, job_id job, const reply<control_outcome>&) {
        return description{text_of(job), {job}, {}};
      },
      [](load_atom, const reply<std::optional<load_report>>&) {
        return description{"how busy the service is", {}, {}};
      },
      [](recover_atom, job_id after) {
        return description{"ongoing jobs behind " + text_of(after), {}, {}};
      },
      [](abandon_atom, job_id job, run_number run, std::int64_t pending) {
        return description{text_of(job) + " run " + std::to_string(run.value) + ", " +
                               count_of(static_cast<std::uint64_t>(pending), "pending image"),
                           {job},
                           {}};
      },
      [](drain_atom, std::chrono::milliseconds timeout) {
        return description{"stop within " + std::to_string(timeout.count()) + " ms", {}, {}};
      });
}

}  // namespace retail_pulse::simulation
