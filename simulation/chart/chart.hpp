// chart: the story of a world as a sequence chart, in one HTML page without any other file.
// May use: the story, and nlohmann/json for the data in the page.
// Never: the network, or text of the story as markup: the page's script sets all of it as plain
// text.
#pragma once

#include <string>
#include <vector>

#include "simulation/simulation.hpp"
#include "simulation/story.hpp"

namespace retail_pulse::simulation {

/// Collects the lines of a story, about 300 bytes each.
class chart final : public story_reader {
 public:
  void read(const story_line& line) override;
  /// The page. `command` shows the story again.
  std::string page(const outcome& of, const std::string& command) const;

 private:
  std::vector<story_line> lines_;
};

}  // namespace retail_pulse::simulation
