// What actors answer each other's requests with.
#include "actors/protocols.hpp"
#include "actors/vital.hpp"
#include "simulation/describe/matching.hpp"
#include "simulation/describe/values.hpp"

namespace retail_pulse::simulation {

using namespace actors;

namespace {

std::string_view name_of(stored_submission::kind what) {
  constexpr std::string_view names[] = {"stored", "known already",
                                        "the key is another submission's"};
  return names[static_cast<std::size_t>(what)];
}

std::string_view name_of(storage::controlled::kind what) {
  constexpr std::string_view names[] = {"done",    "no such job",    "has ended already",
                                        "ongoing", "nothing failed", "too many images"};
  return names[static_cast<std::size_t>(what)];
}

description described_page(const task_page& page) {
  const auto count = page.again.size() + page.fresh.size();
  if (count == 0) return {"nothing pending", {}, {}};
  const auto& first = page.again.empty() ? page.fresh.front() : page.again.front();
  const auto& last = page.fresh.empty() ? page.again.back() : page.fresh.back();
  auto text = count_of(count, "image") + ": " + std::to_string(first.number.value);
  if (count > 1) text += " to " + std::to_string(last.number.value);
  return {text, {}, {}};
}

description described_jobs(const brief_page& page) {
  description made{count_of(page.jobs.size(), "ongoing job"), {}, {}};
  for (const auto& each : page.jobs) {
    made.text += (made.jobs.empty() ? ": " : ", ") + std::to_string(each.id.value);
    made.jobs.push_back(each.id);
  }
  return made;
}

description described_stores(const known_stores& stores) {
  std::size_t known = 0;
  for (const bool each : stores.known) known += each ? 1 : 0;
  return {
      std::to_string(known) + " of " + count_of(stores.known.size(), "store") + " known", {}, {}};
}

}  // namespace

perhaps_described describe_answer(const message_content& content) {
  if (content.empty()) return description{"done", {}, {}};
  return first_match(
      content,
      [](const storage::recorded& recorded) {
        return description{
            std::to_string(recorded.changed) + " new, " + text_of(recorded.images, recorded.state),
            {},
            {}};
      },
      [](const storage::controlled& controlled) {
        return description{
            std::string{name_of(controlled.what)} + ", " + text_of(controlled.job.id),
            {controlled.job.id},
            {}};
      },
      [](const stored_submission& stored) {
        return description{
            std::string{name_of(stored.what)} + ", " + text_of(stored.job.id), {stored.job.id}, {}};
      },
      [](const task_page_ptr& page) { return described_page(*page); },
      [](const origin_page_ptr& page) {
        return description{count_of(page->origins.size(), "origin"), {}, {}};
      },
      [](const image_urls_ptr& page) {
        return description{count_of(page->size(), "URL"), {}, {}};
      },
      [](const brief_page& page) { return described_jobs(page); },
      [](const id_list& list) {
        return description{count_of(list.ids.size(), "unfinished submission"), {}, {}};
      },
      [](const known_stores& stores) { return described_stores(stores); },
      [](std::uint64_t dropped) {
        return description{count_of(dropped, "waiting image") + " dropped", {}, {}};
      },
      [](const pool_gauges& pool) {
        return description{std::to_string(pool.images_in_flight) + " in flight, " +
                               std::to_string(pool.fetches) + " being fetched, " +
                               std::to_string(pool.images_held) + " held",
                           {},
                           {}};
      },
      [](const load_report& load) {
        return description{
            count_of(static_cast<std::uint64_t>(load.ongoing_jobs), "ongoing job") + ", " +
                count_of(static_cast<std::uint64_t>(load.pending_images), "pending image"),
            {},
            {}};
      },
      [](caf::ok_atom) {
        return description{"done", {}, {}};
      },
      [](const caf::error& error) {
        return description{"error: " + actors::text_of(error), {}, {}};
      });
}

}  // namespace retail_pulse::simulation
