#include "http/handlers/submit.hpp"

#include <algorithm>
#include <optional>
#include <utility>
#include <variant>

#include "core/limits.hpp"
#include "core/text.hpp"
#include "http/handlers/handling.hpp"
#include "http/request/digest.hpp"
#include "http/response/responses.hpp"

namespace retail_pulse::http {
namespace {

using actors::audit_outcome;
using actors::load_report;
using actors::submit_outcome;

template <class Outcome>
response storage_failed(const std::string& request_id, std::string_view what, const Outcome& outcome) {
  log_failure(request_id, what, outcome.detail);
  return unavailable(storage_sentence(outcome.reason));
}

response nobody_answered(const std::string& request_id, std::string_view what) {
  log_failure(request_id, what, actor_ended);
  return internal_error(request_id);
}

response response_to(const submit_outcome& outcome, const std::string& request_id) {
  using kind = submit_outcome::kind;
  switch (outcome.what) {
    case kind::accepted:
      return job_accepted(outcome.id);
    case kind::starting:
      return unavailable("the service is starting");
    case kind::full:
      return unavailable("the service is full: " + outcome.detail);
    case kind::too_large:
      return error_response(413, outcome.detail);
    case kind::draining:
      return unavailable("the service is draining");
    case kind::storage_failed:
      return storage_failed(request_id, "a submission could not be stored", outcome);
    case kind::replayed:
      return job_accepted_before(outcome.id);
    case kind::key_used:
      return error_response(422, "this Idempotency-Key came with another submission before");
    case kind::key_busy:
      return error_response(409, "a submission with this Idempotency-Key is being stored at this moment");
    case kind::lost:
      break;
  }
  return nobody_answered(request_id, "a submission was lost");
}

response response_to(const audit_outcome& outcome, const std::string& id, const std::string& request_id, const std::string& path) {
  if (outcome.what == audit_outcome::kind::told) return outcome.audit ? job_audited(*outcome.audit) : problem_no_such_job(id, path);
  const bool lost = outcome.what == audit_outcome::kind::lost;
  log_failure(request_id, lost ? "an audit was lost" : "an audit could not be read", lost ? actor_ended : outcome.detail);
  return lost ? problem_internal(request_id, path) : problem_unavailable(storage_sentence(outcome.reason), path);
}

/// The key of a submission without its digest, nothing where it has none, or what is wrong with it.
std::variant<std::optional<submission_key>, std::string> key_of(const request& r) {
  const auto is_key = [](const header_field& field) { return same_word(field.name, "Idempotency-Key"); };
  const auto found = std::ranges::find_if(r.headers, is_key);
  if (found == r.headers.end()) return std::nullopt;
  if (std::ranges::count_if(r.headers, is_key) > 1) return "Idempotency-Key is given twice";
  if (!is_key_text(found->value)) {
    return "Idempotency-Key is not 1 to " + std::to_string(limits::idempotency_key_bytes) + " characters of printable ASCII";
  }
  return submission_key{found->value, {}};
}

/// Why a submission's callback cannot be promised, or nothing.
std::optional<std::string> callback_problem(const backend& to, const submission& job) {
  if (job.callback_url().empty()) return std::nullopt;
  return to.callback_problem ? to.callback_problem(job.callback_url()) : "callback_url needs a service that can call it";
}

}  // namespace

handlers::handlers(backend to, parser_thread& parser, std::size_t max_images, std::chrono::milliseconds readiness_answer,
                   std::chrono::milliseconds any_answer, std::size_t client_percent)
    : backend_{std::move(to)},
      parser_{parser},
      max_images_{max_images},
      readiness_answer_{readiness_answer},
      any_answer_{any_answer},
      audit_queue_{std::make_shared<reader_queue<actors::reader_actor>>(
          std::vector{backend_.audit_reader}, share_bounds{.total = limits::audits, .percent = client_percent})} {}

route_table handlers::routes() {
  route_table table;
  table.add_with_and_without_slash("POST", "/api/submit", [this](request r, responder a) { submit(std::move(r), std::move(a)); });
  table.add_with_parameter("GET", "/api/jobs/{id}/audit", [this](const request& r, const responder& a) { audit(r, a); });
  table.add_with_problems("GET", "/healthz", [](const request&, const responder& a) { a(alive()); });
  table.add_with_problems("GET", "/readyz", [this](const request&, const responder& a) { readyz(a); });
  return table;
}

void handlers::submit(request r, responder answer) {
  auto named = key_of(r);
  if (const auto* problem = std::get_if<std::string>(&named)) return answer(error_response(400, *problem));
  auto key = std::get<std::optional<submission_key>>(std::move(named));
  if (r.body.size() <= limits::inline_parse_bytes) {
    if (key) key->digest = sha256_of(r.body);
    return store(r.id, parse_submission(r.body, max_images_), std::move(key), answer);
  }
  const bool wants_digest = key.has_value();
  const bool taken =
      parser_.parse(r.client, std::move(r.body), wants_digest,
                    [this, id = std::move(r.id), key = std::move(key), answer](parser_thread::parsed parsed, std::string digest) mutable {
                      // A client that was told to come back, because this took too long or the server stops, will submit again.
                      if (!answer.waits()) return;
                      if (key) key->digest = std::move(digest);
                      store(id, std::move(parsed), std::move(key), answer);
                    });
  if (!taken) answer(unavailable("too many large submissions are waiting"));
}

void handlers::store(const std::string& request_id, parser_thread::parsed parsed, std::optional<submission_key> key,
                     const responder& answer) const {
  if (const auto* error = std::get_if<parse_error>(&parsed)) return answer(error_response(error->status, error->message));
  if (const auto problem = callback_problem(backend_, *std::get<submission_ptr>(parsed))) return answer(error_response(400, *problem));
  actors::reply<submit_outcome> reply{[answer, request_id](const submit_outcome& outcome) { answer(response_to(outcome, request_id)); },
                                      submit_outcome{}};
  caf::anon_send(backend_.supervisor, actors::submit_atom_v, std::get<submission_ptr>(std::move(parsed)), std::move(key), std::move(reply));
}

void handlers::audit(const request& r, const responder& answer) const {
  const auto job = job_named(r.parameter);
  if (!job) return answer(problem_no_such_job(r.parameter, r.path));
  const auto send = [answer, job = *job, id = r.parameter, request_id = r.id, path = r.path](const actors::reader_actor& reader,
                                                                                             const std::shared_ptr<void>& turn) {
    actors::reply<audit_outcome> reply{
        [answer, turn, id, request_id, path](const audit_outcome& outcome) { answer(response_to(outcome, id, request_id, path)); },
        audit_outcome{}, [answer] { return answer.waits(); }};
    caf::anon_send(reader, actors::audit_atom_v, job, std::move(reply));
  };
  answer.within(any_answer_, problem_not_in_time(r.path));
  if (!audit_queue_->ask(r.client, send)) answer(problem_unavailable("too many audits are waiting", r.path));
}

void handlers::readyz(const responder& answer) const {
  answer.within(readiness_answer_, supervisor_silent());
  actors::reply<std::optional<load_report>> reply{
      [answer](const std::optional<load_report>& load) { answer(load ? readiness(*load) : supervisor_silent()); }, std::nullopt};
  caf::anon_send(backend_.supervisor, actors::load_atom_v, std::move(reply));
}

}  // namespace retail_pulse::http
