#include "storage/rows.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "core/text.hpp"
#include "core/visit_time.hpp"

namespace retail_pulse::storage {
namespace {

using nlohmann::json;

json& add_row(json& rows, std::size_t columns) {
  json& row = rows.emplace_back(json::array());
  row.get_ref<json::array_t&>().reserve(columns);
  return row;
}

/// Empty text, which stands for "did not happen", becomes NULL.
void add_received(json& row, const std::string& text) {
  if (text.empty()) {
    row.emplace_back(nullptr);
  } else {
    row.emplace_back(received_text(text));
  }
}

void add_evidence(json& row, const image_result& result) {
  const fetch_evidence& evidence = result.evidence;
  row.emplace_back(result.attempts);
  add_received(row, evidence.final_url);
  add_received(row, evidence.address);
  row.emplace_back(evidence.http_status);
  row.emplace_back(evidence.bytes);
  row.emplace_back(evidence.dns_ms);
  row.emplace_back(evidence.connect_ms);
  row.emplace_back(evidence.total_ms);
  add_received(row, evidence.kept);
}

}  // namespace

std::string submitted_text(std::string_view text) {
  if (text.find('\0') != std::string_view::npos) {
    throw storage_error{storage_error::kind::other, "A text of the submission has a NUL character, which cannot be stored"};
  }
  if (valid_utf8_prefix(text) != text.size()) {
    throw storage_error{storage_error::kind::other, "A text of the submission is not UTF-8"};
  }
  return std::string{text};
}

std::string received_text(const std::string& text) {
  std::string shown;
  shown.reserve(text.size());
  for (std::string_view rest{text}; !rest.empty();) {
    const std::size_t bytes = rest.front() == '\0' ? 0 : utf8_sequence(rest);
    shown += bytes == 0 ? "\xEF\xBF\xBD" : rest.substr(0, bytes);  // U+FFFD for every byte that is none
    rest.remove_prefix(std::max<std::size_t>(bytes, 1));
  }
  return shown;
}

std::string image_rows(const submission& from, std::size_t& first, std::size_t last, std::size_t bytes) {
  json rows = json::array();
  for (std::size_t text = 0; first < last && text < bytes; ++first) {
    const std::string_view url = from.url_at(first);
    text += url.size();
    json& row = add_row(rows, 3);
    row.emplace_back(first);
    row.emplace_back(from.visit_of(first));
    row.emplace_back(submitted_text(url));
  }
  return rows.dump();
}

std::string visit_rows(const submission& from, std::size_t& first, std::size_t last, std::size_t bytes) {
  json rows = json::array();
  for (std::size_t text = 0; first < last && text < bytes; ++first) {
    const auto visit = from.visit_at(first);
    text += visit.store_id.size() + visit.visit_time.size();
    json& row = add_row(rows, 6);
    row.emplace_back(first);
    row.emplace_back(submitted_text(visit.store_id));
    row.emplace_back(submitted_text(visit.visit_time));
    if (const auto date = visit_date(visit.visit_time)) {
      row.emplace_back(*date);
    } else {
      row.emplace_back(nullptr);
    }
    row.emplace_back(visit.first_image);
    row.emplace_back(visit.image_count);
  }
  return rows.dump();
}

std::string succeeded_rows(std::span<const image_result* const> results) {
  json rows = json::array();
  rows.get_ref<json::array_t&>().reserve(results.size());
  for (const image_result* result : results) {
    json& row = add_row(rows, 14);
    row.emplace_back(result->number.value);
    row.emplace_back(result->measured.width);
    row.emplace_back(result->measured.height);
    row.emplace_back(perimeter_of(result->measured));
    row.emplace_back(std::string{name_of(result->measured.format)});
    add_evidence(row, *result);
  }
  return rows.dump();
}

std::string failed_rows(std::span<const image_result* const> results) {
  json rows = json::array();
  rows.get_ref<json::array_t&>().reserve(results.size());
  for (const image_result* result : results) {
    json& row = add_row(rows, 12);
    row.emplace_back(result->number.value);
    row.emplace_back(std::string{describe(result->code).name});
    row.emplace_back(public_sentence(result->code, result->evidence.http_status));
    add_evidence(row, *result);
  }
  return rows.dump();
}

std::string failures_to_text(std::span<const store_failure> failures, bool truncated) {
  json stores = json::array();
  for (const auto& failure : failures) {
    stores.push_back({{"store_id", failure.store_id},
                      {"code", describe(failure.code).name},
                      {"error", failure.error},
                      {"failed_images", failure.failed_images}});
  }
  return json{{"stores", std::move(stores)}, {"truncated", truncated}}.dump();
}

bool failures_from_text(const std::string& text, job_status& into) {
  try {
    const json document = json::parse(text);
    for (const auto& store : document.at("stores")) {
      const auto code = error_code_named(store.at("code").get_ref<const std::string&>());
      if (!code) return false;
      into.failures.push_back({store.at("store_id"), *code, store.at("error"), store.at("failed_images")});
    }
    into.failures_truncated = document.at("truncated");
    return true;
  } catch (const json::exception&) {
    return false;
  }
}

}  // namespace retail_pulse::storage
