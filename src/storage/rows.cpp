#include "storage/rows.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "core/text.hpp"

namespace retail_pulse::storage {
namespace {

using nlohmann::json;

bool has_nul(std::string_view text) { return text.find('\0') != std::string_view::npos; }
bool is_utf8(std::string_view text) { return valid_utf8_prefix(text) == text.size(); }

}  // namespace

std::string submitted_text(std::string_view text) {
  if (has_nul(text)) {
    throw storage_error{storage_error::kind::other,
                        "A text of the submission has a NUL character, which cannot be stored"};
  }
  if (!is_utf8(text)) {
    throw storage_error{storage_error::kind::other, "A text of the submission is not UTF-8"};
  }
  return std::string{text};
}

std::string received_text(const std::string& text) {
  if (!has_nul(text) && is_utf8(text)) return text;
  std::string shown;
  shown.reserve(text.size());
  for (std::string_view rest{text}; !rest.empty();) {
    const std::size_t bytes = rest.front() == '\0' ? 0 : utf8_sequence(rest);
    shown += bytes == 0 ? "\xEF\xBF\xBD" : rest.substr(0, bytes);  // U+FFFD
    rest.remove_prefix(std::max<std::size_t>(bytes, 1));
  }
  return shown;
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
      into.failures.push_back(
          {store.at("store_id"), *code, store.at("error"), store.at("failed_images")});
    }
    into.failures_truncated = document.at("truncated");
    return true;
  } catch (const json::exception&) {
    return false;
  }
}

}  // namespace retail_pulse::storage
