#pragma once

#include <cstdlib>

/// The switch of the planted bugs: tests/mutants/plant includes this in the files of its copy.
namespace planted {

/// The bug's number, from the environment: PLANTED=55. Without it none is on.
inline const int number = [] {
  const char* text = std::getenv("PLANTED");
  return text == nullptr ? 0 : std::atoi(text);
}();

inline bool is_on(int asked) { return asked == number; }

}  // namespace planted
