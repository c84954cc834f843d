#pragma once

#include <cstdio>
#include <cstdlib>

namespace retail_pulse {

/// Ends the process when an invariant does not hold, in every build: going on would break a promise, and a restart is the
/// recovery path, which is tested. Not for input of any kind.
inline void require(bool holds, const char* invariant) {
  if (holds) return;
  std::fprintf(stderr, "broken invariant: %s\n", invariant);
  std::abort();
}

}  // namespace retail_pulse
