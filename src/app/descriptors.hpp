#pragma once

#include <cstddef>
#include <optional>

namespace retail_pulse::app {

/// How the process' file descriptors are shared out, so that no part can take another's: running out of them while accepting
/// would end the listener.
struct descriptor_budget {
  std::size_t fetch_threads = 0;     ///< each may hold one connection,
  std::size_t idle_connections = 0;  ///< and these are kept open besides
  std::size_t api_connections = 0;
};

/// Shares out `available` descriptors; a fetch that keeps a copy takes two more. Fewer fetch threads than wanted when they are short.
/// Nothing when there are too few to serve at all.
std::optional<descriptor_budget> share_out(std::size_t available, std::size_t wanted_fetch_threads, bool keeps_images);

/// Puts /dev/null where standard input, output or error are closed: else the next file or connection would be it, and get what is written
/// there. Using it fails as the closed one would. False where /dev/null cannot be opened. Before anything else is opened.
bool hold_standard_descriptors();

/// Raises the soft limit of open files to the hard one, and tells what it is now.
std::size_t raise_descriptor_limit();

}  // namespace retail_pulse::app
