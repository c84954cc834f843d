#include "app/signal_sets.hpp"

namespace retail_pulse::app {

sigset_t exit_signal_set() {
  sigset_t set;
  sigemptyset(&set);
  for (const int number : exit_signals) sigaddset(&set, number);
  return set;
}

sigset_t exit_and_hangup_set() {
  sigset_t set = exit_signal_set();
  sigaddset(&set, SIGHUP);
  return set;
}

bool is_ignored(int number) {
  struct sigaction now {};
  return sigaction(number, nullptr, &now) == 0 && (now.sa_flags & SA_SIGINFO) == 0 &&
         now.sa_handler == SIG_IGN;
}

void set_handler(int number, void (*handler)(int)) {
  struct sigaction action {};
  action.sa_handler = handler;
  sigaction(number, &action, nullptr);
}

}  // namespace retail_pulse::app
