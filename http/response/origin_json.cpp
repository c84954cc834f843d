#include "http/response/origin_json.hpp"

#include <algorithm>
#include <cmath>
#include <unordered_map>

namespace retail_pulse::http {
namespace {

using actors::live_origin;
using actors::outage_report;

/// Finds what is known about an origin by its text.
class live_index {
 public:
  explicit live_index(const origins_now& known) {
    for (const auto& each : known.live) by_name_.emplace(each.origin, &each);
  }
  /// nullptr: nothing.
  const live_origin* operator()(const std::string& origin) const {
    const auto found = by_name_.find(origin);
    return found == by_name_.end() ? nullptr : found->second;
  }

 private:
  std::unordered_map<std::string_view, const live_origin*> by_name_;
};

json name_of(const origin_summary& origin) {
  return origin.origin.empty() ? json(nullptr) : json(shown_origin(origin.origin));
}

void add_last_error(json& to, error_code code) {
  if (code != error_code::none) to["last_error"] = describe(code).name;
}

json outage_of(const outage_report& outage, unix_millis at) {
  return {{"since", to_rfc3339(whole_second(at - outage.lasts))},
          {"given_up_at", to_rfc3339(whole_second(at + outage.given_up_in))},
          {"last_error", describe(outage.last_cause).name},
          {"probes", outage.probes}};
}

std::string_view state_of(const origin_summary& origin, const live_origin* live) {
  if (origin.pending == 0) return "ended";
  if (live == nullptr) return "pending";
  if (live->away) return "unavailable";
  return live->in_flight > 0 ? "active" : "pending";
}

json listed(const origin_summary& origin, const live_origin* live, unix_millis at) {
  const auto state = state_of(origin, live);
  const double rate = live == nullptr ? 0 : live->images_per_second;
  json entry{{"origin", name_of(origin)},
             {"images",
              {{"total", origin.images},
               {"pending", origin.pending},
               {"succeeded", origin.images - origin.pending - origin.failed},
               {"failed", origin.failed}}},
             {"state", state},
             {"images_per_second", std::round(rate * 100) / 100}};
  add_last_error(entry, origin.last_error);
  if (state == "unavailable") entry["unavailable"] = outage_of(*live->away, at);
  return entry;
}

}  // namespace

std::string_view shown_origin(std::string_view origin) {
  const std::string_view port = origin.starts_with("https:") ? ":443" : ":80";
  if (origin.ends_with(port)) origin.remove_suffix(port.size());
  return origin;
}

unix_millis whole_second(unix_millis at) { return std::chrono::round<std::chrono::seconds>(at); }

response origins_listed(const origin_summaries& page, const origins_now& known) {
  const live_index live{known};
  json body{{"origins", json::array()}};
  for (const auto& origin : page.origins)
    body["origins"].push_back(listed(origin, live(origin.origin), known.at));
  if (page.next) body["next"] = std::to_string(page.next->value);
  return json_response(200, body);
}

json worst_origins(const job_report& report, const origins_now& known) {
  const live_index live{known};
  json list = json::array();
  for (const auto& origin : report.origins) {
    json entry{{"origin", name_of(origin)},
               {"images", {{"total", origin.images}, {"failed", origin.failed}}}};
    add_last_error(entry, origin.last_error);
    const auto* now = live(origin.origin);
    if (now != nullptr && now->away) entry["unavailable"] = outage_of(*now->away, known.at);
    list.push_back(std::move(entry));
  }
  return list;
}

std::string etag_part(const job_report& report, const origins_now& known) {
  const live_index live{known};
  std::string text;
  for (const auto& origin : report.origins) {
    const auto* now = live(origin.origin);
    if (now == nullptr || !now->away) continue;
    const auto since = whole_second(known.at - now->away->lasts);
    text += "." + std::to_string(origin.number.value) + "-" + std::to_string(since.count()) + "-" +
            std::to_string(now->away->probes);
  }
  return text;
}

}  // namespace retail_pulse::http
