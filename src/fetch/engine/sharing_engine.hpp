#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>

#include "core/limits.hpp"
#include "fetch/engine/engine.hpp"
#include "fetch/net/fault.hpp"

namespace retail_pulse::fetch {

struct sharing_options {
  std::chrono::milliseconds reuse_for{
      0};  ///< how long a result serves later fetches of its URL; 0: not at all
  std::size_t reuse_entries =
      limits::default_reuse_entries;  ///< results remembered, at least 1; the least recently used
                                      ///< is dropped
  std::function<steady_time()> clock = std::chrono::steady_clock::now;  ///< called from any thread
};

/// An engine that fetches no URL twice at once: a request for a URL that is being fetched joins
/// that fetch and gets a copy of its outcome. URLs are compared in canonical form. A timed_out
/// outcome is passed only to the request that began the fetch: the joined ones had less time, so
/// one more fetch is begun for them at once. No request waits for more than two fetches.
///
/// With `reuse_for`, a success also answers later requests, without network: its evidence then has
/// no address, no bytes and no times. Once it is too old, and if the server sent validators, the
/// next fetch is conditional. Failures are never reused. Memory is bounded by `reuse_entries` times
/// about 1.7 KiB; a result whose URLs and validators exceed limits::reuse_text_bytes is not
/// remembered.
///
/// This engine handles `not_modified` and `request::known` itself: no outcome has the one, and the
/// other is ignored. Thread safe; no lock is held while `inner` or a callback runs. `stop` and the
/// destructor stop `inner`.
std::unique_ptr<engine> make_sharing_engine(std::unique_ptr<engine> inner, sharing_options options);

}  // namespace retail_pulse::fetch
