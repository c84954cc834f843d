#pragma once

#include <span>
#include <string>
#include <string_view>

#include "config/settings.hpp"

namespace retail_pulse::config {

// The flags of `serve` have a table of their own, because each is also a variable and a key of a file, and problems of all
// three are reported together. The other subcommands declare theirs with CLI11 (app/command_line.hpp).

/// One setting of `serve`: the flag `--name`, the variable `RETAIL_PULSE_NAME` and the key `name` of the file.
struct flag {
  std::string_view name;         ///< without dashes in front
  std::string_view placeholder;  ///< the name of the value in the help text
  std::string_view fallback;     ///< the default as an operator would write it; empty if it cannot be written
  std::string_view help;
  /// Sets the value from one text. Returns an error that begins with the text, or an empty string.
  std::string (*apply)(std::string_view text, settings& into);
  bool list = false;                     ///< may be repeated, and have several values separated by commas
  std::string_view other_variable = {};  ///< also read; RETAIL_PULSE_NAME overrides it
  std::string_view choices = {};         ///< all possible values, separated by blanks; empty if they cannot be listed
};

/// Every setting, in the order of the help text. `--config` and `--help` are not settings.
std::span<const flag> flags();

inline constexpr std::string_view config_flag = "config";
inline constexpr std::string_view config_variable = "RETAIL_PULSE_CONFIG";
inline constexpr std::string_view variable_prefix = "RETAIL_PULSE_";

/// "RETAIL_PULSE_FOO_BAR" for "foo-bar".
std::string variable_of(std::string_view name);

/// What `serve --help` prints.
std::string help_text();

}  // namespace retail_pulse::config
