#include "simulation/one_world.hpp"

#include <utility>

#include "simulation/scenario.hpp"

namespace retail_pulse::simulation {

void one_world::both::read(const story_line& line) {
  if (text) text->read(line);
  if (page) page->read(line);
}

one_world::one_world(std::FILE* text, std::FILE* page, std::string command)
    : page_{page}, command_{std::move(command)} {
  if (text != nullptr) readers_.text.emplace(text);
  if (page != nullptr) readers_.page.emplace();
}

outcome one_world::run(options wanted) {
  faults_ = scenario_of(wanted.seed, wanted.allowed).faults;
  if (readers_.text || readers_.page) wanted.reader = &readers_;
  return simulate(wanted);
}

bool one_world::finish(const outcome& of) {
  if (page_ == nullptr) return true;
  const auto page = readers_.page->page(of, command_);
  return std::fwrite(page.data(), 1, page.size(), page_) == page.size() && std::fflush(page_) == 0;
}

bool one_world::finish_suddenly(const std::string& violation) {
  outcome sudden;
  sudden.violation = violation;
  sudden.steps = current_progress().steps;
  sudden.faults = faults_;
  return finish(sudden);
}

}  // namespace retail_pulse::simulation
