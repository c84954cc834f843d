#include "simulation/simulation.hpp"

#include <exception>

#include "simulation/scenario.hpp"
#include "simulation/world.hpp"

namespace retail_pulse::simulation {

outcome simulate(const options& wanted) {
  try {
    return world{wanted}.run();
  } catch (const std::exception& e) {  // such as storage that cannot even be looked at
    outcome sudden;
    sudden.violation = std::string{"the world ended with an exception: "} + e.what();
    sudden.steps = this_threads_progress().steps;
    sudden.faults = scenario_of(wanted.seed, wanted.allowed).faults;
    return sudden;
  }
}

fault_set smallest_faults(std::uint64_t seed, fault_set failing) {
  for (const auto& row : fault_table) {
    if (!failing.has(row.kind)) continue;
    const auto without = failing.without(row.kind);
    if (!simulate({seed, without}).violation.empty()) failing = without;
  }
  return failing;
}

const progress& current_progress() { return this_threads_progress(); }

}  // namespace retail_pulse::simulation
