#pragma once

#include <signal.h>

/// Signals as both kinds of subcommands need them: those that run the service (serve/signals.hpp)
/// and those that are its clients (cli/interruption.hpp).
namespace retail_pulse::app {

/// The signals that ask a process to exit.
inline constexpr int exit_signals[] = {SIGTERM, SIGINT, SIGQUIT, SIGPWR, SIGXCPU};

sigset_t exit_signal_set();

/// The same, and SIGHUP.
sigset_t exit_and_hangup_set();

/// Whether the process was started with this signal ignored, as `nohup` does.
bool is_ignored(int number);

void set_handler(int number, void (*handler)(int));

}  // namespace retail_pulse::app
