#pragma once

#include <chrono>

/// Signals as something that the main thread waits for. docs/internals/decisions/settings.md says
/// which signal does what, and why.
namespace retail_pulse::app {

/// Blocks SIGHUP and the signals that ask for an exit (SIGTERM, SIGINT, SIGQUIT, SIGPWR, SIGXCPU)
/// in every thread that starts later, so that the functions below receive them, and ignores the
/// others that would end the process. Call it before the first thread starts.
void block_signals();

enum class signal_request { exit, reopen_log };

/// Blocks until a signal asks for something. SIGHUP asks to reopen the log.
signal_request wait_for_signal();

/// Blocks until a signal asks for an exit. SIGHUP does, too, unless the process was started with it
/// ignored (nohup).
void wait_for_exit_signal();

/// Whether one of these signals came within that time.
bool exit_signal_within(std::chrono::milliseconds time);

/// From now on, the next signal that asks for an exit ends the process at once, with exit code 128
/// + its number: a user who asks twice does not want to wait for the drain.
void exit_on_next_signal();

}  // namespace retail_pulse::app
