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
  std::chrono::milliseconds reuse_for{0};                     ///< how long a result serves later fetches of its URL; 0: not at all
  std::size_t reuse_entries = limits::default_reuse_entries;  ///< results remembered, at least 1; the least recently used goes
  std::function<steady_time()> clock = std::chrono::steady_clock::now;  ///< called from any thread
};

/// An engine that fetches no URL twice at once: who submits one that is being fetched gets a copy of that outcome. URLs are the same when
/// their canonical forms are. A
/// fetch that ends by its time (timed_out) counts only for whom it was begun for: those who joined it are answered by one more fetch, which
/// begins at once, so nobody waits longer than two.
///
/// With `reuse_for`, a success is also the answer to later fetches, without network: its evidence then has no address, no bytes and no
/// times. When it has become too old and the server named its version, the next fetch asks only for a newer one. Failures are never used
/// again. Memory is bounded by `reuse_entries` times about 1.7 KiB; a result whose URLs and validators exceed limits::reuse_text_bytes is
/// not remembered.
///
/// No outcome is `not_modified`, and what a request `knows` is ignored: this engine sees to both. Thread safe; no lock is held while
/// `inner` or a callback runs. `stop` stops `inner`; the destructor does too.
std::unique_ptr<engine> make_sharing_engine(std::unique_ptr<engine> inner, sharing_options options);

}  // namespace retail_pulse::fetch
