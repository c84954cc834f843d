#pragma once

#include <chrono>
#include <string>

#include "core/error_code.hpp"

namespace retail_pulse::fetch {

using steady_time = std::chrono::steady_clock::time_point;

/// Why something of a fetch did not work.
struct fault {
  error_code code = error_code::internal;
  std::string detail;       ///< for the log; without the URL's query
  std::string reason = {};  ///< for the client, behind the sentence of the code; empty where that says it all. See image_result::reason
  bool final = false;       ///< another attempt cannot help, although it may where others have this code
};

}  // namespace retail_pulse::fetch
