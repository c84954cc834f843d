#pragma once

#include <string>
#include <vector>

// app: the subcommands of the program.
//   main.cpp  the table of subcommands
//   serve/    the service: the composition root
//   cli/      clients of a running service
//   demo/     the service on bundled images
// What they share is here: parsing of arguments, exit codes, output for people.
// May use: everything.
// Never: has a rule of the service; those are below this folder.

/// Each subcommand takes the arguments behind its name and returns the exit code of the process:
/// 0 success, 1 the job failed, or the service failed or refused the request, 2 wrong usage or
/// configuration, 3 the service cannot be reached, is full or is shutting down, 128 + the number of
/// the signal that ended it.
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
