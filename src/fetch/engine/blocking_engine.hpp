#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "core/limits.hpp"
#include "fetch/engine/engine.hpp"

namespace retail_pulse::fetch {

struct engine_options {
  std::size_t threads = limits::default_fetch_threads;  ///< fetches at once; threads start when
                                                        ///< needed and end when idle
  std::chrono::milliseconds deadline = limits::default_fetch_deadline;
  mode how = mode::full;
  std::int64_t max_image_bytes = limits::default_image_bytes;
  std::vector<std::string> allow_addresses;  ///< CIDRs, validated by the configuration
  std::vector<std::string>
      allow_hosts;          ///< in the form of `url::host`, without a final dot; empty: every host
  std::string keep_images;  ///< folder for pictures; empty: none are kept. In full mode only
  std::int64_t keep_images_bytes = 0;  ///< of all pictures together
  mode_t keep_images_mode = 0600;      ///< of each
  std::function<void(const std::string&)>
      tell;  ///< receives sentences about that folder for the operator's log, at start; may be null
  std::string ca_file;  ///< empty: the system's store
  std::string user_agent =
      limits::default_user_agent;      ///< sent with every request; without a line end
  std::size_t idle_connections = 512;  ///< kept open to origins, over all of them
  std::string dns_servers;             ///< "ip:port,..."; empty: the system's
  /// Fetches at once at one address, and from one origin, redirects included. The caller keeps to
  /// it for the first hop of each fetch.
  std::size_t address_connections = limits::max_fetch_threads;
};

/// The engine over real sockets. Thread safe. The destructor stops it. Throws std::runtime_error if
/// the CA file cannot be loaded or the folder for pictures cannot be used.
std::unique_ptr<engine> make_blocking_engine(engine_options options);

}  // namespace retail_pulse::fetch
