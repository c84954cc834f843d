#include <algorithm>
#include <array>
#include <optional>
#include <string_view>

#include "config/flags.hpp"
#include "config/given.hpp"
#include "config/parsers.hpp"

namespace retail_pulse::config {
namespace {

/// Variables of the client subcommands, which may run in the same environment.
constexpr std::string_view client_variables[] = {"RETAIL_PULSE_URL"};

bool is_number(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
}

/// The part of `text` behind `mark`, if the mark is at the beginning or follows a `_`; otherwise
/// nullopt.
std::optional<std::string_view> behind(std::string_view text, std::string_view mark) {
  const auto at = text.rfind(mark);
  if (at == std::string_view::npos || (at > 0 && text[at - 1] != '_')) return std::nullopt;
  return text.substr(at + mark.size());
}

/// "80_TCP", "80_TCP_ADDR" and their like.
bool is_port_of_link(std::string_view text) {
  const auto line = text.find('_');
  if (line == std::string_view::npos || !is_number(text.substr(0, line))) return false;
  const auto rest = text.substr(line + 1);
  return std::ranges::any_of(std::array{"TCP", "UDP", "SCTP"}, [&](std::string_view protocol) {
    if (!rest.starts_with(protocol)) return false;
    const auto what = rest.substr(protocol.size());
    return what.empty() || what == "_PROTO" || what == "_PORT" || what == "_ADDR";
  });
}

/// Whether Kubernetes sets this variable, in every container, for a Service whose name begins with
/// `retail-pulse`: NAME_SERVICE_HOST, NAME_SERVICE_PORT, NAME_SERVICE_PORT_<name of the port>,
/// NAME_PORT=tcp://..., NAME_PORT_80_TCP and NAME_PORT_80_TCP_{PROTO,PORT,ADDR} (Kubernetes
/// documentation, "Accessing the Service: environment variables"). No setting has such a name.
bool is_service_link(std::string_view variable, std::string_view text) {
  if (!variable.starts_with(variable_prefix)) return false;
  const auto rest = variable.substr(std::string_view{variable_prefix}.size());
  if (const auto end = behind(rest, "SERVICE_HOST"); end && end->empty()) return true;
  if (const auto end = behind(rest, "SERVICE_PORT");
      end && (end->empty() || (end->size() > 1 && end->front() == '_')))
    return true;
  if (const auto port = behind(rest, "PORT_"); port && is_port_of_link(*port)) return true;
  if (const auto end = behind(rest, "PORT"); end && end->empty()) {
    return std::ranges::any_of(std::array{"tcp://", "udp://", "sctp://"},
                               [&](std::string_view scheme) { return text.starts_with(scheme); });
  }
  return false;
}

}  // namespace

given_values from_environment(std::span<const std::pair<std::string, std::string>> variables,
                              std::vector<std::string>& problems) {
  given_values result;
  const auto take = [&result](const flag& row, const std::string& variable,
                              const std::string& text) {
    result[std::string{row.name}] = {row.list ? split_list(text) : std::vector{text}, variable};
  };
  for (const auto& [variable, text] : variables) {
    if (text.empty() || is_service_link(variable, text))
      continue;  // compose files and charts set missing values to an empty text
    if (variable == config_variable) {
      result[std::string{config_flag}] = {{text}, variable};
      continue;
    }
    const auto own =
        std::ranges::find(flags(), variable, [](const flag& row) { return variable_of(row.name); });
    const auto other = std::ranges::find_if(flags(), [&name = variable](const flag& row) {
      return !name.empty() && row.other_variable == name;
    });
    if (own != flags().end()) {
      take(*own, variable, text);
    } else if (other != flags().end()) {
      if (!result.contains(other->name))
        take(*other, variable, text);  // replaced if RETAIL_PULSE_... comes later
    } else if (variable.starts_with(variable_prefix) &&
               std::ranges::find(client_variables, variable) == std::end(client_variables)) {
      problems.push_back(variable + ": unknown variable");
    }
  }
  return result;
}

}  // namespace retail_pulse::config
