#pragma once

#include <cstddef>
#include <list>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>

#include "fetch/net/fault.hpp"
#include "fetch/net/resolver.hpp"

namespace retail_pulse::fetch {

/// Answers by name, each with an expiry; beyond `entries` the oldest is dropped. Not thread safe.
class resolver_cache {
 public:
  explicit resolver_cache(std::size_t entries) : bound_(entries) {}

  std::optional<resolution> find(const std::string& host, steady_time now) {
    const auto found = by_name_.find(host);
    if (found == by_name_.end()) return std::nullopt;
    if (found->second->until > now) return found->second->answer;
    drop(found->second);
    return std::nullopt;
  }

  void keep(const std::string& host, resolution answer, steady_time until) {
    if (const auto found = by_name_.find(host); found != by_name_.end()) drop(found->second);
    while (!oldest_first_.empty() && oldest_first_.size() >= bound_) drop(oldest_first_.begin());
    if (bound_ == 0) return;
    oldest_first_.push_back({host, std::move(answer), until});
    by_name_.emplace(oldest_first_.back().host, std::prev(oldest_first_.end()));
  }

  std::size_t size() const { return oldest_first_.size(); }

 private:
  struct entry {
    std::string host;
    resolution answer;
    steady_time until;
  };
  using position = std::list<entry>::iterator;

  void drop(position old) {
    by_name_.erase(old->host);
    oldest_first_.erase(old);
  }

  std::size_t bound_;
  std::list<entry> oldest_first_;
  std::unordered_map<std::string_view, position> by_name_;  // keys point into the list
};

}  // namespace retail_pulse::fetch
