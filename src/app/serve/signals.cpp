#include "app/serve/signals.hpp"

#include <pthread.h>
#include <signal.h>
#include <unistd.h>

#include "core/terminal_text.hpp"

namespace retail_pulse::app {
namespace {

constexpr int asking_for_an_end[] = {SIGTERM, SIGINT, SIGQUIT, SIGPWR, SIGXCPU};
constexpr int ignored[] = {SIGUSR1, SIGUSR2, SIGALRM, SIGVTALRM, SIGPROF, SIGIO, SIGSTKFLT};

sigset_t end_signals() {
  sigset_t set;
  sigemptyset(&set);
  for (const int number : asking_for_an_end) sigaddset(&set, number);
  return set;
}

sigset_t taken_signals() {
  sigset_t set = end_signals();
  sigaddset(&set, SIGHUP);
  return set;
}

bool is_ignored(int number) {
  struct sigaction now {};
  return sigaction(number, nullptr, &now) == 0 && (now.sa_flags & SA_SIGINFO) == 0 && now.sa_handler == SIG_IGN;
}

/// Of a subcommand that ends with its terminal, unless that was asked not to be (nohup).
sigset_t end_signals_of_a_terminal() {
  sigset_t set = end_signals();
  if (!is_ignored(SIGHUP)) sigaddset(&set, SIGHUP);
  return set;
}

int wait_for(const sigset_t& set) {
  int number = 0;
  sigwait(&set, &number);
  return number;
}

/// What a signal leaves behind. Whole before the handler stands, because a handler may do no more than read it.
struct last_words {
  std::string sentence;
  std::string unfinished_file;
};
last_words& at_the_end() {
  static last_words* const forever = new last_words;  // a signal that comes while the process ends finds it alive
  return *forever;
}

extern "C" void say_and_end(int number) {
  const auto& words = at_the_end();
  [[maybe_unused]] const auto written = write(STDERR_FILENO, words.sentence.data(), words.sentence.size());
  if (!words.unfinished_file.empty()) unlink(words.unfinished_file.c_str());
  _exit(128 + number);  // as a shell has it
}

void handle(int number, void (*handler)(int)) {
  struct sigaction action {};
  action.sa_handler = handler;
  sigaction(number, &action, nullptr);
}

}  // namespace

void take_signals() {
  for (const int number : ignored) handle(number, SIG_IGN);
  for (int number = SIGRTMIN; number <= SIGRTMAX; ++number) handle(number, SIG_IGN);
  const sigset_t set = taken_signals();
  pthread_sigmask(SIG_BLOCK, &set, nullptr);
}

asked wait_for_signal() { return wait_for(taken_signals()) == SIGHUP ? asked::open_log : asked::end; }

void wait_for_end_signal() { wait_for(end_signals_of_a_terminal()); }

bool end_signal_within(std::chrono::milliseconds time) {
  const sigset_t set = end_signals_of_a_terminal();
  const timespec limit{.tv_sec = time.count() / 1000, .tv_nsec = (time.count() % 1000) * 1'000'000};
  return sigtimedwait(&set, nullptr, &limit) > 0;
}

void let_the_next_signal_end_the_process() {
  // A handler of our own: the default does nothing to process 1 of a container.
  for (const int number : asking_for_an_end) handle(number, [](int came) { _exit(128 + came); });
  handle(SIGXCPU, SIG_IGN);  // the system repeats it every second: it is not somebody who asks twice
  const sigset_t set = end_signals();
  pthread_sigmask(SIG_UNBLOCK, &set, nullptr);
}

void end_on_signal(const std::string& sentence, const std::string& unfinished_file) {
  const sigset_t set = taken_signals();
  pthread_sigmask(SIG_BLOCK, &set, nullptr);
  const bool to_terminal = isatty(STDERR_FILENO) == 1;
  at_the_end() = {to_terminal ? "\n" + for_terminal(sentence) + "\n" : sentence + "\n", unfinished_file};
  for (const int number : {SIGTERM, SIGPWR, SIGXCPU}) handle(number, say_and_end);
  for (const int number : {SIGHUP, SIGINT, SIGQUIT}) {
    if (!is_ignored(number)) handle(number, say_and_end);
  }
  pthread_sigmask(SIG_UNBLOCK, &set, nullptr);
}

void end_without_a_word() {
  const held_signals while_words_change;
  at_the_end() = {};
}

held_signals::held_signals() {
  const sigset_t set = taken_signals();
  pthread_sigmask(SIG_BLOCK, &set, &before_);
}

held_signals::~held_signals() { pthread_sigmask(SIG_SETMASK, &before_, nullptr); }

}  // namespace retail_pulse::app
