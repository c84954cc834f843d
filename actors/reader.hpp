#pragma once

#include <memory>

#include "actors/protocols.hpp"

namespace retail_pulse::actors {

struct reader_state {
  static constexpr const char* name = "reader";

  std::shared_ptr<storage::reader> storage;
};

/// Blocks in storage: spawn it detached in production.
reader_actor::behavior_type reader(reader_actor::stateful_pointer<reader_state> self,
                                   std::shared_ptr<storage::reader> storage);

}  // namespace retail_pulse::actors
