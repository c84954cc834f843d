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
  std::size_t callbacks = 0;  ///< at once, a connection each; 0 where none are made
};

/// What takes descriptors besides the API.
struct descriptor_needs {
  std::size_t fetch_threads = 0;
  bool keeps_images = false;  ///< a fetch that keeps a copy takes two more
  bool makes_callbacks = false;
};

/// Shares out `available` descriptors. Fewer fetch threads than wanted, and fewer callbacks at once, when they are short. Nothing when
/// there are too few to serve at all.
std::optional<descriptor_budget> share_out(std::size_t available, const descriptor_needs& needs);

/// Puts /dev/null where standard input, output or error are closed: else the next file or connection would be it, and get what is written
/// there. Using it fails as the closed one would. False where /dev/null cannot be opened. Before anything else is opened.
bool hold_standard_descriptors();

/// Raises the soft limit of open files to the hard one, and tells what it is now.
std::size_t raise_descriptor_limit();

}  // namespace retail_pulse::app
