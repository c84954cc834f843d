#include "client/answers.hpp"

#include <nlohmann/json.hpp>
#include <utility>

#include "core/limits.hpp"

namespace retail_pulse::client {
namespace {

using json = nlohmann::ordered_json;  // members keep their order when printed

/// Whether depth and number of values are possible for a response of this API: deep nesting would
/// overflow the stack when it is printed, and each value takes several times the memory of its
/// text.
bool can_be_answer(std::string_view body) {
  int depth = 0;
  std::size_t values = 1;
  bool in_string = false;
  for (std::size_t i = 0; i < body.size(); ++i) {
    const char c = body[i];
    if (in_string) {
      if (c == '\\') ++i;
      in_string = c != '"';
    } else if (c == '"') {
      in_string = true;
    } else if (c == '[' || c == '{') {
      if (++depth > limits::answer_nesting || ++values > limits::answer_values) return false;
    } else if (c == ']' || c == '}') {
      --depth;
    } else if (c == ',' && ++values > limits::answer_values) {
      return false;
    }
  }
  return true;
}

json parsed(std::string_view body) {
  return can_be_answer(body) ? json::parse(body, nullptr, false) : json(json::value_t::discarded);
}

std::string line_of(const json& value) {
  return value.dump(-1, ' ', false, json::error_handler_t::replace);
}

std::optional<std::int64_t> number_at(const json& object, const char* name) {
  const auto found = object.find(name);
  if (found == object.end() || !found->is_number_integer()) return std::nullopt;
  return found->get<std::int64_t>();
}

std::optional<std::string> text_at(const json& object, const char* name) {
  const auto found = object.find(name);
  if (found == object.end() || !found->is_string()) return std::nullopt;
  return found->get<std::string>();
}

std::optional<job_state> state_named(std::string_view name) {
  for (const auto state : {job_state::ongoing, job_state::completed, job_state::failed}) {
    if (name_of(state) == name) return state;
  }
  return std::nullopt;
}

std::optional<image_counts> counts_of(const json& body) {
  const auto images = body.find("images");
  if (images == body.end() || !images->is_object()) return std::nullopt;
  const auto total = number_at(*images, "total");
  const auto done = number_at(*images, "done");
  const auto failed = number_at(*images, "failed");
  if (!total || !done || !failed || *failed < 0 || *failed > *done || *done > *total)
    return std::nullopt;
  return image_counts{.total = *total, .succeeded = *done - *failed, .failed = *failed};
}

std::vector<failed_store> failed_stores_of(const json& body) {
  std::vector<failed_store> failures;
  const auto list = body.find("error");
  if (list == body.end() || !list->is_array()) return failures;
  for (const auto& entry : *list) {
    if (!entry.is_object()) continue;
    failures.push_back({text_at(entry, "store_id").value_or(""),
                        text_at(entry, "error").value_or(""),
                        number_at(entry, "failed_images").value_or(0)});
  }
  return failures;
}

std::optional<listed_image> image_of(const json& entry) {
  if (!entry.is_object()) return std::nullopt;
  const auto url = text_at(entry, "url");
  const auto state = text_at(entry, "state");
  if (!url || !state || (*state != "pending" && *state != "succeeded" && *state != "failed"))
    return std::nullopt;
  const auto text = [&entry](const char* name) { return text_at(entry, name).value_or(""); };
  const auto number = [&entry](const char* name) { return number_at(entry, name).value_or(0); };
  return listed_image{.store_id = text("store_id"),
                      .visit_time = text("visit_time"),
                      .url = *url,
                      .state = *state,
                      .width = number("width"),
                      .height = number("height"),
                      .perimeter = number("perimeter"),
                      .format = text("format"),
                      .code = text("code"),
                      .error = text("error")};
}

/// Calls `take` with each origin that is away, and its outage. False: that is no list of origins.
template <class Take>
bool each_away(const json& list, Take take) {
  if (!list.is_array()) return false;
  for (const auto& entry : list) {
    if (!entry.is_object()) return false;
    const auto outage = entry.find("unavailable");
    const auto origin = text_at(entry, "origin");
    if (outage != entry.end() && outage->is_object() && origin) take(*origin, entry, *outage);
  }
  return true;
}

}  // namespace

std::optional<receipt> receipt_of(std::string_view text) {
  const auto body = parsed(text);
  const auto id = body.is_object() ? number_at(body, "job_id") : std::nullopt;
  if (!id || *id < 1 || *id > max_job_id) return std::nullopt;
  return receipt{.job = job_id{*id}, .answer = line_of(body)};
}

std::optional<status_response> status_of(std::string_view text) {
  const auto body = parsed(text);
  if (!body.is_object()) return std::nullopt;
  const auto state = state_named(text_at(body, "status").value_or(""));
  const auto images = counts_of(body);
  if (!state || !images) return std::nullopt;
  const auto truncated = body.find("error_truncated");
  return status_response{.state = *state,
                         .images = *images,
                         .submitted_at = text_at(body, "submitted_at").value_or(""),
                         .finished_at = text_at(body, "finished_at").value_or(""),
                         .failures = failed_stores_of(body),
                         .failures_truncated = truncated != body.end() && *truncated == json(true),
                         .answer = line_of(body)};
}

std::optional<listed_page> listed_page_of(std::string_view text) {
  const auto body = parsed(text);
  if (!body.is_object()) return std::nullopt;
  const auto list = body.find("images");
  if (list == body.end() || !list->is_array()) return std::nullopt;
  listed_page page;
  page.next = text_at(body, "next").value_or("");
  for (const auto& entry : *list) {
    auto image = image_of(entry);
    if (!image) return std::nullopt;
    page.images.push_back(*std::move(image));
  }
  return page;
}

std::optional<std::vector<std::string>> origins_away_of(std::string_view text) {
  const auto body = parsed(text);
  if (!body.is_object() || !number_at(body, "job_id")) return std::nullopt;
  std::vector<std::string> origins;
  const auto list = body.find("origins");
  if (list == body.end()) return origins;
  const auto take = [&](const std::string& origin, const json&, const json&) {
    origins.push_back(origin);
  };
  if (!each_away(*list, take)) return std::nullopt;
  return origins;
}

std::optional<std::vector<away_origin>> away_origins_of(std::string_view text) {
  const auto body = parsed(text);
  const auto list = body.is_object() ? body.find("origins") : body.end();
  if (!body.is_object() || list == body.end()) return std::nullopt;
  std::vector<away_origin> origins;
  const auto take = [&](const std::string& origin, const json& entry, const json& outage) {
    const auto images = entry.find("images");
    const bool counted = images != entry.end() && images->is_object();
    origins.push_back({.origin = origin,
                       .pending = counted ? number_at(*images, "pending").value_or(0) : 0,
                       .since = text_at(outage, "since").value_or(""),
                       .given_up_at = text_at(outage, "given_up_at").value_or("")});
  };
  if (!each_away(*list, take)) return std::nullopt;
  return origins;
}

std::optional<std::string> one_line(std::string_view text) {
  if (text.empty()) return std::string{};
  const auto body = parsed(text);
  if (body.is_discarded()) return std::nullopt;
  return line_of(body);
}

std::optional<std::string> sentence_of(std::string_view text) {
  const auto body = parsed(text);
  if (!body.is_object()) return std::nullopt;
  auto error = text_at(body, "error");
  return error ? std::move(error) : text_at(body, "detail");
}

}  // namespace retail_pulse::client
