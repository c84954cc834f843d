// What the herald gets.
#include "actors/protocols.hpp"
#include "simulation/describe/matching.hpp"
#include "simulation/describe/values.hpp"

namespace retail_pulse::simulation {

using namespace actors;

perhaps_described describe_herald_message(const message_content& content) {
  return first_match(
      content,
      [](progress_atom, const job_progress& progress) {
        return description{text_of(progress.job) + ", " + text_of(progress.images, progress.state),
                           {progress.job},
                           {}};
      },
      [](follow_atom, job_id job, const subscriber&) {
        return description{text_of(job), {job}, {}};
      },
      [](unfollow_atom, job_id job, std::uint64_t) {
        return description{text_of(job), {job}, {}};
      },
      [](flush_atom, job_id job) {
        return description{text_of(job), {job}, {}};
      },
      [](beat_atom) { return description{}; });
}

}  // namespace retail_pulse::simulation
