#pragma once

#include <cstddef>
#include <optional>
#include <string>

namespace retail_pulse::app {

/// Checks that the process can start that many more threads, by starting them for a moment. Returns
/// the problem as a sentence, or nullopt. CAF ends the process, or never returns, when it cannot
/// start a thread, so call this before. No other thread of the process may start or end meanwhile.
std::optional<std::string> lack_of_threads(std::size_t wanted);

}  // namespace retail_pulse::app
