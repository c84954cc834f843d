#include <algorithm>

#include "config/flags.hpp"
#include "config/given.hpp"
#include "config/parsers.hpp"

namespace retail_pulse::config {
namespace {

/// Of the client's subcommands, which may run in the same environment.
constexpr std::string_view client_variables[] = {"RETAIL_PULSE_URL"};

/// What Kubernetes puts into every container beside a Service named `retail-pulse`: RETAIL_PULSE_SERVICE_HOST, RETAIL_PULSE_PORT=tcp://...,
/// RETAIL_PULSE_PORT_8080_TCP and their like.
bool is_service_link(std::string_view variable, std::string_view text) {
  if (!variable.starts_with(variable_prefix)) return false;
  const auto rest = variable.substr(std::string_view{variable_prefix}.size());
  return rest.starts_with("SERVICE_") || rest.starts_with("PORT_") || (rest == "PORT" && text.find("://") != std::string_view::npos);
}

}  // namespace

given_values from_environment(std::span<const std::pair<std::string, std::string>> variables, std::vector<std::string>& problems) {
  given_values result;
  const auto take = [&result](const flag& row, const std::string& variable, const std::string& text) {
    result[std::string{row.name}] = {row.list ? split_list(text) : std::vector{text}, variable};
  };
  for (const auto& [variable, text] : variables) {
    if (is_service_link(variable, text)) continue;
    if (variable == config_variable) {
      result[std::string{config_flag}] = {{text}, variable};
      continue;
    }
    const auto own = std::ranges::find(flags(), variable, [](const flag& row) { return variable_of(row.name); });
    const auto other =
        std::ranges::find_if(flags(), [&](const flag& row) { return !row.other_variable.empty() && row.other_variable == variable; });
    if (own != flags().end()) {
      take(*own, variable, text);
    } else if (other != flags().end()) {
      if (!result.contains(other->name)) take(*other, variable, text);  // replaced when the variable of our own comes later
    } else if (variable.starts_with(variable_prefix) && std::ranges::find(client_variables, variable) == std::end(client_variables)) {
      problems.push_back(variable + ": unknown variable");
    }
  }
  return result;
}

}  // namespace retail_pulse::config
