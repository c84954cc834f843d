#include "app/start_simulator.hpp"

#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <string>
#include <vector>

#include "app/commands.hpp"
#include "app/output.hpp"

namespace retail_pulse::app {
namespace {

constexpr const char* simulator = "retail-pulse-simulate";

std::filesystem::path beside_this_program(const char* name) {
  std::error_code unknown;
  return std::filesystem::read_symlink("/proc/self/exe", unknown).replace_filename(name);
}

}  // namespace

/// Becomes the simulator, a program of its own that is installed beside this one.
int simulate(const words& arguments) {
  const auto program = beside_this_program(simulator);
  words all{simulator};
  all.insert(all.end(), arguments.begin(), arguments.end());
  std::vector<char*> pointers;
  for (auto& each : all) pointers.push_back(each.data());
  pointers.push_back(nullptr);
  execv(program.c_str(), pointers.data());
  const auto problem = errno == ENOENT ? std::string{"is not installed"}
                                       : std::string{"cannot be started: "} + strerror(errno);
  say("retail-pulse simulate: the simulator " + program.string() + " " + problem + "\n");
  return exit_usage;
}

std::vector<known_word> words_of_simulate() {
  return {
      {"--help", "the flags of simulate", false, {}},
      {"--seed", "one world", true, {}},
      {"--seeds", "the worlds of the seeds from 1 to this", true, {}},
      {"--steps", "ends the world after so many messages and timers", true, {}},
      {"--faults", "all, none, or names with commas between them", true, {}},
      {"--trace", "prints the story of the world: time, step, actor, message, fault", false, {}},
      {"--html", "writes the story as a sequence chart, one page for a browser", true, {}},
      {"--until-violation", "ends with the first seed that violates an invariant", false, {}},
  };
}

}  // namespace retail_pulse::app
