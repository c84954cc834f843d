#include <cstdio>
#include <cstdlib>

#include "app/command_line.hpp"
#include "app/commands.hpp"
#include "client/rest_client.hpp"

namespace retail_pulse::app {
namespace {

/// Below the patience of whoever asks for a container's health.
constexpr client::timeouts short_timeouts{std::chrono::milliseconds{1000}, std::chrono::milliseconds{2000}};

/// The service of the same environment: what `serve` would listen on, on this machine.
std::string default_url() {
  for (const char* variable : {"RETAIL_PULSE_URL", "RETAIL_PULSE_PORT", "PORT"}) {
    const char* value = std::getenv(variable);
    if (value == nullptr) continue;
    if (variable == std::string_view{"RETAIL_PULSE_URL"}) return value;
    // Kubernetes sets RETAIL_PULSE_PORT to tcp://... beside a Service of our name; `serve` ignores that too.
    if (std::string_view{value}.find("://") == std::string_view::npos) return "http://127.0.0.1:" + std::string{value};
  }
  return "http://127.0.0.1:8080";
}

}  // namespace

int health(const words& arguments) {
  std::string url = default_url();
  CLI::App app{"Exits with 0 when a service is ready for submissions, with 3 when it is not, or cannot be reached.", "retail-pulse health"};
  app.add_option("--url", url, "the service (default: RETAIL_PULSE_URL, or 127.0.0.1 and RETAIL_PULSE_PORT, PORT or 8080)");
  if (const auto code = parse_words(app, arguments)) return *code;

  auto made = client::rest_client::for_url(url, short_timeouts);
  if (const auto* error = std::get_if<client::client_error>(&made)) {
    std::fprintf(stderr, "retail-pulse health: %s\n", error->message.c_str());
    return exit_usage;
  }
  const auto ready = std::get<client::rest_client>(made).ready();
  if (const auto* error = std::get_if<client::client_error>(&ready)) {
    std::fprintf(stderr, "retail-pulse health: %s\n", error->message.c_str());
    return exit_unreachable;
  }
  const bool is_ready = std::get<bool>(ready);
  std::puts(is_ready ? "ready" : "not ready");
  return is_ready ? exit_ok : exit_unreachable;
}

}  // namespace retail_pulse::app
