#pragma once

#include <chrono>
#include <cstdint>
#include <string>

#include "fetch/engine/address_permits.hpp"
#include "fetch/engine/circuit_breaker.hpp"
#include "fetch/engine/engine.hpp"
#include "fetch/engine/picture_store.hpp"
#include "fetch/net/connection_pool.hpp"
#include "fetch/net/destination.hpp"
#include "fetch/net/tls_context.hpp"

namespace retail_pulse::fetch {

/// Shared by all attempts of an engine. Each part may be used from any thread.
struct attempt_tools {
  destination_rules rules;
  connection_pool& connections;
  const tls_context& tls;
  circuit_breaker& circuits;
  address_permits& permits;
  picture_store* pictures;  ///< null: none are kept
  mode how;
  std::chrono::milliseconds deadline;
  std::int64_t max_image_bytes;
  std::string user_agent;
  int cancelled;  ///< readable once the engine shuts down
};

/// Makes one attempt, from the URL's text to the outcome, redirects included. Blocks up to the
/// deadline.
outcome run_attempt(const attempt_tools& tools, const request& wanted);

}  // namespace retail_pulse::fetch
