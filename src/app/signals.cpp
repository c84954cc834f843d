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

/// What a signal leaves behind. Whole before the handler stands, because a handler may do no more than read it.
struct last_words {
  std::string sentence;
  std::string unfinished_file;
};
last_words& at_the_end() {
  static last_words words;
  return words;
}

extern "C" void say_and_end(int number) {
  const auto& words = at_the_end();
  [[maybe_unused]] const auto written = write(STDERR_FILENO, words.sentence.data(), words.sentence.size());
  if (!words.unfinished_file.empty()) unlink(words.unfinished_file.c_str());
  _exit(128 + number);  // as a shell has it
}

void handle_end_signals(void (*handler)(int)) {
  struct sigaction action {};
  action.sa_handler = handler;
  sigaction(SIGTERM, &action, nullptr);
  sigaction(SIGINT, &action, nullptr);
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
  // A handler of our own: the default does nothing to process 1 of a container.
  handle_end_signals([](int number) { _exit(128 + number); });
  const sigset_t set = end_signals();
  pthread_sigmask(SIG_UNBLOCK, &set, nullptr);
}

void end_on_signal(const std::string& sentence, const std::string& unfinished_file) {
  const sigset_t set = end_signals();
  pthread_sigmask(SIG_BLOCK, &set, nullptr);
  at_the_end() = {(isatty(STDERR_FILENO) == 1 ? "\n" : "") + sentence + "\n", unfinished_file};
  handle_end_signals(say_and_end);
  pthread_sigmask(SIG_UNBLOCK, &set, nullptr);
}

}  // namespace retail_pulse::app
