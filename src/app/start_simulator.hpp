#pragma once

#include <vector>

#include "app/command_line.hpp"

namespace retail_pulse::app {

/// What `simulate` takes, for completion. The simulator is another program and defines these
/// itself; an end-to-end test compares the two.
std::vector<known_word> words_of_simulate();

}  // namespace retail_pulse::app
