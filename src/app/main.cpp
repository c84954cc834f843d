#include <algorithm>
#include <csignal>
#include <cstdio>
#include <exception>
#include <string_view>

#include "app/cli/completion.hpp"
#include "app/commands.hpp"
#include "app/output.hpp"
#include "app/serve/descriptors.hpp"
#include "app/start_simulator.hpp"

namespace {

using namespace retail_pulse::app;

int completion(const words& arguments);

constexpr subcommand subcommands[] = {
    {"serve", "runs the service", serve, words_of_serve},
    {"demo", "runs the service on bundled images, submits a sample job and prints a report", demo,
     nullptr},
    {"submit", "submits a job; --wait follows it until it has ended", submit, nullptr},
    {"status", "prints the status of a job, and the stores whose images failed", status, nullptr},
    {"watch", "follows a job until it has ended", watch, nullptr},
    {"results", "prints the result of every image of a job: table, CSV or JSON lines", results,
     nullptr},
    {"cancel", "cancels a job", cancel, nullptr},
    {"redrive", "tries the failed images of a job again", redrive, nullptr},
    {"health", "checks whether a service is ready (exit code 0 or 3)", health, nullptr},
    {"simulate", "runs the actors in simulated worlds with seeded schedules and faults", simulate,
     words_of_simulate},
    {"completion", "prints a completion script for bash, zsh or fish", completion, nullptr},
};

int completion(const words& arguments) { return print_completion(arguments, subcommands); }

void print_usage(std::FILE* to) {
  std::fputs("Usage: retail-pulse SUBCOMMAND [flags]\n       retail-pulse --help | --version\n\n",
             to);
  for (const auto& known : subcommands)
    std::fprintf(to, "  %-12s%s\n", known.name.data(), known.help.data());
  std::fputs("\nRun `retail-pulse SUBCOMMAND --help` for the flags of a subcommand.\n", to);
}

int run(const words& arguments) {
  if (arguments.empty()) return print_usage(stderr), exit_usage;
  const std::string& name = arguments.front();
  if (name == "--help" || name == "-h") return print_usage(stdout), exit_ok;
  if (name == "--version") return std::puts("retail-pulse " RETAIL_PULSE_VERSION), exit_ok;

  const auto known = std::ranges::find(subcommands, name, &subcommand::name);
  if (known == std::end(subcommands)) {
    say("retail-pulse: there is no subcommand '" + name + "'\n\n");
    return print_usage(stderr), exit_usage;
  }
  return known->run({arguments.begin() + 1, arguments.end()});
}

}  // namespace

int main(int argc, char** argv) {
  if (!hold_standard_descriptors())
    return std::fputs("retail-pulse: /dev/null cannot be opened\n", stderr), exit_failed;
  std::signal(
      SIGPIPE,
      SIG_IGN);  // writing to a closed pipe is an error of that write and must not end the service
  std::signal(SIGXFSZ, SIG_IGN);  // the same for a file that may not grow further
  try {
    return run({argv + std::min(argc, 1), argv + argc});
  } catch (const std::exception& error) {
    say(std::string{"retail-pulse: "} + error.what() + "\n");
    return exit_failed;
  }
}
