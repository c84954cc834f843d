#pragma once

#include "actors/protocols.hpp"

namespace retail_pulse::actors {

struct store_master_state {
  static constexpr const char* name = "store_master";

  stores::store_table_ptr table;

  store_verdicts look_up(const store_check& check) const;
};

/// Starts answering from `table`, which must not be null.
store_master_actor::behavior_type store_master(store_master_actor::stateful_pointer<store_master_state> self,
                                               stores::store_table_ptr table);

}  // namespace retail_pulse::actors
