#include "fetch/net/thread_pool.hpp"

#include <sys/resource.h>

#include <system_error>
#include <utility>

#include "fetch/net/quiet_thread.hpp"

namespace retail_pulse::fetch {
namespace {

/// Nice value: under load, the API and the database threads take precedence over more fetches.
constexpr int fetch_thread_niceness = 19;

}  // namespace

thread_pool::thread_pool(std::size_t most, std::chrono::milliseconds idle, work at_rest)
    : most_(most), idle_time_(idle), at_rest_(std::move(at_rest)) {}

thread_pool::~thread_pool() { stop(); }

bool thread_pool::start_thread() {
  running_.emplace_back();
  const auto self = std::prev(running_.end());
  try {
    *self = quiet_thread("fetch", [this, self] { serve(self); });
    return true;
  } catch (const std::system_error&) {  // no more threads for this process; those that run will do
                                        // the work
    running_.erase(self);
    return false;
  }
}

bool thread_pool::run(work next) {
  threads_list ended;
  bool wakes = false;
  {
    std::lock_guard lock{mutex_};
    if (stopped_) return false;
    ended.swap(ended_);
    if (idle_ + looking_ <= queue_.size() && running_.size() < most_ && !start_thread() &&
        running_.empty()) {
      ended_.swap(ended);
      return false;
    }
    queue_.push_back(std::move(next));
    wakes = queue_.size() > looking_;
  }
  if (wakes) changed_.notify_one();
  for (auto& thread : ended) thread.join();  // at its last instruction already
  return true;
}

void thread_pool::serve(threads_list::iterator self) {
  setpriority(
      PRIO_PROCESS, 0,
      fetch_thread_niceness);  // of this thread alone (Linux); without the permission all are equal
  std::unique_lock lock{mutex_};
  for (;;) {
    if (queue_.empty()) {  // the end of a fetch soon brings the next one: if it is submitted now,
                           // no wake-up is needed
      ++looking_;
      lock.unlock();
      std::this_thread::yield();
      lock.lock();
      --looking_;
    }
    ++idle_;
    const bool woken =
        changed_.wait_for(lock, idle_time_, [&] { return stopped_ || !queue_.empty(); });
    --idle_;
    if (stopped_) return;
    if (!woken) break;
    auto next = std::move(queue_.front());
    queue_.pop_front();
    lock.unlock();
    next();
    next = nullptr;  // what it holds is released outside the lock
    lock.lock();
  }
  ended_.splice(ended_.end(), running_, self);
  lock.unlock();
  at_rest_();
}

std::deque<thread_pool::work> thread_pool::stop() {
  std::deque<work> left;
  {
    std::lock_guard lock{mutex_};
    stopped_ = true;
    left.swap(queue_);
  }
  changed_.notify_all();
  // From here on no thread is added, and none moves itself between the lists.
  for (auto* list : {&running_, &ended_}) {
    for (auto& thread : *list) {
      if (thread.joinable()) thread.join();
    }
  }
  return left;
}

}  // namespace retail_pulse::fetch
