#pragma once

#include <chrono>
#include <string>

/// SIGTERM and SIGINT as something the main thread waits for.
namespace retail_pulse::app {

/// Keeps both from every thread started later. Before the first thread starts.
void block_end_signals();

/// Blocks until one of them comes.
void wait_for_end_signal();

/// Whether one of them came within that time.
bool end_signal_within(std::chrono::milliseconds time);

/// From now on the next one ends the process at once with exit code 128 + its number: who asks twice does not want to wait for a drain.
void let_the_next_signal_end_the_process();

/// From now on the next one says the sentence on stderr, takes the file away (if a name is given), and ends the process at once with exit
/// code 128 + its number: for subcommands that only wait. Called by the only thread.
void end_on_signal(const std::string& sentence, const std::string& unfinished_file = {});

}  // namespace retail_pulse::app
