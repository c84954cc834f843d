#include "http/handlers/status.hpp"

#include <algorithm>
#include <optional>
#include <utility>
#include <variant>

#include "core/limits.hpp"
#include "core/number.hpp"
#include "http/handlers/event_stream.hpp"
#include "http/handlers/status_wait.hpp"
#include "http/request/query.hpp"
#include "http/response/responses.hpp"

namespace retail_pulse::http {
namespace {

constexpr std::string_view too_many = "too many clients follow jobs";

/// What a status request asks for, or why it cannot be told.
struct status_question {
  job_id job;
  std::chrono::seconds wait{0};
};
using question_or_error = std::variant<status_question, std::string>;

/// A number of any size, which may be negative.
bool is_number(std::string_view text) {
  if (text.starts_with('-')) text.remove_prefix(1);
  return !text.empty() && std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
}

question_or_error question_in(const std::string& query_text) {
  const auto parsed = query::parse(query_text);
  if (const auto* fault = std::get_if<std::string>(&parsed)) return *fault;
  const auto& parameters = std::get<query>(parsed);
  for (const char* name : {"jobid", "wait"}) {
    if (parameters.count(name) > 1) return std::string{name} + " is given twice";
  }
  status_question question;
  const auto* text = parameters.find("jobid");
  if (text == nullptr) return "jobid is missing";
  const auto job = job_named(*text);
  if (!job && !is_number(*text)) return "jobid is not a number";
  if (!job) return "jobid is out of range; job ids go from 1 to " + std::to_string(max_job_id);
  question.job = *job;
  if (const auto* wait = parameters.find("wait")) {
    const auto seconds = whole_number<std::int64_t>(*wait, 0, limits::longest_wait.count());
    if (!seconds) {
      return "wait is not a number of seconds from 0 to " + std::to_string(limits::longest_wait.count());
    }
    question.wait = std::chrono::seconds{*seconds};
  }
  return question;
}

/// Where a client that cannot send a Last-Event-ID says the same; the first one is what most stand-ins for EventSource append to the URL
/// they were given, which may have the other.
constexpr const char* last_event_parameters[] = {"lastEventId", "last_event_id"};

/// The last event that the client has had; nothing for a new client. The header goes before the parameters. One that is empty says nothing
/// (HTML, server-sent events: an empty last event id is none): stand-ins for EventSource send theirs also at first, when they have none.
std::variant<std::optional<event_id>, std::string> last_event_in(const request& r) {
  const auto parsed = query::parse(r.query);
  if (const auto* fault = std::get_if<std::string>(&parsed)) return *fault;
  auto parameters = std::get<query>(parsed);
  std::string name = "Last-Event-ID";
  const auto* text = r.header(name);
  if (text != nullptr && text->empty()) text = nullptr;
  for (const auto* parameter : last_event_parameters) {
    parameters.drop_empty(parameter);
    if (parameters.count(parameter) > 1) return std::string{parameter} + " is given twice";
    if (text == nullptr && (text = parameters.find(parameter)) != nullptr) name = parameter;
  }
  if (text == nullptr) return std::optional<event_id>{};
  const auto id = event_id::parse(*text);
  if (id) return id;
  return name + " is not the id of an event, such as 1.300";
}

std::size_t followers_of(std::size_t connections) { return std::min(limits::followers, std::max<std::size_t>(1, connections / 4 * 3)); }

}  // namespace

follow_handlers::follow_handlers(const backend& to, std::size_t connections, std::chrono::milliseconds any_answer,
                                 std::size_t client_percent)
    : with_{std::make_shared<const following>(to.herald, to.readers,
                                              share_bounds{.total = followers_of(connections), .percent = client_percent})},
      any_answer_{any_answer} {}

void follow_handlers::add_routes(route_table& table) {
  table.add_with_and_without_slash("GET", "/api/status", [this](request r, const responder& a) { status(std::move(r), a); });
  table.add_with_parameter("GET", "/api/jobs/{id}/events", [this](const request& r, const responder& a) { events(r, a); },
                           {"text/event-stream"});
}

void follow_handlers::status(request r, const responder& answer) const {
  const auto asked = question_in(r.query);
  if (const auto* problem = std::get_if<std::string>(&asked)) return answer(error_response(400, *problem));
  const auto& question = std::get<status_question>(asked);
  if (question.wait > std::chrono::seconds{0}) {
    auto place = with_->take_place(r.client);
    if (!place) return answer(unavailable(too_many));
    return std::make_shared<status_wait>(with_, question.job, std::move(place), std::move(r), question.wait, answer)->start();
  }
  with_->ask(question.job, {[answer, job = question.job, r = std::move(r)](const actors::status_outcome& outcome) {
                              answer(standing_response(r, job, outcome));
                            },
                            {}});
}

void follow_handlers::events(const request& r, const responder& answer) const {
  const auto job = job_named(r.parameter);
  if (!job) return answer(problem_no_such_job(r.parameter, r.path));
  const auto seen = last_event_in(r);
  if (const auto* detail = std::get_if<std::string>(&seen)) return answer(problem(400, "invalid_parameter", *detail, r.path));
  auto place = with_->take_place(r.client);
  if (!place) return answer(problem_unavailable(too_many, r.path));
  answer.within(any_answer_, problem_not_in_time(r.path));
  std::make_shared<event_stream>(with_, *job, std::move(place), r, std::get<std::optional<event_id>>(seen), answer)->start();
}

}  // namespace retail_pulse::http
