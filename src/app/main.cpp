#include <algorithm>
#include <csignal>
#include <cstdio>
#include <exception>
#include <string_view>

#include "app/commands.hpp"
#include "app/completion.hpp"
#include "app/descriptors.hpp"
#include "app/output.hpp"
#include "app/start_simulator.hpp"

namespace {

using namespace retail_pulse::app;

int completion(const words& arguments);

constexpr subcommand subcommands[] = {
    {"serve", "the service", serve, words_of_serve},
    {"demo", "the service on bundled images: submits a sample job and prints the report", demo, nullptr},
    {"submit", "submits a job to a running service, and with --wait follows it to its end", submit, nullptr},
    {"status", "how a job stands, and which stores failed", status, nullptr},
    {"watch", "follows a job to its end", watch, nullptr},
    {"results", "what came of every image of a job: table, CSV or JSON lines", results, nullptr},
    {"cancel", "cancels a job", cancel, nullptr},
    {"redrive", "tries the failed images of a job once more", redrive, nullptr},
    {"health", "whether a service is ready (exit code 0 or 3)", health, nullptr},
    {"simulate", "the actors in a simulated world of seeded schedules and faults", simulate, words_of_simulate},
    {"completion", "a script that makes bash, zsh or fish complete all this", completion, nullptr},
};

int completion(const words& arguments) { return print_completion(arguments, subcommands); }

void print_usage(std::FILE* to) {
  std::fputs("Usage: retail-pulse SUBCOMMAND [flags]\n       retail-pulse --help | --version\n\n", to);
  for (const auto& known : subcommands) std::fprintf(to, "  %-12s%s\n", known.name.data(), known.help.data());
  std::fputs("\n`retail-pulse SUBCOMMAND --help` tells the flags of a subcommand.\n", to);
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
  if (!hold_standard_descriptors()) return std::fputs("retail-pulse: /dev/null cannot be opened\n", stderr), exit_failed;
  std::signal(SIGPIPE, SIG_IGN);  // a reader that went away is an error of the write, not the end of the service
  std::signal(SIGXFSZ, SIG_IGN);  // and so is a file that may not be larger
  try {
    return run({argv + std::min(argc, 1), argv + argc});
  } catch (const std::exception& error) {
    say(std::string{"retail-pulse: "} + error.what() + "\n");
    return exit_failed;
  }
}
