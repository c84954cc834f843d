#include "fetch/net/connection_pool.hpp"

#include <vector>

namespace retail_pulse::fetch {

std::unique_ptr<connection> connection_pool::remove(position old) {
  const auto found = by_key_.find(old->key);
  std::erase(found->second, old);
  if (found->second.empty()) by_key_.erase(found);
  auto idle = std::move(old->idle);
  oldest_first_.erase(old);
  return idle;
}

std::vector<std::unique_ptr<connection>> connection_pool::remove_expired() {
  std::vector<std::unique_ptr<connection>> expired;
  const auto oldest = std::chrono::steady_clock::now() - longest_idle_;
  while (!oldest_first_.empty() && oldest_first_.front().since <= oldest)
    expired.push_back(remove(oldest_first_.begin()));
  return expired;
}

std::unique_ptr<connection> connection_pool::take(const std::string& key) {
  close_expired();
  for (;;) {
    std::unique_ptr<connection> candidate;
    {
      std::lock_guard lock{mutex_};
      const auto found = by_key_.find(key);
      if (found == by_key_.end()) return nullptr;
      candidate = remove(found->second.back());
    }
    if (candidate->is_idle_and_open()) return candidate;
  }
}

void connection_pool::keep(const std::string& key, std::unique_ptr<connection> idle) {
  if (bound_ == 0) return;
  std::vector<std::unique_ptr<connection>> closed;  // before the lock: they close after it
  std::lock_guard lock{mutex_};
  closed = remove_expired();
  while (oldest_first_.size() >= bound_) closed.push_back(remove(oldest_first_.begin()));
  oldest_first_.push_back({key, std::move(idle), std::chrono::steady_clock::now()});
  by_key_[key].push_back(std::prev(oldest_first_.end()));
}

void connection_pool::close_expired() {
  std::vector<std::unique_ptr<connection>> closed;
  std::lock_guard lock{mutex_};
  closed = remove_expired();
}

void connection_pool::close_all() {
  std::list<entry> closed;
  std::lock_guard lock{mutex_};
  closed.swap(oldest_first_);
  by_key_.clear();
}

std::size_t connection_pool::size() const {
  std::lock_guard lock{mutex_};
  return oldest_first_.size();
}

}  // namespace retail_pulse::fetch
