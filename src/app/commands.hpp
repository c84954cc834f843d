#pragma once

#include <string>
#include <vector>

/// The subcommands. Each takes the words behind its name and answers the exit code of the process:
/// 0 ok, 1 the job failed, or the service broke or refused, 2 wrong usage or configuration, 3 the service cannot be reached,
/// or is full or shutting down, 128 + the number of the signal that ended it.
namespace retail_pulse::app {

using words = std::vector<std::string>;

inline constexpr int exit_ok = 0;
inline constexpr int exit_failed = 1;
inline constexpr int exit_usage = 2;
inline constexpr int exit_unreachable = 3;

int serve(const words& arguments);
int demo(const words& arguments);
int health(const words& arguments);
int simulate(const words& arguments);
int submit(const words& arguments);
int status(const words& arguments);
int watch(const words& arguments);
int results(const words& arguments);
int cancel(const words& arguments);
int redrive(const words& arguments);

}  // namespace retail_pulse::app
