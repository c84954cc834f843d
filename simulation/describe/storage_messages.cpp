// What the ledger, the readers and the store master get.
#include "actors/protocols.hpp"
#include "simulation/describe/matching.hpp"
#include "simulation/describe/values.hpp"

namespace retail_pulse::simulation {

using namespace actors;

namespace {

std::string joined(const std::vector<std::string>& words) {
  std::string text;
  for (const auto& each : words) text += (text.empty() ? "" : ", ") + each;
  return text;
}

perhaps_described describe_ledger_message(const message_content& content) {
  return first_match(
      content,
      [](store_atom, const submission_ptr& job, const std::optional<submission_key>& key) {
        return description{count_of(job->image_count(), "image") +
                               (key ? ", key '" + key->text + "', body '" + key->digest + "'" : ""),
                           {},
                           {}};
      },
      [](cancel_atom, job_id job) {
        return description{text_of(job), {job}, {}};
      },
      [](redrive_atom, job_id job, std::int64_t room) {
        return description{
            text_of(job) + ", at most " + count_of(static_cast<std::uint64_t>(room), "image"),
            {job},
            {}};
      },
      [](record_atom, job_id job, run_number run, const results_ptr& batch) {
        return description{text_of(job) + ", " + count_of(batch->results.size(), "result") +
                               (run.value > 1 ? " of run " + std::to_string(run.value) : ""),
                           {job},
                           {}};
      },
      [](abandon_atom, job_id job, run_number, const storage::abandonment& why) {
        return description{
            text_of(job) + ", what is pending ends as " + std::string{describe(why.code).name},
            {job},
            {}};
      },
      [](number_atom, job_id job, const numbered_images_ptr& slice) {
        return description{
            text_of(job) + ", the origins of " + count_of(slice->images.size(), "image"),
            {job},
            {}};
      },
      [](settle_atom, job_id job) {
        return description{text_of(job), {job}, {}};
      },
      [](discard_atom, const id_list& list) {
        return description{count_of(list.ids.size(), "unfinished submission"), {}, {}};
      },
      [](flush_atom) {
        return description{"commit what waits", {}, {}};
      });
}

perhaps_described describe_reader_message(const message_content& content) {
  return first_match(
      content,
      [](pending_atom, job_id job, run_number, const page_order_ptr& order) {
        return description{
            text_of(job) + ", at most " + count_of(order->credits(), "image"), {job}, {}};
      },
      [](open_atom, job_id job, run_number, origin_number) {
        return description{text_of(job) + ", its next origins", {job}, {}};
      },
      [](number_atom, job_id job, image_number after) {
        return description{
            text_of(job) + ", images without an origin, after " + std::to_string(after.value),
            {job},
            {}};
      },
      [](status_atom, job_id job, const reply<query_outcome<job_status>>&) {
        return description{text_of(job), {job}, {}};
      },
      [](audit_atom, job_id job, const reply<query_outcome<job_audit>>&) {
        return description{text_of(job), {job}, {}};
      },
      [](ongoing_atom, job_id after) {
        return description{"ongoing jobs behind " + text_of(after), {}, {}};
      },
      [](staging_atom) {
        return description{"unfinished submissions", {}, {}};
      },
      [](lookup_atom, const store_check& check) {
        return description{joined(check.ids), {}, {}};
      },
      [](replace_atom, const stores::store_table_ptr& table) {
        return description{count_of(table->size(), "store"), {}, {}};
      });
}

}  // namespace

perhaps_described describe_storage_message(const message_content& content) {
  auto found = describe_ledger_message(content);
  return found ? found : describe_reader_message(content);
}

}  // namespace retail_pulse::simulation
