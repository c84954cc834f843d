#pragma once

#include <optional>
#include <string>

#include "simulation/faulty_storage.hpp"
#include "simulation/imaginary_web.hpp"
#include "simulation/life.hpp"
#include "simulation/scenario.hpp"
#include "simulation/simulation.hpp"
#include "simulation/story.hpp"
#include "simulation/witness.hpp"
#include "storage/repository.hpp"

namespace retail_pulse::simulation {

enum class ending { at_once, in_order };

/// What the parts of one world share: the plan, the database, the web, and the present life of the
/// process, which may be none.
struct setting {
  explicit setting(const options& wanted);
  setting(const setting&) = delete;
  setting& operator=(const setting&) = delete;

  /// Virtual time since the world began.
  millis now() { return process ? process->now() : between_lives; }
  unix_millis wall_time() { return unix_millis{1'700'000'000'000} + now() + wall_offset; }
  void broken(const std::string& invariant) { tell.violate(invariant); }

  /// The database lives as long as one session of it.
  struct sessions {
    storage::writer keeper;
    storage::reader reader;
  };

  const scenario plan;
  story tell;
  const storage::location where;
  sessions database;
  witness watched;
  faulty_storage writing;
  faulty_queries reading;
  imaginary_web web;

  std::optional<life> process;
  std::uint64_t lives = 0;        ///< begun so far
  millis between_lives{0};        ///< the time while there is no process
  std::optional<ending> ends;     ///< how the present life is to end
  bool answers_are_lost = false;  ///< the process is ending: what it answers reaches no client
  bool is_concluding = false;     ///< the last life, without faults
  millis wall_offset{0};
  stores::store_table_ptr stores;
};

/// How long the service may take to come to rest after the last job has ended, in virtual time:
/// some deletions and answers are still on their way.
inline constexpr millis rest_within{600'000};

/// The table of the Store Master, with or without the store that comes and goes.
stores::store_table_ptr stores_with(bool passing);

}  // namespace retail_pulse::simulation
