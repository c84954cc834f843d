#include <cstdio>

#include "app/cli/client_command.hpp"
#include "app/commands.hpp"
#include "app/output.hpp"
#include "client/rest_client.hpp"

namespace retail_pulse::app {
namespace {

/// Shorter than the timeout of a container's health check.
constexpr client::timeouts short_timeouts{std::chrono::milliseconds{1000},
                                          std::chrono::milliseconds{2000},
                                          std::chrono::milliseconds{4000}};

}  // namespace

int health(const words& arguments) {
  std::string url = default_url();
  CLI::App app{
      "Checks whether a service is ready for submissions. Exits with 0 if it is, and with 3 if it "
      "is not or cannot be reached.",
      "retail-pulse health"};
  app.add_option("--url", url, url_help);
  if (const auto code = parse_words(app, arguments)) return *code;

  auto made = client_for(url, app.count("--url") > 0, short_timeouts);
  if (const auto* error = std::get_if<client::client_error>(&made)) {
    say("retail-pulse health: " + error->message + "\n");
    return exit_usage;
  }
  const auto ready = std::get<client::rest_client>(made).ready();
  if (const auto* error = std::get_if<client::client_error>(&ready)) {
    say("retail-pulse health: " + error->message + "\n");
    return exit_unreachable;
  }
  const bool is_ready = std::get<bool>(ready);
  std::puts(is_ready ? "ready" : "not ready");
  return is_ready ? exit_ok : exit_unreachable;
}

}  // namespace retail_pulse::app
