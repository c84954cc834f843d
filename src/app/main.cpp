#include <algorithm>
#include <csignal>
#include <cstdio>
#include <exception>
#include <string_view>

#include "app/commands.hpp"

namespace {

using namespace retail_pulse::app;

struct subcommand {
  std::string_view name;
  std::string_view help;
  int (*run)(const words& arguments);  ///< nullptr: not there yet
};

constexpr subcommand subcommands[] = {
    {"serve", "the service", serve},
    {"demo", "the service on bundled images: submits a sample job and prints the report", demo},
    {"health", "whether a service is ready (exit code 0 or 3)", health},
    {"simulate", "the actors in a simulated world of seeded schedules and faults", simulate},
    {"submit", "not there yet", nullptr},
    {"status", "not there yet", nullptr},
    {"results", "not there yet", nullptr},
    {"watch", "not there yet", nullptr},
    {"cancel", "not there yet", nullptr},
    {"redrive", "not there yet", nullptr},
    {"completion", "not there yet", nullptr},
};

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
    std::fprintf(stderr, "retail-pulse: there is no subcommand '%s'\n\n", name.c_str());
    return print_usage(stderr), exit_usage;
  }
  if (known->run == nullptr) {
    std::fprintf(stderr, "retail-pulse: the subcommand '%s' is not there yet\n", name.c_str());
    return exit_usage;
  }
  return known->run({arguments.begin() + 1, arguments.end()});
}

}  // namespace

int main(int argc, char** argv) {
  std::signal(SIGPIPE, SIG_IGN);  // a reader that went away is an error of the write, not the end of the service
  try {
    return run({argv + std::min(argc, 1), argv + argc});
  } catch (const std::exception& error) {
    std::fprintf(stderr, "retail-pulse: %s\n", error.what());
    return exit_failed;
  }
}
