#include "http/handlers/jobs.hpp"

#include <algorithm>
#include <caf/all.hpp>
#include <utility>

#include "core/visit_time.hpp"
#include "http/request/parameters.hpp"
#include "http/response/conditional.hpp"
#include "http/response/report_json.hpp"
#include "http/response/responses.hpp"

namespace retail_pulse::http {
namespace {

using namespace actors;

response wrong_parameter(const std::string& sentence, const std::string& path) { return problem(400, "invalid_parameter", sentence, path); }

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
  question.filter.state = given.value("status", job_state_named, "is none of ongoing, completed, failed");
  question.filter.store_id = given.text("store_id");
  question.filter.submitted_after = given.value("submitted_after", from_rfc3339, "is neither a date nor a time of RFC 3339");
  question.below = job_id{given.cursor().value_or(max_job_id + 1)};
  question.limit = given.limit();
  return question;
}

images_question images_asked_for(parameters& given, job_id job) {
  images_question question;
  question.job = job;
  question.filter.state = given.value("state", image_state_named, "is none of pending, succeeded, failed");
  question.filter.store_id = given.text("store_id");
  question.filter.code = given.value("code", failure_named, "is no code of a failed image");
  question.after = image_number{given.cursor().value_or(-1)};
  question.limit = given.limit();
  return question;
}

/// The answer to a question about reports, which holds the turn of its reader: what `tell` makes of what was found, or why there is
/// nothing.
template <class T, class Tell>
reply<report_outcome<T>> reply_to(const request& r, const responder& answer, Tell tell, const std::shared_ptr<void>& turn) {
  auto respond = [answer, tell, turn, id = r.id, path = r.path, parameter = r.parameter](const report_outcome<T>& outcome) {
    using kind = typename report_outcome<T>::kind;
    if (outcome.what == kind::told) return answer(outcome.found ? tell(*outcome.found) : problem_no_such_job(parameter, path));
    const bool lost = outcome.what == kind::lost;
    if (!answer.waits()) return;  // nobody was there to read it for
    log_failure(id, lost ? "a question about reports was lost" : "a report could not be read", lost ? actor_ended : outcome.detail);
    answer(lost ? problem_internal(id, path) : problem_unavailable(storage_sentence(outcome.reason), path));
  };
  return {std::move(respond), {}, [answer] { return answer.waits(); }};
}

/// Nothing, or why the stores of a request cannot be told.
std::optional<std::string> unknown_in(const store_selection& selection, const store_question& question) {
  if (selection.what == store_selection::kind::unknown_area) return "area " + *question.area + " does not exist";
  if (selection.what == store_selection::kind::unknown_store) return "store " + *question.store_id + " does not exist";
  return std::nullopt;
}

}  // namespace

report_handlers::report_handlers(backend to, std::chrono::milliseconds any_answer, wall_clock wall_time, std::size_t client_percent)
    : backend_{std::move(to)},
      any_answer_{any_answer},
      wall_time_{std::move(wall_time)},
      readers_{std::make_shared<report_queue>(backend_.report_readers, share_bounds{.total = limits::reads, .percent = client_percent})},
      streams_{{.total = limits::streams, .percent = client_percent}} {}

void report_handlers::add_routes(route_table& to) {
  to.add_with_problems("GET", "/api/jobs", [this](const request& r, const responder& a) { jobs(r, a); });
  to.add_with_parameter("GET", "/api/jobs/{id}", [this](const request& r, const responder& a) { report(r, a); });
  to.add_with_parameter("GET", "/api/jobs/{id}/images", [this](const request& r, const responder& a) { images(r, a); });
  to.add_with_parameter("GET", "/api/jobs/{id}/results.csv", [this](const request& r, const responder& a) { csv(r, a); }, {"text/csv"});
  to.add_with_parameter("GET", "/api/jobs/{id}/results.ndjson", [this](const request& r, const responder& a) { lines(r, a); },
                        {"application/x-ndjson"});
  to.add_with_and_without_slash("GET", "/api/visits", [this](const request& r, const responder& a) { visits(r, a); });
  to.add_with_parameter("GET", "/api/stores/{id}", [this](const request& r, const responder& a) { store(r, a); });
  to.add_with_problems("POST", "/api/stores/reload", [this](const request& r, const responder& a) { reload(r, a); });
}

template <class T, class Atom, class Question, class Tell>
void report_handlers::ask(Atom what, Question question, const request& r, const responder& answer, Tell tell) {
  answer.within(any_answer_, problem_not_in_time(r.path));
  const auto send = [what, question = std::move(question), r, answer, tell](const report_reader_actor& reader,
                                                                            const std::shared_ptr<void>& turn) {
    caf::anon_send(reader, what, question, reply_to<T>(r, answer, tell, turn));
  };
  if (!readers_->ask(r.client, send)) answer(problem_unavailable("too many reports are waiting to be read", r.path));
}

void report_handlers::jobs(const request& r, const responder& answer) {
  parameters given{r.query};
  auto question = jobs_asked_for(given);
  if (!given.what_is_wrong().empty()) return answer(wrong_parameter(given.what_is_wrong(), r.path));
  ask<job_page>(jobs_atom_v, std::move(question), r, answer, jobs_listed);
}

void report_handlers::report(const request& r, const responder& answer) {
  const auto job = job_named(r.parameter);
  if (!job) return answer(problem_no_such_job(r.parameter, r.path));
  if (auto stray = stray_parameter(r)) return answer(*std::move(stray));
  const auto tell = [r, now = wall_time_](const job_report& found) { return conditional(r, etag_of(found), job_reported(found, now())); };
  ask<job_report>(report_atom_v, *job, r, answer, tell);
}

void report_handlers::images(const request& r, const responder& answer) {
  const auto job = job_named(r.parameter);
  if (!job) return answer(problem_no_such_job(r.parameter, r.path));
  parameters given{r.query};
  auto question = images_asked_for(given, *job);
  if (!given.what_is_wrong().empty()) return answer(wrong_parameter(given.what_is_wrong(), r.path));
  ask<image_page>(images_atom_v, std::move(question), r, answer, images_listed);
}

void report_handlers::csv(const request& r, const responder& answer) {
  parameters given{r.query};
  const auto mark = given.value("bom", yes_or_no, "is neither 0 nor 1");
  stream(r, answer, given, mark.value_or(false) ? report_form::csv_with_mark : report_form::csv);
}

void report_handlers::lines(const request& r, const responder& answer) {
  parameters given{r.query};
  stream(r, answer, given, report_form::lines);
}

void report_handlers::stream(const request& r, const responder& answer, parameters& given, report_form form) {
  const auto job = job_named(r.parameter);
  if (!job) return answer(problem_no_such_job(r.parameter, r.path));
  if (auto wrong = given.what_is_wrong(); !wrong.empty()) {
    if (given.names_another()) wrong += "; a whole report has no filters";
    return answer(wrong_parameter(wrong, r.path));
  }
  auto place = streams_.take(r.client);
  if (!place) return answer(problem_unavailable("too many reports are being streamed", r.path));
  answer.within(any_answer_, problem_not_in_time(r.path));
  stream_report({answer, r.id, r.path, r.client, std::move(place), readers_}, *job, form);
}

void report_handlers::visits(const request& r, const responder& answer) {
  parameters given{r.query};
  // Without a time of day: it would be passed over, and who gives one means something by it.
  const auto day = [](std::string_view text) {
    return text.size() == std::string_view{"2026-03-09"}.size() ? visit_date(text) : std::nullopt;
  };
  store_question question{given.text("area"), given.text("storeid")};
  day_range days{given.value("startdate", day, "is no date; write it as 2026-03-09"),
                 given.value("enddate", day, "is no date; write it as 2026-03-09")};
  if (!given.what_is_wrong().empty()) return answer(error_response(400, given.what_is_wrong()));
  if (days.first && days.last && *days.first > *days.last) return answer(error_response(400, "startdate is after enddate"));
  auto place = streams_.take(r.client);
  if (!place) return answer(unavailable("too many reports are being streamed"));
  stream_order order{answer, r.id, r.path, r.client, std::move(place), readers_};
  reply<store_selection> to{[order = std::move(order), days = std::move(days), question](store_selection of) {
                              if (of.what == store_selection::kind::lost) {
                                log_failure(order.request_id, "a question about stores was lost", actor_ended);
                                return order.answer(internal_error(order.request_id));
                              }
                              if (const auto unknown = unknown_in(of, question)) return order.answer(error_response(400, *unknown));
                              stream_visits(order, std::move(of), days);
                            },
                            {}};
  caf::anon_send(backend_.store_master, select_atom_v, question, std::move(to));
}

void report_handlers::store(const request& r, const responder& answer) const {
  const auto id = decoded_segment(r.parameter);
  if (!id) return answer(wrong_parameter("the store id in the path is not well-formed", r.path));
  answer.within(any_answer_, problem_not_in_time(r.path));
  const store_question question{std::nullopt, *id};
  reply<store_selection> to{[answer, question, request_id = r.id, path = r.path](const store_selection& of) {
                              if (of.what == store_selection::kind::lost) {
                                log_failure(request_id, "a question about stores was lost", actor_ended);
                                return answer(problem_internal(request_id, path));
                              }
                              if (const auto unknown = unknown_in(of, question))
                                return answer(problem(404, "store_not_found", *unknown, path));
                              answer(store_found(*of.stores.front()));
                            },
                            {}};
  caf::anon_send(backend_.store_master, select_atom_v, question, std::move(to));
}

void report_handlers::reload(const request& r, const responder& answer) const {
  if (auto stray = stray_parameter(r)) return answer(*std::move(stray));
  auto place = reloads_.take(r.client);
  if (!place) return answer(problem(409, "reload_in_progress", "the Store Master is being read already", r.path));
  answer.within(any_answer_, problem_not_in_time(r.path));
  reply<reload_outcome> to{[answer, place = std::move(place), request_id = r.id, path = r.path](const reload_outcome& outcome) mutable {
                             place.reset();  // before the client can ask again
                             using kind = reload_outcome::kind;
                             if (outcome.what == kind::loaded) return answer(stores_reloaded(outcome));
                             if (outcome.what == kind::refused) return answer(problem(422, "invalid_store_master", outcome.error, path));
                             log_failure(request_id, "a reload was lost", actor_ended);
                             answer(problem_internal(request_id, path));
                           },
                           {}};
  caf::anon_send(backend_.store_loader, reload_atom_v, std::move(to));
}

}  // namespace retail_pulse::http
