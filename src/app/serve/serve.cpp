#include <malloc.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>

#include "app/command_line.hpp"
#include "app/commands.hpp"
#include "app/output.hpp"
#include "app/serve/service.hpp"
#include "app/serve/signals.hpp"
#include "config/flags.hpp"
#include "config/load.hpp"
#include "observe/log.hpp"

namespace retail_pulse::app {
namespace {

bool asks_for_help(const words& arguments) {
  return std::ranges::any_of(
      arguments, [](const std::string& word) { return word == "--help" || word == "-h"; });
}

int explain(const config::problems& problems) {
  std::fputs("retail-pulse serve: the configuration is invalid\n", stderr);
  for (const auto& message : problems.messages) say("  " + message + "\n");
  std::fputs("Run `retail-pulse serve --help` for all flags.\n", stderr);
  return exit_usage;
}

/// Returns the memory of large bodies and pages to the system when they are freed. By default the C
/// library raises its threshold with the first of them, and keeps such blocks among small ones
/// (mallopt(3), M_MMAP_THRESHOLD).
void return_large_blocks_to_the_system() {
  constexpr int threshold_bytes = 256 << 10;
  mallopt(M_MMAP_THRESHOLD, threshold_bytes);  // if it fails, memory is only kept for longer
}

/// Reopens the log on SIGHUP. If the log goes to a terminal, SIGHUP means that the terminal has
/// gone, and ends the service.
void serve_until_exit_signal(const observe::log_options& log) {
  const bool on_a_terminal = log.file.empty() && isatty(STDIN_FILENO) == 1;
  while (wait_for_signal() == signal_request::reopen_log && !on_a_terminal) {
    std::string problem;
    if (!observe::reopen_log(problem)) {
      observe::log(observe::level::error, "the log continues in the old file",
                   {{"reason", problem}});
    }
  }
}

}  // namespace

int serve(const words& arguments) {
  if (asks_for_help(arguments)) return std::fputs(config::help_text().c_str(), stdout), exit_ok;

  const auto loaded =
      config::load({arguments, config::process_environment(), config::read_whole_file});
  if (const auto* problems = std::get_if<config::problems>(&loaded)) return explain(*problems);
  const auto& settings = std::get<config::settings>(loaded);

  std::string problem;
  if (!observe::set_log(settings.log, problem)) return explain({{"log-file: " + problem}});

  return_large_blocks_to_the_system();
  block_signals();
  auto started = service::start(settings);
  if (const auto* refused = std::get_if<service::refused>(&started)) {
    observe::log(observe::level::error, "the service cannot start", {{"reason", refused->message}});
    const bool logged_to_stderr = settings.log.file.empty() && observe::logs(observe::level::error);
    if (!logged_to_stderr) say("retail-pulse serve: " + refused->message + "\n");
    if (refused->still_runs)
      std::_Exit(refused->exit_code);  // destructors at exit would free what its threads use
    return refused->exit_code;
  }
  const auto running = std::get<std::unique_ptr<service>>(std::move(started));
  std::printf("listening on %s\n", url_of(settings.bind, running->port()).c_str());
  std::fflush(stdout);

  serve_until_exit_signal(settings.log);
  exit_on_next_signal();
  return running->stop() ? exit_ok : exit_failed;
}

}  // namespace retail_pulse::app
