// simulation: the whole service in a deterministic world. One seed decides which actor runs next,
// every delay, every origin's behaviour and every fault; the actors are the production ones, and
// storage is the real repository on SQLite in memory. A program of its own, retail-pulse-simulate
// (main.cpp). May use: actors, and what they may use. Nothing includes it. Never: a clock, a
// thread, the network, a file, or chance that the seed does not decide.
//
//   scenario        what is decided beforehand: windows, origins, jobs, incidents
//   world           runs lives of the process, one after the other, until every job has ended
//   life            one life: the actors under CAF's test coordinator
//   clients, incidents, imaginary_web, faulty_storage   what happens to it from outside
//   witness         compares what clients and hosts saw with the database, after every step
//   newcomer_watch  part of it: whether a job that comes late has its turn
//   room_watch      part of it: whether a host is passed over while slots are free
//   outage_watch    part of it: what is done with hosts that are away
//   story           what happened: a hash always, lines for a reader
//   traffic, describe/   the lines of messages: sender, cause, and what they say
//   text_story, chart/   the readers: `--trace` and `--html`
#pragma once

#include <cstdint>
#include <limits>
#include <string>

#include "simulation/faults.hpp"
#include "simulation/story.hpp"

namespace retail_pulse::simulation {

struct options {
  std::uint64_t seed = 1;
  fault_set allowed = fault_set::all();  ///< other faults are left out of the seed's world
  /// Ends the world after so many messages and timers; what is open then is no violation.
  std::uint64_t steps = std::numeric_limits<std::uint64_t>::max();
  story_reader* reader = nullptr;  ///< gets the story; the outcome does not depend on it
};

struct outcome {
  std::string violation;    ///< the first broken invariant; empty when there was none
  std::uint64_t steps = 0;  ///< up to it, or in all
  std::uint64_t hash = 0;   ///< of what happened: the same for the same options, in every build
  fault_set faults = fault_set::none();  ///< those that the world had
  std::uint64_t jobs = 0;                ///< accepted
  std::uint64_t images = 0;              ///< with a result
  std::uint64_t lives = 0;  ///< of the process: 1 and one more for every crash and every stop
};

/// Runs the world of one seed. May be called from several threads at once. A broken assertion of
/// the actors ends the process: `current_progress` says where.
outcome simulate(const options& wanted);

/// The smallest part of these faults, by leaving out one after the other, with which the seed still
/// breaks an invariant.
fault_set smallest_faults(std::uint64_t seed, fault_set failing);

/// Where the simulation of this thread is, for a report when the process ends suddenly.
struct progress {
  std::uint64_t seed = 0;
  std::uint64_t steps = 0;
};
const progress& current_progress();

}  // namespace retail_pulse::simulation
