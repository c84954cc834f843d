#include "http/response/job_json.hpp"

#include <utility>

#include "actors/messages.hpp"
#include "core/limits.hpp"
#include "core/time.hpp"
#include "http/response/json.hpp"

namespace retail_pulse::http {
namespace {

response with_retry_after(response r) {
  r.headers.push_back({"Retry-After", std::to_string(limits::retry_after.count())});
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

json json_of(const job_status& status) {
  json body{{"status", retail_pulse::name_of(status.state)},
            {"job_id", status.id.value},
            {"images",
             {{"total", status.images.total},
              {"done", status.images.done()},
              {"failed", status.images.failed}}},
            {"submitted_at", to_rfc3339(status.submitted_at)}};
  if (status.state != job_state::ongoing && status.finished_at)
    body["finished_at"] = to_rfc3339(*status.finished_at);
  if (status.state == job_state::failed) body["error"] = failures_of(status);
  if (status.failures_truncated) body["error_truncated"] = true;
  return body;
}

}  // namespace

response job_accepted(job_id job) { return json_response(201, {{"job_id", job.value}}); }

response job_accepted_before(job_id job) {
  auto r = job_accepted(job);
  r.headers.push_back({"Idempotency-Replayed", "true"});
  return r;
}

response status_response(const job_status& status) { return json_response(200, json_of(status)); }

std::string job_ended_message(const job_status& ended) {
  return text_of({{"type", "job." + std::string{retail_pulse::name_of(ended.state)}},
                  {"timestamp", to_rfc3339(ended.finished_at.value_or(ended.submitted_at))},
                  {"data", json_of(ended)}});
}

response audit_response(const job_audit& audit) {
  json body{{"job_id", audit.id.value},
            {"run", audit.run.value},
            {"state", retail_pulse::name_of(audit.state)}};
  add_tally(body, audit.images);
  body["conserved"] = audit.conserved;
  body["stores"] = stores_of(audit);
  if (audit.stores_truncated) body["stores_truncated"] = true;
  body["submitted_digest"] = audit.submitted_digest;
  body["recorded_digest"] = audit.recorded_digest;
  body["counters"] = {{"total", audit.counters.total},
                      {"succeeded", audit.counters.succeeded},
                      {"failed", audit.counters.failed}};
  return json_response(200, body);
}

response job_cancelled(const job_brief& job) {
  return json_response(202, {{"job_id", job.id.value},
                             {"status", retail_pulse::name_of(job_state::ongoing)},
                             {"cancelled", true}});
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
  return ready ? r : with_retry_after(std::move(r));
}

response supervisor_silent() {
  return with_retry_after(
      json_response(503, {{"status", "unavailable"}, {"error", "the service does not answer"}}));
}

}  // namespace retail_pulse::http
