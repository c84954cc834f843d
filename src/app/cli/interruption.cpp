#include "app/cli/interruption.hpp"

#include <pthread.h>
#include <unistd.h>

#include "app/signal_sets.hpp"
#include "core/terminal_text.hpp"

namespace retail_pulse::app {
namespace {

/// Complete before the handler is installed, because a handler may only read it.
struct last_words {
  std::string sentence;
  std::string unfinished_file;
};
last_words& words_at_exit() {
  static last_words* const forever =
      new last_words;  // alive for a signal that comes while the process exits
  return *forever;
}

extern "C" void say_and_exit(int number) {
  const auto& words = words_at_exit();
  [[maybe_unused]] const auto written =
      write(STDERR_FILENO, words.sentence.data(), words.sentence.size());
  if (!words.unfinished_file.empty()) unlink(words.unfinished_file.c_str());
  _exit(128 + number);  // as shells have it
}

}  // namespace

void exit_on_signal(const std::string& sentence, const std::string& unfinished_file) {
  const sigset_t set = exit_and_hangup_set();
  pthread_sigmask(SIG_BLOCK, &set, nullptr);
  const bool to_terminal = isatty(STDERR_FILENO) == 1;
  words_at_exit() = {to_terminal ? "\n" + for_terminal(sentence) + "\n" : sentence + "\n",
                     unfinished_file};
  for (const int number : {SIGTERM, SIGPWR, SIGXCPU}) set_handler(number, say_and_exit);
  for (const int number : {SIGHUP, SIGINT, SIGQUIT}) {
    if (!is_ignored(number)) set_handler(number, say_and_exit);
  }
  pthread_sigmask(SIG_UNBLOCK, &set, nullptr);
}

void exit_silently_on_signal() {
  const blocked_signals while_words_change;
  words_at_exit() = {};
}

blocked_signals::blocked_signals() {
  const sigset_t set = exit_and_hangup_set();
  pthread_sigmask(SIG_BLOCK, &set, &before_);
}

blocked_signals::~blocked_signals() { pthread_sigmask(SIG_SETMASK, &before_, nullptr); }

}  // namespace retail_pulse::app
