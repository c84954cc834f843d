#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <variant>

#include "http/handlers/event_stream.hpp"
#include "http/handlers/handlers.hpp"
#include "http/request/parameters.hpp"

namespace retail_pulse::http {
namespace {

/// What a client uses that cannot send a Last-Event-ID. The first is what most replacements of
/// EventSource append to the URL that they were given, which may have the second.
constexpr const char* last_event_parameters[] = {"lastEventId", "last_event_id"};

/// The last event that the client received; nullopt for a new client; or an error sentence. The
/// header goes before the parameters. An empty one is ignored (HTML, server-sent events):
/// replacements of EventSource send it at first, when they have no id yet.
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

void events(const subscriptions_ptr& with, const request& r, const responder& answer) {
  const auto job = job_named(r.parameter);
  if (!job) return answer.reject(no_such_job(r.parameter));
  const auto seen = last_event_in(r);
  if (const auto* problem = std::get_if<std::string>(&seen))
    return answer.reject(invalid_parameter(*problem));
  auto right = with->take(r.client);
  if (!right) return answer.reject(unavailable("too many clients follow jobs"));
  std::make_shared<event_stream>(with, *job, std::move(right),
                                 std::get<std::optional<event_id>>(seen), answer)
      ->start();
}

}  // namespace

void add_event_routes(route_table& to, const handler_context& with) {
  to.add({"GET",
          "/api/jobs/{id}/events",
          [subscribers = with.subscribers](const request& r, const responder& answer) {
            events(subscribers, r, answer);
          },
          error_style::problem,
          {"text/event-stream"}});
}

}  // namespace retail_pulse::http
