#pragma once

#include <chrono>
#include <cstdint>
#include <string>

#include "fetch/engine/address_places.hpp"
#include "fetch/engine/circuit_breaker.hpp"
#include "fetch/engine/engine.hpp"
#include "fetch/engine/mode.hpp"
#include "fetch/engine/picture_store.hpp"
#include "fetch/net/connection_pool.hpp"
#include "fetch/net/destination.hpp"
#include "fetch/net/tls_context.hpp"

namespace retail_pulse::fetch {

/// What every attempt of an engine shares. Each part may be used from any thread.
struct attempt_tools {
  destinations places;
  connection_pool& connections;
  const tls_context& tls;
  circuit_breaker& circuits;
  address_places& at_addresses;
  picture_store* copies;  ///< null: no copies are kept
  mode how;
  std::chrono::milliseconds deadline;
  std::int64_t max_image_bytes;
  std::string user_agent;
  int cancelled;  ///< readable once the engine shuts down
};

/// One attempt from the URL's text to the outcome, redirects included. Blocks the calling thread up to the deadline.
outcome run_attempt(const attempt_tools& tools, const request& wanted);

}  // namespace retail_pulse::fetch
