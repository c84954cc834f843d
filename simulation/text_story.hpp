#pragma once

#include <cstdio>

#include "simulation/story.hpp"

namespace retail_pulse::simulation {

/// The story as text, one line each as it happens: time, step, who or what, and what it says. A
/// message names in brackets the step that sent it.
class text_story final : public story_reader {
 public:
  explicit text_story(std::FILE* to) : to_{to} {}
  void read(const story_line& line) override;

 private:
  std::FILE* to_;
};

}  // namespace retail_pulse::simulation
