// What job actors get, and what they report of themselves to the supervisor.
#include "actors/protocols.hpp"
#include "simulation/describe/matching.hpp"
#include "simulation/describe/values.hpp"

namespace retail_pulse::simulation {

using namespace actors;

perhaps_described describe_job_message(const message_content& content, const work& at) {
  const auto plain = [&](const std::string& text) { return description{text, {}, {}}; };
  return first_match(
      content, [&](begin_atom) { return plain("join the pool, or ask for the end of the run"); },
      [&](open_atom, origin_number) { return plain("list the next origins"); },
      [&](turn_atom, const page_order_ptr& order) {
        return plain("may read " + count_of(order->credits(), "image"));
      },
      [](report_atom, const image_result& result) {
        return description{
            text_of(result.number) + " " +
                outcome_of(result.code, result.measured, result.evidence.http_status),
            {},
            result.number};
      },
      [&](give_up_atom, const abandoned_origin_ptr& origin) {
        return plain("give up an origin: " + origin->reason);
      },
      [&](exhausted_atom) { return plain("nothing of it is left in the pool"); },
      [&](flush_atom, std::uint64_t batch) {
        return plain("batch " + std::to_string(batch) + " has waited long enough");
      },
      [&](record_atom, const results_ptr& batch) {
        return plain(count_of(batch->results.size(), "result") + ", again");
      },
      [&](cancel_atom) { return plain("fetch nothing more"); },
      [&](abandon_atom) { return plain("end the rest as cancelled, again"); },
      [&](abandon_atom, const abandoned_origin_ptr&) {
        return plain("fail the images of an origin, again");
      },
      [&](stop_atom) { return plain("record what is there, then end"); },
      [&](progress_atom, job_ticket, std::int64_t recorded) {
        return plain(name_of({at.job, {}}) + ", " +
                     count_of(static_cast<std::uint64_t>(recorded), "image") + " recorded");
      },
      [&](ended_atom, job_ticket) {
        return plain(name_of({at.job, {}}) + ", its final state is committed");
      });
}

}  // namespace retail_pulse::simulation
