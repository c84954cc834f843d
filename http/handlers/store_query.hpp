#pragma once

#include <functional>
#include <optional>
#include <string>

#include "actors/protocols.hpp"
#include "http/responder.hpp"

namespace retail_pulse::http {

/// Asks the store master which stores a request names. `found` gets them on its thread; `unknown`
/// the sentence about an area or a store that does not exist. Where the store master has ended, the
/// client gets a 500.
void select_stores(const actors::store_master_actor& master, const actors::store_question& question,
                   const responder& answer, std::function<void(actors::store_selection)> found,
                   std::function<void(std::string)> unknown);

}  // namespace retail_pulse::http
