#include "app/serve/threads.hpp"

#include <chrono>
#include <cstdlib>
#include <exception>
#include <filesystem>
#include <latch>
#include <system_error>
#include <thread>
#include <vector>

namespace retail_pulse::app {
namespace {

std::size_t threads_of_this_process() {
  std::error_code unknown;
  std::size_t count = 0;
  for (std::filesystem::directory_iterator task{"/proc/self/task", unknown}, end; task != end;
       task.increment(unknown))
    ++count;
  return count;
}

/// The first allocation of a thread reserves an arena of 64 MiB of addresses, which later threads
/// reuse.
void allocate_once() {
  void* volatile little = std::malloc(64);
  std::free(little);
}

/// The kernel may count a joined thread for a moment longer.
void wait_until_gone(std::size_t left) {
  constexpr auto pause = std::chrono::milliseconds{1};
  constexpr int pauses = 100;
  for (int i = 0; i < pauses && threads_of_this_process() > left; ++i)
    std::this_thread::sleep_for(pause);
}

}  // namespace

std::optional<std::string> lack_of_threads(std::size_t wanted) {
  const std::size_t before = threads_of_this_process();
  std::latch over{1};
  std::vector<std::thread> made;
  made.reserve(wanted);
  std::optional<std::string> problem;
  try {
    while (made.size() < wanted) made.emplace_back([&over] { allocate_once(), over.wait(); });
  } catch (const std::exception& e) {  // no thread, or no memory for one
    problem =
        "only " + std::to_string(made.size()) + " of the " + std::to_string(wanted) +
        " threads that the service needs can be started (" + e.what() +
        "); raise the limit of processes (ulimit -u, or the container's pids limit) or of memory";
  }
  over.count_down();
  for (auto& thread : made) thread.join();
  wait_until_gone(before);
  return problem;
}

}  // namespace retail_pulse::app
