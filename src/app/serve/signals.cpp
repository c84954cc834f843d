#include "app/serve/signals.hpp"

#include <pthread.h>
#include <signal.h>
#include <unistd.h>

#include "app/signal_sets.hpp"

namespace retail_pulse::app {
namespace {

constexpr int ignored_signals[] = {SIGUSR1, SIGUSR2, SIGALRM, SIGVTALRM, SIGPROF, SIGIO, SIGSTKFLT};

/// For a subcommand that exits with its terminal, unless it was started with `nohup`.
sigset_t exit_signals_of_a_terminal() {
  sigset_t set = exit_signal_set();
  if (!is_ignored(SIGHUP)) sigaddset(&set, SIGHUP);
  return set;
}

int wait_for(const sigset_t& set) {
  int number = 0;
  sigwait(&set, &number);
  return number;
}

}  // namespace

void block_signals() {
  for (const int number : ignored_signals) set_handler(number, SIG_IGN);
  for (int number = SIGRTMIN; number <= SIGRTMAX; ++number) set_handler(number, SIG_IGN);
  const sigset_t set = exit_and_hangup_set();
  pthread_sigmask(SIG_BLOCK, &set, nullptr);
}

signal_request wait_for_signal() {
  return wait_for(exit_and_hangup_set()) == SIGHUP ? signal_request::reopen_log
                                                   : signal_request::exit;
}

void wait_for_exit_signal() { wait_for(exit_signals_of_a_terminal()); }

bool exit_signal_within(std::chrono::milliseconds time) {
  const sigset_t set = exit_signals_of_a_terminal();
  const timespec limit{.tv_sec = time.count() / 1000, .tv_nsec = (time.count() % 1000) * 1'000'000};
  return sigtimedwait(&set, nullptr, &limit) > 0;
}

void exit_on_next_signal() {
  // A handler of our own: the default action does nothing in process 1 of a container.
  for (const int number : exit_signals)
    set_handler(number, [](int received) { _exit(128 + received); });
  set_handler(SIGXCPU,
              SIG_IGN);  // the kernel repeats it every second, which is not a user who asks twice
  const sigset_t set = exit_signal_set();
  pthread_sigmask(SIG_UNBLOCK, &set, nullptr);
}

}  // namespace retail_pulse::app
