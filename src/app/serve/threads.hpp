#pragma once

#include <cstddef>
#include <optional>
#include <string>

namespace retail_pulse::app {

/// Why this process cannot have that many threads beside those it has; nothing where it can. CAF ends the process, or never returns, when
/// one of its threads cannot be made, so this is asked before. Makes them for a moment. Call it while no other thread of the process comes
/// or goes.
std::optional<std::string> lack_of_threads(std::size_t wanted);

}  // namespace retail_pulse::app
