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
            text_of(member.id) + ", " + count_of(member.unread, "image") + " to read",
            {member.id},
            {}};
      },
      [&](offer_atom, job_ticket, const image_offer_ptr& offer) {
        auto text = ", " + count_of(offer->images.size(), "image");
        if (offer->unused > 0) text += ", " + count_of(offer->unused, "credit") + " not used";
        return of_job(text + (offer->more ? ", more to read" : ", nothing more to read"));
      },
      [&](again_atom, job_ticket, const queued_image& image) {
        auto said = of_job(" " + text_of(image.task.number) + attempt_of(image.task));
        said.image = image.task.number;
        return said;
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
      [&](fetched_atom, worker_index, const std::string& address) {
        return of_image(", its slot is free" + (address.empty() ? "" : ", from " + address));
      },
      [&](reported_atom, worker_index, bool rests) {
        return of_image(rests ? ", its worker is free, another attempt follows"
                              : ", its worker is free");
      },
      [](drain_atom) {
        return description{"order nothing more", {}, {}};
      },
      [](load_atom) {
        return description{"how busy the pool is", {}, {}};
      });
}

}  // namespace retail_pulse::simulation
