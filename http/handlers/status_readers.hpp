#pragma once

#include <atomic>
#include <cstddef>
#include <functional>
#include <memory>
#include <utility>
#include <vector>

#include "actors/protocols.hpp"

namespace retail_pulse::http {

using status_outcome = actors::query_outcome<job_status>;

/// The readers of statuses, asked in turn. Any thread.
class status_readers {
 public:
  /// At least one.
  explicit status_readers(std::vector<actors::reader_actor> readers)
      : readers_{std::move(readers)} {}

  /// Reads a status. `done` is called once, on the reader's thread or on that of the last who holds
  /// the query.
  void read(job_id job, std::function<void(status_outcome)> done) const {
    const auto turn = next_.fetch_add(1, std::memory_order_relaxed) % readers_.size();
    caf::anon_send(readers_[turn], actors::status_atom_v, job,
                   actors::reply<status_outcome>{std::move(done), {}});
  }

 private:
  const std::vector<actors::reader_actor> readers_;
  mutable std::atomic<std::size_t> next_{0};
};
using status_readers_ptr = std::shared_ptr<const status_readers>;

}  // namespace retail_pulse::http
