// What job actors get, and what they report of themselves to the supervisor.
#include "actors/protocols.hpp"
#include "simulation/describe/matching.hpp"
#include "simulation/describe/values.hpp"

namespace retail_pulse::simulation {

using namespace actors;

namespace {

description described_report(const image_report& report) {
  const auto& result = report.result;
  auto text = text_of(report.task.number) + " " +
              outcome_of(result.code, result.measured, result.evidence.http_status);
  if (report.postponed) text += ", postponed";
  if (report.retry_in)
    text += ", another attempt in " + std::to_string(report.retry_in->count()) + " ms";
  return {text, {}, report.task.number};
}

}  // namespace

perhaps_described describe_job_message(const message_content& content, const work& at) {
  const auto plain = [&](const std::string& text) { return description{text, {}, {}}; };
  return first_match(
      content, [&](begin_atom) { return plain("ask for a turn, or for the end of the run"); },
      [&](turn_atom, std::uint64_t credits) {
        return plain("may hold " + count_of(credits, "more image"));
      },
      [](report_atom, const image_report& report) { return described_report(report); },
      [](retry_atom, const image_task& task) {
        return description{text_of(task.number) + attempt_of(task), {}, task.number};
      },
      [&](flush_atom, std::uint64_t batch) {
        return plain("batch " + std::to_string(batch) + " has waited long enough");
      },
      [&](pending_atom, std::uint64_t credits) {
        return plain("read " + count_of(credits, "image") + ", again");
      },
      [&](record_atom, const results_ptr& batch) {
        return plain(count_of(batch->results.size(), "result") + ", again");
      },
      [&](cancel_atom) { return plain("fetch nothing more"); },
      [&](abandon_atom) { return plain("end the rest as cancelled, again"); },
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
