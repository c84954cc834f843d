// What image actors get.
#include "actors/protocols.hpp"
#include "simulation/describe/matching.hpp"
#include "simulation/describe/values.hpp"

namespace retail_pulse::simulation {

using namespace actors;

perhaps_described describe_image_message(const message_content& content, const work& at) {
  return first_match(
      content,
      [](order_atom, const image_order& order) {
        return description{
            text_of(order.job, order.task.number) + ", " + order.task.url + attempt_of(order.task),
            {order.job},
            order.task.number};
      },
      [&](fetched_atom, const fetch_outcome_ptr& outcome) {
        return description{
            name_of(at) + " " +
                outcome_of(outcome->code, outcome->measured, outcome->evidence.http_status) +
                (outcome->postponed ? ", postponed" : ""),
            {},
            at.image};
      },
      [&](finished_atom) {
        return description{name_of(at) + ", its delay is over", {}, at.image};
      });
}

}  // namespace retail_pulse::simulation
