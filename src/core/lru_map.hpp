#pragma once

#include <cstddef>
#include <functional>
#include <iterator>
#include <list>
#include <unordered_map>
#include <utility>

#include "core/require.hpp"

namespace retail_pulse::fetch {

/// A map of at most `most` entries (at least 1): a new one replaces the least recently used. Not
/// thread safe.
template <class Key, class Value, class Hash = std::hash<Key>>
class lru_map {
 public:
  explicit lru_map(std::size_t most) : most_(most) {
    require(most > 0, "an lru_map has room for an entry");
  }

  /// The value, now the most recently used, or null. Valid until the entry is replaced or erased.
  Value* find(const Key& key) {
    const auto found = by_key_.find(key);
    if (found == by_key_.end()) return nullptr;
    newest_first_.splice(newest_first_.begin(), newest_first_, found->second);
    return &found->second->second;
  }

  /// Sets the value of a key.
  Value& put(const Key& key, Value value) {
    erase(key);
    if (newest_first_.size() == most_) erase(Key{newest_first_.back().first});
    newest_first_.emplace_front(key, std::move(value));
    by_key_.emplace(key, newest_first_.begin());
    return newest_first_.front().second;
  }

  void erase(const Key& key) {
    const auto found = by_key_.find(key);
    if (found == by_key_.end()) return;
    newest_first_.erase(found->second);
    by_key_.erase(found);
  }

  std::size_t size() const { return newest_first_.size(); }

 private:
  using entries = std::list<std::pair<Key, Value>>;

  const std::size_t most_;
  entries newest_first_;
  std::unordered_map<Key, typename entries::iterator, Hash> by_key_;
};

}  // namespace retail_pulse::fetch
