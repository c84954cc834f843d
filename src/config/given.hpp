#pragma once

#include <map>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

/// The three sources of a value. Each returns texts by flag, and reports every unknown word.
namespace retail_pulse::config {

/// The value of one flag from one source, still text.
struct given {
  std::vector<std::string> texts;  ///< one for a plain flag; the items for a list, perhaps none
  std::string origin;              ///< "--port", "RETAIL_PULSE_PORT", "pulse.toml:3: port"
};

/// By name of the flag; `config` may be among them.
using given_values = std::map<std::string, given, std::less<>>;

given_values from_arguments(std::span<const std::string> arguments,
                            std::vector<std::string>& problems);
given_values from_environment(std::span<const std::pair<std::string, std::string>> variables,
                              std::vector<std::string>& problems);
given_values from_toml(std::string_view text, const std::string& file,
                       std::vector<std::string>& problems);

}  // namespace retail_pulse::config
