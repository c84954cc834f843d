#pragma once

#include <filesystem>

#include "actors/protocols.hpp"

namespace retail_pulse::actors {

struct store_master_state {
  static constexpr const char* name = "store_master";

  stores::store_table_ptr table;

  known_stores look_up(const store_check& check) const;
  store_selection select(const store_question& question) const;
};

/// Starts answering from `table`, which must not be null.
store_master_actor::behavior_type store_master(
    store_master_actor::stateful_pointer<store_master_state> self, stores::store_table_ptr table);

struct store_loader_state {
  static constexpr const char* name = "store_loader";

  std::filesystem::path file;
  store_master_actor master;

  reload_outcome reload();
};

/// Blocks while it reads the file: spawn it detached in production.
store_loader_actor::behavior_type store_loader(
    store_loader_actor::stateful_pointer<store_loader_state> self, std::filesystem::path file,
    store_master_actor master);

}  // namespace retail_pulse::actors
