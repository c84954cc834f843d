#include "http/response/responses.hpp"

#include <nlohmann/json.hpp>

#include "actors/messages.hpp"
#include "core/limits.hpp"
#include "core/time.hpp"

namespace retail_pulse::http {
namespace {

using json = nlohmann::ordered_json;  // members in the order in which they are written here

constexpr std::string_view late_sentence = "the request was not answered in time; what it asked for may still happen";

constexpr std::string_view encoded_sentence = "the body has a Content-Encoding; it can be taken only as it is (identity)";

std::string internal_sentence(std::string_view request_id) {
  return "an internal error happened; the log has it under request " + std::string{request_id};
}

std::string not_allowed_sentence(std::string_view method, std::string_view allow) {
  return "method " + std::string{method} + " is not allowed here; allowed: " + std::string{allow};
}

response of_type(int status, std::string body, std::string_view type) {
  response r{.status = status, .body = std::move(body), .headers = {}};
  r.headers.push_back({"Content-Type", std::string{type}});
  r.headers.push_back({"Cache-Control", "no-store"});
  return r;
}

response json_response(int status, const json& body, std::string_view type = "application/json") {
  // Text that is not UTF-8 can't get this far; if it did, a replacement character is better than no answer.
  return of_type(status, body.dump(-1, ' ', false, json::error_handler_t::replace), type);
}

constexpr std::string_view problem_type = "application/problem+json";

/// about:blank: the problem is what the status says, and `code` which one of them.
json problem_of(int status, std::string_view code, std::string_view detail, std::string_view path) {
  return {{"type", "about:blank"}, {"title", reason_of(status)}, {"status", status},
          {"detail", detail},      {"instance", path},           {"code", code}};
}

response later(response r) {
  r.headers.push_back({"Retry-After", std::to_string(limits::retry_after.count())});
  return r;
}

/// RFC 9110, 15.5.16 and 12.5.3: what the client may send instead.
response as_identity(response r) {
  r.headers.push_back({"Accept-Encoding", "identity"});
  return r;
}

std::string_view name_of(actors::phase phase) {
  switch (phase) {
    case actors::phase::starting:
      return "starting";
    case actors::phase::ready:
      return "ready";
    case actors::phase::draining:
      return "draining";
  }
  return "unknown";
}

void add_tally(json& to, const image_tally& tally) {
  to["submitted"] = tally.submitted;
  to["succeeded"] = tally.succeeded;
  to["failed"] = tally.failed;
  to["pending"] = tally.pending;
}

json stores_of(const job_audit& audit) {
  json list = json::array();
  for (const auto& store : audit.stores) {
    json entry{{"store_id", store.store_id}};
    add_tally(entry, store.images);
    list.push_back(std::move(entry));
  }
  return list;
}

json failures_of(const job_status& status) {
  json list = json::array();
  for (const auto& failure : status.failures) {
    list.push_back({{"store_id", failure.store_id},
                    {"error", failure.error},
                    {"code", describe(failure.code).name},
                    {"failed_images", failure.failed_images}});
  }
  return list;
}

json standing_of(const job_status& status) {
  json body{{"status", retail_pulse::name_of(status.state)},
            {"job_id", status.id.value},
            {"images", {{"total", status.images.total}, {"done", status.images.done()}, {"failed", status.images.failed}}},
            {"submitted_at", to_rfc3339(status.submitted_at)}};
  if (status.state != job_state::ongoing && status.finished_at) body["finished_at"] = to_rfc3339(*status.finished_at);
  if (status.state == job_state::failed) body["error"] = failures_of(status);
  if (status.failures_truncated) body["error_truncated"] = true;
  return body;
}

}  // namespace

response json_text(int status, std::string body) { return of_type(status, std::move(body), "application/json"); }

response error_response(int status, std::string_view sentence) { return json_response(status, {{"error", sentence}}); }

response internal_error(std::string_view request_id) {
  return json_response(500, {{"error", internal_sentence(request_id)}, {"request_id", request_id}});
}

response unavailable(std::string_view sentence) { return later(error_response(503, sentence)); }

response stopping() { return unavailable("the service is stopping"); }

response not_in_time() { return unavailable(late_sentence); }

response supervisor_silent() { return later(json_response(503, {{"status", "unavailable"}, {"error", "the service does not answer"}})); }

response method_not_allowed(std::string_view method, std::string allow) {
  auto r = error_response(405, not_allowed_sentence(method, allow));
  r.headers.push_back({"Allow", std::move(allow)});
  return r;
}

response options_of(std::string allow) {
  response r;
  r.headers.push_back({"Allow", std::move(allow)});
  return r;
}

response not_found() { return error_response(404, "there is nothing at this path"); }

response encoded_body() { return as_identity(error_response(415, encoded_sentence)); }

response job_accepted(job_id job) { return json_response(201, {{"job_id", job.value}}); }

response job_accepted_before(job_id job) {
  auto r = job_accepted(job);
  r.headers.push_back({"Idempotency-Replayed", "true"});
  return r;
}

response job_standing(const job_status& status) { return json_response(200, standing_of(status)); }

std::string job_ended_message(const job_status& ended) {
  const json message{{"type", "job." + std::string{retail_pulse::name_of(ended.state)}},
                     {"timestamp", to_rfc3339(ended.finished_at.value_or(ended.submitted_at))},
                     {"data", standing_of(ended)}};
  return message.dump(-1, ' ', false, json::error_handler_t::replace);
}

response no_such_job(std::string_view jobid) { return error_response(400, "job " + std::string{jobid} + " does not exist"); }

response problem(int status, std::string_view code, std::string_view detail, std::string_view path) {
  return json_response(status, problem_of(status, code, detail, path), problem_type);
}

response turned_down(const objection& why, std::string_view path) {
  auto body = problem_of(why.status, why.code, why.sentence, path);
  body["error"] = why.sentence;
  return json_response(why.status, body, problem_type);
}

response problem_unavailable(std::string_view detail, std::string_view path) { return later(problem(503, "unavailable", detail, path)); }

response problem_internal(std::string_view request_id, std::string_view path) {
  return problem(500, "internal", internal_sentence(request_id), path);
}

response problem_not_in_time(std::string_view path) { return problem_unavailable(late_sentence, path); }

response problem_no_such_job(std::string_view id, std::string_view path) {
  return problem(404, "job_not_found", "job " + std::string{id} + " does not exist", path);
}

response problem_method_not_allowed(std::string_view method, std::string allow, std::string_view path) {
  auto r = problem(405, "method_not_allowed", not_allowed_sentence(method, allow), path);
  r.headers.push_back({"Allow", std::move(allow)});
  return r;
}

response problem_not_found(std::string_view path) { return problem(404, "not_found", "there is nothing at this path", path); }

response problem_encoded_body(std::string_view path) {
  return as_identity(problem(415, "unsupported_content_encoding", encoded_sentence, path));
}

response problem_not_acceptable(const media_types& makes, std::string_view path) {
  std::string sentence{"the Accept header excludes what can be had here: "};
  for (const auto& type : makes) sentence.append(&type == makes.data() ? "" : ", ").append(type);
  return problem(406, "not_acceptable", sentence, path);
}

response fixed_answer(const fixed_content& content, const request& to) {
  const bool known = content.known_to(to);
  response r{.status = known ? 304 : 200, .body = known ? std::string{} : std::string{content.text()}, .headers = {}};
  if (!known) r.headers.push_back({"Content-Type", std::string{content.type()}});
  r.headers.push_back({"ETag", content.etag()});
  r.headers.push_back({"Cache-Control", "no-cache"});  // may be kept, if asked for anew with the ETag: another version may run by then
  r.headers.push_back({"X-Content-Type-Options", "nosniff"});
  return r;
}

response job_audited(const job_audit& audit) {
  json body{{"job_id", audit.id.value}, {"run", audit.run.value}, {"state", retail_pulse::name_of(audit.state)}};
  add_tally(body, audit.images);
  body["conserved"] = audit.conserved;
  body["stores"] = stores_of(audit);
  if (audit.stores_truncated) body["stores_truncated"] = true;
  body["submitted_digest"] = audit.submitted_digest;
  body["recorded_digest"] = audit.recorded_digest;
  body["counters"] = {{"total", audit.counters.total}, {"succeeded", audit.counters.succeeded}, {"failed", audit.counters.failed}};
  return json_response(200, body);
}

response job_cancelled(const job_brief& job) {
  return json_response(202, {{"job_id", job.id.value}, {"status", retail_pulse::name_of(job_state::ongoing)}, {"cancelled", true}});
}

response job_redriven(const job_brief& job) {
  return json_response(202, {{"job_id", job.id.value},
                             {"run", job.run.value},
                             {"images",
                              {{"total", job.images.total},
                               {"succeeded", job.images.succeeded},
                               {"failed", job.images.failed},
                               {"pending", job.images.pending()}}}});
}

response alive() { return json_response(200, {{"status", "ok"}}); }

response readiness(const actors::load_report& load) {
  const bool ready = load.at == actors::phase::ready;
  auto r = json_response(ready ? 200 : 503, {{"status", name_of(load.at)},
                                             {"jobs_ongoing", load.ongoing_jobs},
                                             {"images_pending", load.pending_images},
                                             {"images_in_flight", load.images_in_flight},
                                             {"images_in_flight_peak", load.images_in_flight_peak},
                                             {"fetches", load.fetches},
                                             {"images_held", load.images_held}});
  return ready ? r : later(std::move(r));
}

}  // namespace retail_pulse::http
