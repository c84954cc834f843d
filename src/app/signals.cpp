#include "app/signals.hpp"

#include <pthread.h>
#include <signal.h>
#include <unistd.h>

namespace retail_pulse::app {
namespace {

sigset_t end_signals() {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGTERM);
  sigaddset(&set, SIGINT);
  return set;
}

}  // namespace

void block_end_signals() {
  const sigset_t set = end_signals();
  pthread_sigmask(SIG_BLOCK, &set, nullptr);
}

void wait_for_end_signal() {
  const sigset_t set = end_signals();
  int number = 0;
  sigwait(&set, &number);
}

bool end_signal_within(std::chrono::milliseconds time) {
  const sigset_t set = end_signals();
  const timespec limit{.tv_sec = time.count() / 1000, .tv_nsec = (time.count() % 1000) * 1'000'000};
  return sigtimedwait(&set, nullptr, &limit) > 0;
}

void let_the_next_signal_end_the_process() {
  struct sigaction action {};
  action.sa_handler = [](int number) {
    _exit(128 + number);
  };  // a handler of our own: the default does nothing to process 1 of a container
  sigaction(SIGTERM, &action, nullptr);
  sigaction(SIGINT, &action, nullptr);
  const sigset_t set = end_signals();
  pthread_sigmask(SIG_UNBLOCK, &set, nullptr);
}

}  // namespace retail_pulse::app
