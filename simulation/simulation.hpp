// simulation: the whole service in a deterministic world. One seed decides which actor runs next, every delay, every origin's behaviour
// and every fault; the actors are the production ones, and storage is the real repository on SQLite in memory.
// May use: actors, and what they may use.
// Never: a clock, a thread, the network, a file, or chance that the seed does not decide.
//
//   scenario   what is decided beforehand: windows, origins, jobs, incidents
//   life       one life of the process: the actors under CAF's test coordinator
//   imaginary_web, faulty_storage, faulty_queries   what it lives with
//   newcomer_watch   whether one who comes late has its turn
//   witness    holds what clients and hosts saw against the database, after every step
//   simulation runs them: lives one after the other, until everything has come to its end
#pragma once

#include <cstdint>
#include <cstdio>
#include <limits>
#include <string>

#include "simulation/faults.hpp"

namespace retail_pulse::simulation {

struct options {
  std::uint64_t seed = 1;
  fault_set allowed = fault_set::all();                             ///< other faults are left out of the seed's world
  std::uint64_t steps = std::numeric_limits<std::uint64_t>::max();  ///< ends after so many, with nothing said of what is open
  std::FILE* trace = nullptr;                                       ///< the story, line by line
};

struct outcome {
  std::string violation;                 ///< the first broken invariant; empty when there was none
  std::uint64_t steps = 0;               ///< up to it, or in all
  std::uint64_t hash = 0;                ///< of everything that happened: the same for the same options, in every build
  fault_set faults = fault_set::none();  ///< those that the world had
  std::uint64_t jobs = 0;                ///< accepted
  std::uint64_t images = 0;              ///< with a result
  std::uint64_t lives = 0;               ///< of the process: 1 and one more for every crash and every stop
};

/// Runs the world of one seed. May be called from several threads at once. A broken assertion of the actors ends the process: `progress`
/// tells where.
outcome simulate(const options& wanted);

/// The smallest part of these faults, by leaving out one after the other, with which the seed still breaks an invariant.
fault_set smallest_faults(std::uint64_t seed, fault_set failing);

/// Where the simulation of this thread is, for whoever has to tell of a sudden end of the process.
struct progress {
  std::uint64_t seed = 0;
  std::uint64_t steps = 0;
};
const progress& current_progress();

}  // namespace retail_pulse::simulation
