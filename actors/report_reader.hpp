#pragma once

#include <memory>

#include "actors/protocols.hpp"

namespace retail_pulse::actors {

struct report_reader_state {
  static constexpr const char* name = "report_reader";

  std::shared_ptr<storage::reader> storage;

  visits_page visits(const visits_question& question) const;
};

/// Blocks in storage: spawn it detached in production.
report_reader_actor::behavior_type report_reader(
    report_reader_actor::stateful_pointer<report_reader_state> self,
    std::shared_ptr<storage::reader> storage);

}  // namespace retail_pulse::actors
