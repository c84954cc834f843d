#pragma once

#include <chrono>
#include <cstddef>
#include <list>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>
#include <vector>

#include "core/limits.hpp"
#include "fetch/net/connection.hpp"

namespace retail_pulse::fetch {

/// Idle connections, kept for the next request to the same origin at the same pinned address. At
/// most `bound` in all, each for at most `longest_idle` (checked in every call); the one that is
/// idle longest is closed first. Thread safe.
class connection_pool {
 public:
  explicit connection_pool(std::size_t bound,
                           std::chrono::milliseconds longest_idle = limits::connection_idle)
      : bound_(bound), longest_idle_(longest_idle) {}

  /// The key under which connections to this origin at this address are kept.
  static std::string key_of(const url& to, const ip_address& address) {
    return to.origin() + ' ' + address.text();
  }

  /// The connection used last, checked to be open; null if none is open.
  std::unique_ptr<connection> take(const std::string& key);
  void keep(const std::string& key, std::unique_ptr<connection> idle);
  void close_expired();
  void close_all();
  std::size_t size() const;

 private:
  struct entry {
    std::string key;
    std::unique_ptr<connection> idle;
    steady_time since;
  };
  using position = std::list<entry>::iterator;

  /// Removes an entry from both indexes; the caller closes the connection outside the lock.
  std::unique_ptr<connection> remove(position old);
  std::vector<std::unique_ptr<connection>> remove_expired();

  const std::size_t bound_;
  const std::chrono::milliseconds longest_idle_;
  mutable std::mutex mutex_;
  std::list<entry> oldest_first_;
  std::unordered_map<std::string, std::vector<position>> by_key_;  ///< each oldest first
};

}  // namespace retail_pulse::fetch
