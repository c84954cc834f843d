#pragma once

#include <chrono>
#include <string>

#include "core/error_code.hpp"

namespace retail_pulse::fetch {

using steady_time = std::chrono::steady_clock::time_point;

/// Why a part of a fetch failed.
struct fault {
  error_code code = error_code::internal;
  std::string detail;       ///< for the log; without the URL's query
  std::string reason = {};  ///< for the client, after the sentence of the code; may be empty. See
                            ///< image_result::reason
  bool lasts =
      false;  ///< another attempt would fail alike, although this code is worth a retry in general
  bool gave_way = false;  ///< to other fetches; the peer may have answered later
  bool ran_out = false;   ///< of descriptors or memory, some of which idle connections hold
};

/// A response exceeds one of our limits; `what` names it with its number. Another attempt would
/// exceed it again.
inline fault bound_exceeded(error_code code, const std::string& what) {
  return {code, what, what, true};
}

}  // namespace retail_pulse::fetch
