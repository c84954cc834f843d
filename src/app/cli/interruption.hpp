#pragma once

#include <signal.h>

#include <string>

/// How a client subcommand ends on Ctrl-C: at once, with a sentence that says what goes on without
/// it.
namespace retail_pulse::app {

/// From now on, a signal that asks for an exit, or SIGHUP, prints the sentence on stderr, removes
/// the file (if a name is given), and ends the process at once with exit code 128 + its number.
/// SIGHUP, SIGINT and SIGQUIT stay ignored where they were, as `nohup` and a shell's background
/// jobs have it. Call it while the process has one thread.
void exit_on_signal(const std::string& sentence, const std::string& unfinished_file = {});

/// After exit_on_signal: from now on a signal prints and removes nothing, because the work is done.
void exit_silently_on_signal();

/// Blocks the signals of exit_on_signal in the calling thread; one that came meanwhile is delivered
/// when this is destroyed.
class blocked_signals {
 public:
  blocked_signals();
  ~blocked_signals();
  blocked_signals(const blocked_signals&) = delete;
  blocked_signals& operator=(const blocked_signals&) = delete;

 private:
  sigset_t before_{};
};

}  // namespace retail_pulse::app
