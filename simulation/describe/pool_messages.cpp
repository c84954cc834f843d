// What the image pool gets from job actors and image actors.
#include "actors/protocols.hpp"
#include "simulation/describe/matching.hpp"
#include "simulation/describe/values.hpp"

namespace retail_pulse::simulation {

using namespace actors;

perhaps_described describe_pool_message(const message_content& content, const work& at) {
  const auto of_job = [&](const std::string& text) {
    return description{name_of({at.job, {}}) + text, {}, {}};
  };
  const auto of_image = [&](const std::string& text) {
    return description{name_of(at) + text, {}, at.image};
  };
  return first_match(
      content,
      [](join_atom, const pool_member& member) {
        return description{
            text_of(member.id) + (member.is_numbered ? ", with many images" : ", with few images"),
            {member.id},
            {}};
      },
      [&](offer_atom, job_ticket, const image_offer_ptr& offer) {
        return of_job(", " + count_of(offer->images.size(), "image") +
                      (offer->more ? ", more to read" : ", nothing more to read"));
      },
      [&](opened_atom, job_ticket, const origin_page_ptr& page) {
        return of_job(", " + count_of(page->origins.size(), "origin"));
      },
      [&](settled_atom, job_ticket, std::uint64_t images) {
        return of_job(", " + count_of(images, "image") + " recorded");
      },
      [&](leave_atom, job_ticket) { return of_job(" is gone"); },
      [&](withdraw_atom, job_ticket) { return of_job(" wants nothing more"); },
      [](resolved_atom, const std::string& origin, const std::string& address) {
        return description{
            origin + (address.empty() ? " has no usable address" : " is at " + address), {}, {}};
      },
      [&](fetched_atom, worker_index, const attempt_report& report) {
        auto text = ", " + outcome_of(report.result.code, report.result.measured,
                                      report.result.evidence.http_status);
        if (report.postponed) text += ", postponed";
        if (report.with_origin == fetch::contact::failed) text += ", its origin was not reached";
        if (!report.leads_to.empty()) text += ", from " + report.leads_to;
        return of_image(text);
      },
      [&](finished_atom, worker_index) { return of_image(", its worker is free"); },
      [](tick_atom) {
        return description{"a wait may be over", {}, {}};
      },
      [](drain_atom) {
        return description{"order nothing more", {}, {}};
      },
      [](origins_atom, job_id job, const reply<std::optional<live_origins>>&) {
        return description{"the origins of " + text_of(job), {job}, {}};
      },
      [](load_atom) {
        return description{"how busy the pool is", {}, {}};
      });
}

}  // namespace retail_pulse::simulation
