#include "client/job_document.hpp"

#include <nlohmann/json.hpp>

namespace retail_pulse::client {
namespace {

std::string quoted(const std::string& text) { return nlohmann::json(text).dump(); }

}  // namespace

// Written visit by visit: a document tree of a million URLs would take several times its text.
std::string job_document(std::span<const submitted_visit> visits) {
  std::string text = "{\"count\":" + std::to_string(visits.size()) + ",\"visits\":[";
  for (const auto& visit : visits) {
    if (&visit != &visits.front()) text += ',';
    text += "{\"store_id\":" + quoted(visit.store_id) +
            ",\"visit_time\":" + quoted(visit.visit_time) + ",\"image_url\":[";
    for (const auto& url : visit.urls) {
      if (&url != &visit.urls.front()) text += ',';
      text += quoted(url);
    }
    text += "]}";
  }
  return text + "]}";
}

}  // namespace retail_pulse::client
