#pragma once

#include <span>
#include <string>
#include <vector>

namespace retail_pulse::client {

/// A visit of a submission. Texts are UTF-8.
struct submitted_visit {
  std::string store_id;
  std::string visit_time;
  std::vector<std::string> urls;
};

/// The JSON document of the submit endpoint.
std::string job_document(std::span<const submitted_visit> visits);

}  // namespace retail_pulse::client
