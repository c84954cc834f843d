#include "http/response/conditional.hpp"

#include <algorithm>
#include <utility>

#include "core/text.hpp"
#include "http/response/origin_json.hpp"

namespace retail_pulse::http {
namespace {

void drop_blanks(std::string_view& text) {
  text.remove_prefix(std::min(text.find_first_not_of(" \t"), text.size()));
}

/// The quoted part of the entity tag that the text begins with, which is removed from it; empty
/// when the text does not begin with one.
std::string_view next_opaque_tag(std::string_view& text) {
  if (text.starts_with("W/")) text.remove_prefix(2);
  const auto end = text.starts_with('"') ? text.find('"', 1) : std::string_view::npos;
  if (end == std::string_view::npos) return {};
  const auto tag = text.substr(0, end + 1);
  text.remove_prefix(end + 1);
  return tag;
}

}  // namespace

std::string etag_of(const job_status& status) {
  const auto& images = status.images;
  return "W/\"" + std::to_string(status.submitted_at.count()) + "." +
         std::to_string(status.run.value) + "." + std::to_string(images.done()) + "." +
         std::to_string(images.failed) + "." + std::string{name_of(status.state)} + "\"";
}

std::string etag_of(const job_report& report, const origins_now& known) {
  const auto& job = report.job;
  std::string text = "W/\"" + std::to_string(job.submitted_at.count()) + "." +
                     std::to_string(job.run.value) + "." + std::to_string(job.images.succeeded) +
                     "." + std::to_string(job.images.failed) + "." +
                     std::string{name_of(job.state)};
  if (report.cancelled) text += ".cancelled";
  if (report.callback)
    text += "." + std::string{name_of(report.callback->standing)} + "." +
            std::to_string(report.callback->attempts);
  text += etag_part(report, known);
  return text + "\"";
}

bool lists_etag(std::string_view if_none_match, std::string_view etag) {
  const auto ours = next_opaque_tag(etag);
  drop_blanks(if_none_match);
  if (if_none_match.starts_with('*')) {
    if_none_match.remove_prefix(1);
    drop_blanks(if_none_match);
    return if_none_match.empty();
  }
  while (!if_none_match.empty()) {
    if (if_none_match.front() == ',') {
      if_none_match.remove_prefix(1);
      drop_blanks(if_none_match);
      continue;
    }
    const auto tag = next_opaque_tag(if_none_match);
    if (tag.empty()) return false;
    if (tag == ours) return true;
    drop_blanks(if_none_match);
    if (!if_none_match.empty() && if_none_match.front() != ',') return false;
  }
  return false;
}

bool is_known(const request& r, std::string_view etag) {
  return std::ranges::any_of(r.headers, [&](const header_field& field) {
    return same_word(field.name, "If-None-Match") && lists_etag(field.value, etag);
  });
}

response conditional(const request& to, std::string etag, response full) {
  if (full.status != 200) return full;
  const bool known = is_known(to, etag);
  std::erase_if(full.headers,
                [](const header_field& field) { return field.name == "Cache-Control"; });
  full.headers.push_back({"Cache-Control", "no-cache"});
  full.headers.push_back({"ETag", std::move(etag)});
  if (!known) return full;
  std::erase_if(full.headers,
                [](const header_field& field) { return field.name == "Content-Type"; });
  return {.status = 304, .body = {}, .headers = std::move(full.headers)};
}

}  // namespace retail_pulse::http
