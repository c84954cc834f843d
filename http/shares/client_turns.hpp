#pragma once

#include <cstddef>
#include <deque>
#include <map>
#include <utility>

#include "http/shares/client_address.hpp"

namespace retail_pulse::http {

/// A queue that takes one task of each client in turn, in the order in which a client added them.
/// So a client with a thousand queued tasks holds up another one by one task. A plain value without
/// a lock or a bound.
template <class Task>
class client_turns {
 public:
  bool empty() const { return ring_.empty(); }
  std::size_t size() const { return size_; }

  void add(const client_address& who, Task task) {
    auto& lane = lanes_[who];
    lane.push_back(std::move(task));
    if (lane.size() == 1) {
      try {
        ring_.push_back(who);
      } catch (...) {
        lane.pop_back();
        throw;
      }
    }
    ++size_;
  }

  /// Takes the next task. The queue must not be empty.
  Task next() {
    const auto who = ring_.front();
    ring_.pop_front();
    const auto lane = lanes_.find(who);
    Task task = std::move(lane->second.front());
    lane->second.pop_front();
    --size_;
    if (lane->second.empty()) {
      lanes_.erase(lane);
    } else {
      ring_.push_back(who);
    }
    return task;
  }

 private:
  std::map<client_address, std::deque<Task>>
      lanes_;                        ///< an empty one only after a failed allocation
  std::deque<client_address> ring_;  ///< whose turn is next; each client with a lane once
  std::size_t size_ = 0;
};

}  // namespace retail_pulse::http
