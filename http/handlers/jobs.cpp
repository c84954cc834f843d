#include <optional>
#include <utility>

#include "core/limits.hpp"
#include "http/handlers/report_questions.hpp"
#include "http/handlers/report_streams.hpp"
#include "http/request/parameters.hpp"
#include "http/response/conditional.hpp"
#include "http/response/report_json.hpp"

namespace retail_pulse::http {
namespace {

using namespace actors;

std::optional<job_state> job_state_named(std::string_view name) {
  for (const auto state : {job_state::ongoing, job_state::completed, job_state::failed}) {
    if (name_of(state) == name) return state;
  }
  return std::nullopt;
}

std::optional<image_state> image_state_named(std::string_view name) {
  for (const auto state : {image_state::pending, image_state::succeeded, image_state::failed}) {
    if (name_of(state) == name) return state;
  }
  return std::nullopt;
}

std::optional<error_code> failure_named(std::string_view name) {
  const auto code = error_code_named(name);
  return code == error_code::none ? std::nullopt : code;
}

std::optional<bool> yes_or_no(std::string_view text) {
  if (text != "0" && text != "1") return std::nullopt;
  return text == "1";
}

jobs_question jobs_asked_for(parameters& given) {
  jobs_question question;
  question.filter.state =
      given.value("status", job_state_named, "is not one of ongoing, completed, failed");
  question.filter.store_id = given.text("store_id");
  question.filter.submitted_after =
      given.value("submitted_after", from_rfc3339, "is neither a date nor a time of RFC 3339");
  question.filter.origin = given.origin();
  question.below = job_id{given.cursor().value_or(max_job_id + 1)};
  question.limit = given.limit();
  return question;
}

images_question images_asked_for(parameters& given, job_id job) {
  images_question question;
  question.job = job;
  question.filter.state =
      given.value("state", image_state_named, "is not one of pending, succeeded, failed");
  question.filter.store_id = given.text("store_id");
  question.filter.code =
      given.value("code", failure_named, "is not the error code of a failed image");
  question.filter.origin = given.origin();
  question.after = image_number{given.cursor().value_or(-1)};
  question.limit = given.limit();
  return question;
}

void list_jobs(report_queue& readers, const request& r, const responder& answer) {
  parameters given{r.query};
  auto question = jobs_asked_for(given);
  if (!given.problem().empty()) return answer.reject(invalid_parameter(given.problem()));
  ask_reader<job_page>(readers, jobs_atom_v, std::move(question), r, answer, jobs_listed);
}

/// Those that are away come first, so the pool is asked before the reader.
report_question report_asked_for(job_id job, const origins_now& known) {
  report_question question{job, {}};
  for (const auto& each : known.live) {
    if (each.away && question.origins.size() < limits::worst_origins)
      question.origins.push_back(each.origin);
  }
  return question;
}

void report(const std::shared_ptr<report_queue>& readers, const image_pool_actor& pool,
            const wall_clock& clock, const request& r, const responder& answer) {
  const auto job = job_named(r.parameter);
  if (!job) return answer.reject(no_such_job(r.parameter));
  if (const auto stray = stray_parameter(r)) return answer.reject(*stray);
  ask_pool(pool, clock, *job, answer, [=, job = *job](const origins_now& known) {
    const auto make = [r, clock, known](const job_report& found) {
      return conditional(r, etag_of(found, known), job_reported(found, known, clock()));
    };
    ask_reader<job_report>(*readers, report_atom_v, report_asked_for(job, known), r, answer, make);
  });
}

void list_images(report_queue& readers, const request& r, const responder& answer) {
  const auto job = job_named(r.parameter);
  if (!job) return answer.reject(no_such_job(r.parameter));
  parameters given{r.query};
  auto question = images_asked_for(given, *job);
  if (!given.problem().empty()) return answer.reject(invalid_parameter(given.problem()));
  ask_reader<image_page>(readers, images_atom_v, std::move(question), r, answer, images_listed);
}

/// All images of a job.
class whole_reports {
 public:
  explicit whole_reports(const handler_context& with)
      : readers_{with.reports}, streams_{with.report_streams} {}

  void csv(const request& r, const responder& answer) const {
    parameters given{r.query};
    const auto mark = given.value("bom", yes_or_no, "is neither 0 nor 1");
    stream(r, answer, given, mark.value_or(false) ? report_form::csv_with_mark : report_form::csv);
  }

  void lines(const request& r, const responder& answer) const {
    parameters given{r.query};
    stream(r, answer, given, report_form::lines);
  }

 private:
  void stream(const request& r, const responder& answer, parameters& given,
              report_form form) const {
    const auto job = job_named(r.parameter);
    if (!job) return answer.reject(no_such_job(r.parameter));
    if (auto problem = given.problem(); !problem.empty()) {
      if (given.has_other()) problem += "; a whole report has no filters";
      return answer.reject(invalid_parameter(std::move(problem)));
    }
    auto right = streams_.take(r.client);
    if (!right) return answer.reject(unavailable("too many reports are being streamed"));
    stream_report({answer, r.client, std::move(right), readers_}, *job, form);
  }

  std::shared_ptr<report_queue> readers_;
  permits streams_;
};

}  // namespace

void add_job_routes(route_table& to, const handler_context& with) {
  const auto readers = with.reports;
  const whole_reports whole{with};
  to.add({"GET", "/api/jobs", [readers](const request& r, const responder& answer) {
            list_jobs(*readers, r, answer);
          }});
  to.add({"GET", "/api/jobs/{id}",
          [readers, pool = with.to.pool, clock = with.options.wall_time](const request& r,
                                                                         const responder& answer) {
            report(readers, pool, clock, r, answer);
          }});
  to.add({"GET", "/api/jobs/{id}/images", [readers](const request& r, const responder& answer) {
            list_images(*readers, r, answer);
          }});
  to.add({"GET",
          "/api/jobs/{id}/results.csv",
          [whole](const request& r, const responder& answer) { whole.csv(r, answer); },
          error_style::problem,
          {"text/csv"}});
  to.add({"GET",
          "/api/jobs/{id}/results.ndjson",
          [whole](const request& r, const responder& answer) { whole.lines(r, answer); },
          error_style::problem,
          {"application/x-ndjson"}});
}

}  // namespace retail_pulse::http
