#pragma once

#include <cstdio>
#include <optional>
#include <string>

#include "simulation/chart/chart.hpp"
#include "simulation/simulation.hpp"
#include "simulation/text_story.hpp"

namespace retail_pulse::simulation {

/// The world of one seed with its story for people: as text, as a page, or both.
class one_world {
 public:
  /// `page` is written by `finish`, and is not closed; each may be nullptr. `command` shows the
  /// story again.
  one_world(std::FILE* text, std::FILE* page, std::string command);

  /// May be called once.
  outcome run(options wanted);
  /// Writes the page. False: it could not be written whole.
  bool finish(const outcome& of);
  /// The same where the process ends in the middle of `run`.
  bool finish_suddenly(const std::string& violation);

 private:
  struct both final : story_reader {
    void read(const story_line& line) override;
    std::optional<text_story> text;
    std::optional<chart> page;
  };

  both readers_;
  std::FILE* page_;
  std::string command_;
  fault_set faults_ = fault_set::none();  ///< of the world that runs
};

}  // namespace retail_pulse::simulation
