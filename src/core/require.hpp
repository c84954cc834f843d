#pragma once

#include <cstdio>
#include <cstdlib>

namespace retail_pulse {

/// Ends the process if an invariant does not hold, in every build: going on could damage data, and
/// a restart is the recovery path, which is tested. Not for input of any kind.
inline void require(bool holds, const char* invariant) {
  if (holds) return;
  std::fprintf(stderr, "broken invariant: %s\n", invariant);
  std::abort();
}

}  // namespace retail_pulse
