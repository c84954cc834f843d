#include "http/response/report_json.hpp"

#include <cmath>

#include "actors/messages.hpp"
#include "core/csv_cell.hpp"
#include "core/evidence.hpp"
#include "http/response/json.hpp"
#include "http/response/origin_json.hpp"

namespace retail_pulse::http {
namespace {

std::string_view name_of(const image_result& result) { return describe(result.code).name; }

json summary_of(const job_summary& job) {
  json entry{{"job_id", job.id.value},
             {"status", retail_pulse::name_of(job.state)},
             {"run", job.run.value},
             {"images",
              {{"total", job.images.total},
               {"done", job.images.done()},
               {"succeeded", job.images.succeeded},
               {"failed", job.images.failed}}},
             {"visits", job.visits},
             {"submitted_at", to_rfc3339(job.submitted_at)}};
  if (job.finished_at) entry["finished_at"] = to_rfc3339(*job.finished_at);
  return entry;
}

/// False for an unknown store, an invalid URL, and a job cancelled before.
bool was_fetched(const image_result& result) { return result.attempts > 0; }

/// Older versions have stored more than may be published.
fetch_evidence evidence_of(const reported_image& image) {
  return public_evidence(image.result.evidence, image.result.code, image.url);
}

json image_of(const reported_image& image) {
  json entry{{"number", image.number.value},
             {"url", image.url},
             {"store_id", image.store_id},
             {"visit_time", image.visit_time},
             {"state", retail_pulse::name_of(image.state)}};
  if (image.state == image_state::pending) return entry;
  const auto& result = image.result;
  const auto evidence = evidence_of(image);
  if (result.succeeded()) {
    entry["width"] = result.measured.width;
    entry["height"] = result.measured.height;
    entry["perimeter"] = perimeter_of(result.measured);
    entry["format"] = retail_pulse::name_of(result.measured.format);
  }
  if (was_fetched(result)) entry["bytes"] = evidence.bytes;
  entry["attempts"] = result.attempts;
  if (!result.succeeded()) {
    entry["code"] = name_of(result);
    entry["error"] = image.error;
  }
  if (evidence.http_status != 0) entry["http_status"] = evidence.http_status;
  if (!evidence.final_url.empty()) entry["final_url"] = evidence.final_url;
  if (!evidence.address.empty()) entry["address"] = evidence.address;
  if (was_fetched(result)) {
    entry["timings"] = {{"dns_ms", evidence.dns_ms},
                        {"connect_ms", evidence.connect_ms},
                        {"total_ms", evidence.total_ms}};
  }
  entry["recorded_at"] = to_rfc3339(image.recorded_at);
  if (!evidence.kept.empty()) entry["kept"] = evidence.kept;
  return entry;
}

double rounded(double value) { return std::round(value * 100) / 100; }

/// Duration, rate and estimated end of the run; null where that is not known.
void add_progress(json& to, const job_report& report, unix_millis now) {
  const auto& job = report.job;
  const bool ongoing = job.state == job_state::ongoing;
  const auto end = ongoing ? now : job.finished_at.value_or(now);
  const double elapsed =
      std::max<double>(0, static_cast<double>((end - report.run_started_at).count())) / 1000;
  const auto done = job.images.done() - report.run_kept;
  const double rate = elapsed > 0 && done > 0 ? static_cast<double>(done) / elapsed : 0;
  to["elapsed_seconds"] = elapsed;
  to["images_per_second"] = elapsed > 0 ? json(rounded(rate)) : json(nullptr);
  if (!ongoing) return;
  // An end more than a year away is no estimate.
  const double left = rate > 0 ? static_cast<double>(job.images.pending()) / rate : -1;
  const bool known = left >= 0 && left < 365.0 * 24 * 3600;
  to["estimated_end_at"] =
      known ? json(to_rfc3339(now + unix_millis{static_cast<std::int64_t>(left * 1000)}))
            : json(nullptr);
}

json callback_of(const callback_state& callback) {
  json body{{"state", retail_pulse::name_of(callback.standing)}, {"attempts", callback.attempts}};
  if (callback.standing == callback_standing::pending) body["due_at"] = to_rfc3339(callback.due_at);
  if (!callback.last_error.empty()) body["error"] = callback.last_error;
  return body;
}

json stores_of(const job_report& report) {
  json list = json::array();
  for (const auto& store : report.stores) {
    json entry{{"store_id", store.store_id},
               {"visits", store.visits},
               {"images", store.images},
               {"failed", store.failed}};
    if (store.code != error_code::none) {
      entry["code"] = describe(store.code).name;
      entry["error"] = store.error;
    }
    list.push_back(std::move(entry));
  }
  return list;
}

// --- CSV ----------------------------------------------------------------------------------------

void add_cell(std::string& line, std::string_view text) {
  append_csv_cell(line, text);
  line += ',';
}

void add_cell(std::string& line, std::int64_t number) {
  line.append(std::to_string(number)).append(",");
}

/// The columns that were added after the first version, whose columns keep their order.
void add_evidence(std::string& rows, const reported_image& image) {
  const auto evidence = evidence_of(image);
  add_cell(rows, evidence.final_url);
  add_cell(rows, evidence.address);
  evidence.http_status != 0 ? add_cell(rows, std::int64_t{evidence.http_status})
                            : add_cell(rows, "");
  if (was_fetched(image.result)) {
    for (const auto milliseconds : {evidence.dns_ms, evidence.connect_ms, evidence.total_ms})
      add_cell(rows, std::int64_t{milliseconds});
  } else {
    rows += ",,,";
  }
  add_cell(rows, evidence.kept);
}

void add_row(std::string& rows, const reported_image& image) {
  const auto& result = image.result;
  const bool has_result = image.state != image_state::pending;
  add_cell(rows, image.number.value);
  add_cell(rows, image.store_id);
  add_cell(rows, image.visit_time);
  add_cell(rows, image.url);
  add_cell(rows, retail_pulse::name_of(image.state));
  if (has_result && result.succeeded()) {
    add_cell(rows, std::int64_t{result.measured.width});
    add_cell(rows, std::int64_t{result.measured.height});
    add_cell(rows, perimeter_of(result.measured));
    add_cell(rows, retail_pulse::name_of(result.measured.format));
  } else {
    rows += ",,,,";
  }
  has_result&& was_fetched(result) ? add_cell(rows, result.evidence.bytes) : add_cell(rows, "");
  has_result ? add_cell(rows, std::int64_t{result.attempts}) : add_cell(rows, "");
  add_cell(rows, has_result && !result.succeeded() ? name_of(result) : "");
  add_cell(rows, has_result ? std::string_view{image.error} : "");
  if (has_result) {
    add_evidence(rows, image);
  } else {
    rows += ",,,,,,,";
  }
  rows.back() = '\r';  // the comma behind the last cell
  rows += '\n';
}

}  // namespace

response jobs_listed(const job_page& page) {
  json body{{"jobs", json::array()}};
  for (const auto& job : page.jobs) body["jobs"].push_back(summary_of(job));
  if (page.next) body["next"] = std::to_string(page.next->value);
  return json_response(200, body);
}

response job_reported(const job_report& report, const origins_now& known, unix_millis now) {
  const auto& job = report.job;
  json body{{"job_id", job.id.value},
            {"status", retail_pulse::name_of(job.state)},
            {"run", job.run.value},
            {"cancelled", report.cancelled},
            {"images",
             {{"total", job.images.total},
              {"pending", job.images.pending()},
              {"succeeded", job.images.succeeded},
              {"failed", job.images.failed}}},
            {"codes", json::object()},
            {"visits", job.visits},
            {"submitted_at", to_rfc3339(job.submitted_at)},
            {"run_started_at", to_rfc3339(report.run_started_at)}};
  for (const auto& [code, images] : report.failures)
    body["codes"][std::string{describe(code).name}] = images;
  if (job.finished_at) body["finished_at"] = to_rfc3339(*job.finished_at);
  add_progress(body, report, now);
  body["stores"] = stores_of(report);
  if (report.stores_truncated) body["stores_truncated"] = true;
  body["origins"] = worst_origins(report, known);
  if (report.callback) body["callback"] = callback_of(*report.callback);
  return json_response(200, body);
}

response images_listed(const image_page& page) {
  json body{{"images", json::array()}};
  for (const auto& image : page.images) body["images"].push_back(image_of(image));
  if (page.next) body["next"] = std::to_string(page.next->value);
  return json_response(200, body);
}

std::string image_lines(const image_page& page) {
  std::string lines;
  for (const auto& image : page.images) lines.append(text_of(image_of(image))).append("\n");
  return lines;
}

std::string_view csv_header() {
  return "image,store_id,visit_time,url,state,width,height,perimeter,format,bytes,attempts,code,"
         "error,"
         "final_url,address,http_status,dns_ms,connect_ms,total_ms,kept\r\n";
}

std::string csv_rows(const image_page& page) {
  std::string rows;
  for (const auto& image : page.images) add_row(rows, image);
  return rows;
}

std::string visits_entry(const stores::store& store) {
  std::string text = text_of({{"store_id", store.id},
                              {"area", store.area},
                              {"store_name", store.name},
                              {"data", json::array()}});
  text.resize(text.size() - 2);  // the array and the entry are open
  return text;
}

std::string visits_row(const perimeter_row& row) {
  return text_of({{"date", row.date}, {"perimeter", row.perimeter}});
}

response store_found(const stores::store& store) {
  return json_response(200,
                       {{"store_id", store.id}, {"store_name", store.name}, {"area", store.area}});
}

response stores_reloaded(const actors::reload_outcome& outcome) {
  return json_response(200, {{"stores", outcome.stores}, {"warnings", outcome.warnings}});
}

}  // namespace retail_pulse::http
