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
  return std::ranges::any_of(arguments, [](const std::string& word) { return word == "--help" || word == "-h"; });
}

int explain(const config::problems& problems) {
  std::fputs("retail-pulse serve: the configuration cannot be used\n", stderr);
  for (const auto& message : problems.messages) say("  " + message + "\n");
  std::fputs("`retail-pulse serve --help` tells every flag.\n", stderr);
  return exit_usage;
}

/// Large bodies and pages go back to the system with their last byte. Else the C library learns from the first of them to keep such
/// pieces, and they stay among small ones (mallopt(3), M_MMAP_THRESHOLD).
void give_large_pieces_back() {
  constexpr int from_bytes = 256 << 10;
  mallopt(M_MMAP_THRESHOLD, from_bytes);  // where it cannot be set, memory is only kept for longer
}

/// Opens the log anew as often as asked to. Who serves on a terminal and logs to it is asked to end when the terminal goes.
void serve_until_asked_to_end(const observe::log_options& log) {
  const bool on_a_terminal = log.file.empty() && isatty(STDIN_FILENO) == 1;
  while (wait_for_signal() == asked::open_log && !on_a_terminal) {
    std::string problem;
    if (!observe::open_log_anew(problem)) {
      observe::log(observe::level::error, "the log goes on in the old file", {{"reason", problem}});
    }
  }
}

}  // namespace

int serve(const words& arguments) {
  if (asks_for_help(arguments)) return std::fputs(config::help_text().c_str(), stdout), exit_ok;

  const auto loaded = config::load({arguments, config::process_environment(), config::read_whole_file});
  if (const auto* problems = std::get_if<config::problems>(&loaded)) return explain(*problems);
  const auto& settings = std::get<config::settings>(loaded);

  std::string problem;
  if (!observe::set_log(settings.log, problem)) return explain({{"log-file: " + problem}});

  give_large_pieces_back();
  take_signals();
  auto started = service::start(settings);
  if (const auto* refused = std::get_if<service::refused>(&started)) {
    observe::log(observe::level::error, "the service cannot start", {{"reason", refused->message}});
    const bool seen = settings.log.file.empty() && observe::logs(observe::level::error);
    if (!seen) say("retail-pulse serve: " + refused->message + "\n");
    if (refused->still_runs) std::_Exit(refused->exit_code);  // what is tidied up at an exit, they may be using
    return refused->exit_code;
  }
  const auto running = std::get<std::unique_ptr<service>>(std::move(started));
  std::printf("listening on %s\n", url_of(settings.bind, running->port()).c_str());
  std::fflush(stdout);

  serve_until_asked_to_end(settings.log);
  let_the_next_signal_end_the_process();
  return running->stop() ? exit_ok : exit_failed;
}

}  // namespace retail_pulse::app
