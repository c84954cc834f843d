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

/// Threads for blocking work: one is started if work comes and none is idle, and ends after `idle`
/// without work. Thread safe.
class thread_pool {
 public:
  using work = std::function<void()>;

  /// `at_rest` runs on each thread that was idle for `idle`, before it ends.
  thread_pool(std::size_t most, std::chrono::milliseconds idle, work at_rest);
  ~thread_pool();  ///< as `stop`
  thread_pool(const thread_pool&) = delete;
  thread_pool& operator=(const thread_pool&) = delete;

  /// Runs `next` on a thread. False, and `next` is not run, after `stop` and if the system has no
  /// thread at all.
  bool run(work next);
  /// Accepts no more work, waits for all threads to end, and returns the work that was not begun.
  /// Not to be called from a thread of the pool.
  std::deque<work> stop();

 private:
  using threads_list = std::list<std::thread>;

  bool start_thread();  ///< needs the lock
  void serve(threads_list::iterator self);

  const std::size_t most_;
  const std::chrono::milliseconds idle_time_;
  const work at_rest_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<work> queue_;
  std::size_t idle_ = 0;     ///< threads that wait for work
  std::size_t looking_ = 0;  ///< threads that yield once before they wait
  bool stopped_ = false;
  threads_list running_;
  threads_list ended_;  ///< to be joined
};

}  // namespace retail_pulse::fetch
