#pragma once

#include <span>
#include <string>
#include <string_view>

#include "config/settings.hpp"

namespace retail_pulse::config {

// The flags of `serve` have a table of their own, because each is also a variable and a key of a
// file, and problems of all three are reported together. The other subcommands declare theirs with
// CLI11 (app/command_line.hpp).

/// One setting of `serve`: the flag `--name`, the variable `RETAIL_PULSE_NAME` and the key `name`
/// of the file.
struct flag {
  std::string_view topic;        ///< its group in docs/reference/configuration.md
  std::string_view name;         ///< without dashes in front
  std::string_view placeholder;  ///< the name of the value in the help text
  std::string_view help;
  /// Puts one text into the settings. Returns what is wrong with it, in words that begin with the
  /// text; empty where nothing is.
  std::string (*apply)(std::string_view text, settings& into);
  /// The value as `apply` accepts it; empty where the setting has no value.
  std::string (*write)(const settings& from);
  std::string (*bounds)();               ///< such as "1 to 10"; empty without bounds
  std::string_view unset = {};           ///< what holds where the default is no value
  std::string_view notes = {};           ///< more sentences for the reference
  std::string_view other_variable = {};  ///< also read, after the variable above
  bool list = false;                     ///< may be repeated, and given in one text with commas
  std::string_view choices = {};         ///< all values, with blanks between them; else empty
};

/// Every setting of `serve`, by topic, in the order of the help text. `--config` and `--help` are
/// not settings.
std::span<const flag> flags();

inline constexpr std::string_view config_flag = "config";
inline constexpr std::string_view config_variable = "RETAIL_PULSE_CONFIG";
inline constexpr std::string_view variable_prefix = "RETAIL_PULSE_";

/// "RETAIL_PULSE_FOO_BAR" for "foo-bar".
std::string variable_of(std::string_view name);

/// The default as help and the reference show it: a value, or words such as "none".
std::string default_of(const flag& row);

/// What `serve --help` prints.
std::string help_text();

}  // namespace retail_pulse::config
