#pragma once

#include <vector>

#include "simulation/simulation.hpp"
#include "simulation/story.hpp"

namespace retail_pulse::simulation {

/// Keeps the lines of a story.
struct kept_story final : story_reader {
  void read(const story_line& line) override { lines.push_back(line); }
  std::vector<story_line> lines;
};

inline std::vector<story_line> story_of(std::uint64_t seed, outcome* end = nullptr) {
  kept_story kept;
  options wanted;
  wanted.seed = seed;
  wanted.reader = &kept;
  const auto result = simulate(wanted);
  if (end != nullptr) *end = result;
  return kept.lines;
}

}  // namespace retail_pulse::simulation
