#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include "fetch/address_guard.hpp"
#include "fetch/circuit_breaker.hpp"
#include "fetch/connection_pool.hpp"
#include "fetch/engine.hpp"
#include "fetch/mode.hpp"
#include "fetch/picture_store.hpp"
#include "fetch/resolver.hpp"
#include "fetch/tls_context.hpp"

namespace retail_pulse::fetch {

/// What every attempt of an engine shares. Each part may be used from any thread.
struct attempt_tools {
  const address_guard& guard;
  const std::vector<std::string>& allow_hosts;  ///< empty: every host
  resolver& names;
  connection_pool& connections;
  const tls_context& tls;
  circuit_breaker& circuits;
  picture_store* copies;  ///< null: no copies are kept
  mode how;
  std::chrono::milliseconds deadline;
  std::int64_t max_image_bytes;
  int cancelled;  ///< readable once the engine shuts down
};

/// Whether a host is one of the named ones or below one of them.
bool is_allowed_host(const std::vector<std::string>& allowed, const std::string& host);

/// Where a URL leads, by the host list, by its literal address or through the resolver. Does not block; `done` as in `resolver::look_up`.
void find_address(const attempt_tools& tools, const url& of, on_resolution done);

/// One attempt from the URL's text to the outcome, redirects included. Blocks the calling thread up to the deadline.
outcome run_attempt(const attempt_tools& tools, const request& wanted);

}  // namespace retail_pulse::fetch
