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
  /// Every other attempt would end like this, although others with this code may pass.
  bool lasts = false;
  bool ran_out = false;  ///< of descriptors or memory, some of which idle connections hold
};

/// A bound of ours that an answer exceeds, told with its number. It would be exceeded again, so there is no other attempt.
inline fault bound_exceeded(error_code code, std::string what) { return {code, what, what, true}; }

}  // namespace retail_pulse::fetch
