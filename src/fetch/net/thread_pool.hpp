#pragma once

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <list>
#include <mutex>
#include <thread>
#include <vector>

namespace retail_pulse::fetch {

/// Threads for blocking work: started when work comes and none is idle, ended after `idle` without work. Thread safe.
class thread_pool {
 public:
  using work = std::function<void()>;

  /// `at_rest` runs on a thread that found nothing to do for `idle`, before it ends.
  thread_pool(std::size_t most, std::chrono::milliseconds idle, work at_rest);
  ~thread_pool();  ///< as `stop`
  thread_pool(const thread_pool&) = delete;
  thread_pool& operator=(const thread_pool&) = delete;

  /// Runs `next` on a thread. False, and `next` is not run, after `stop` and when the system gives us no thread at all.
  bool run(work next);
  /// Takes back the work nobody has begun, refuses more, and returns it when all threads have ended. Not from a thread of the pool.
  std::deque<work> stop();
  std::size_t threads() const;

 private:
  using threads_list = std::list<std::thread>;

  bool start_thread();  ///< needs the lock
  void serve(threads_list::iterator self);

  const std::size_t most_;
  const std::chrono::milliseconds idle_time_;
  const work at_rest_;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<work> queue_;
  std::size_t idle_ = 0;     ///< asleep until work comes
  std::size_t looking_ = 0;  ///< awake, and about to take work that is there
  bool stopped_ = false;
  threads_list running_;
  threads_list ended_;  ///< to be joined
};

}  // namespace retail_pulse::fetch
