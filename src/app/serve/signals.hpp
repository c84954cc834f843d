#pragma once

#include <signal.h>

#include <chrono>
#include <string>

/// Signals as something the main thread waits for. Which signal does what, and why, stands in docs/decisions/settings.md.
namespace retail_pulse::app {

/// Keeps SIGHUP and the signals that ask for an end (SIGTERM, SIGINT, SIGQUIT, SIGPWR, SIGXCPU) from every thread started later, for the
/// functions below, and ignores the others that would end the process. Before the first thread starts.
void take_signals();

enum class asked { end, open_log };

/// Blocks until a signal asks for something. SIGHUP asks to open the log anew.
asked wait_for_signal();

/// Blocks until a signal asks for an end; SIGHUP does, too, unless the process was started with it ignored (nohup).
void wait_for_end_signal();

/// Whether one of those came within that time.
bool end_signal_within(std::chrono::milliseconds time);

/// From now on the next one that asks for an end ends the process at once with exit code 128 + its number: who asks twice does not want to
/// wait for a drain.
void let_the_next_signal_end_the_process();

/// From now on the next one, or SIGHUP, says the sentence on stderr, takes the file away (if a name is given), and ends the process at once
/// with exit code 128 + its number: for subcommands that only wait. SIGHUP, SIGINT and SIGQUIT stay ignored where they were, as nohup and a
/// shell's background have it. Called by the only thread.
void end_on_signal(const std::string& sentence, const std::string& unfinished_file = {});

/// After end_on_signal: from now on nothing is said or taken away, because it is done.
void end_without_a_word();

/// Keeps the signals of end_on_signal from the calling thread; what came meanwhile comes at the end of this.
class held_signals {
 public:
  held_signals();
  ~held_signals();
  held_signals(const held_signals&) = delete;
  held_signals& operator=(const held_signals&) = delete;

 private:
  sigset_t before_{};
};

}  // namespace retail_pulse::app
