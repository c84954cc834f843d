#pragma once

#include <cstddef>
#include <optional>

namespace retail_pulse::app {

/// How the file descriptors of the process are shared out, so that no part can use up another's:
/// running out of them in `accept` would end the listener.
struct descriptor_budget {
  std::size_t fetch_threads = 0;     ///< each may hold one connection,
  std::size_t idle_connections = 0;  ///< and these are kept open besides
  std::size_t api_connections = 0;
  std::size_t callbacks = 0;  ///< webhooks sent at once, a connection each; 0 if they are disabled
};

/// What takes descriptors besides the API.
struct descriptor_needs {
  std::size_t fetch_threads = 0;
  bool keeps_images = false;  ///< a fetch that keeps a picture takes two more
  bool makes_callbacks = false;
};

/// Shares out `available` descriptors, with fewer fetch threads and webhooks at once than wanted if
/// they are short. nullopt if there are too few to serve at all.
std::optional<descriptor_budget> share_out(std::size_t available, const descriptor_needs& needs);

/// Opens /dev/null for standard input, output and error if they are closed: otherwise the next file
/// or connection would get that number, and what is written there. Using it fails as the closed one
/// would. False if /dev/null cannot be opened. Call it before anything else is opened.
bool hold_standard_descriptors();

/// Raises the soft limit of open files to the hard one, and returns it.
std::size_t raise_descriptor_limit();

}  // namespace retail_pulse::app
