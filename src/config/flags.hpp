#pragma once

#include <span>
#include <string>
#include <string_view>

#include "config/settings.hpp"

namespace retail_pulse::config {

/// One row of the command line of `serve`: the flag `--name`, the variable `RETAIL_PULSE_NAME` and the file's key `name`.
struct flag {
  std::string_view name;         ///< without dashes in front
  std::string_view placeholder;  ///< what help calls the value
  std::string_view fallback;     ///< the default as an operator would write it; empty where nothing can be written
  std::string_view help;
  /// Puts one text into the settings; what is wrong with it where it cannot, in words that begin with the text.
  std::string (*apply)(std::string_view text, settings& into);
  bool list = false;                     ///< may be given several times, and in one text with commas
  std::string_view other_variable = {};  ///< also read, behind the variable above
  std::string_view choices = {};         ///< all values that there are, with blanks between them; empty where they cannot be listed
};

/// Every flag of `serve` that is a setting, in the order of the help text. `--config` and `--help` are not settings.
std::span<const flag> flags();

inline constexpr std::string_view config_flag = "config";
inline constexpr std::string_view config_variable = "RETAIL_PULSE_CONFIG";
inline constexpr std::string_view variable_prefix = "RETAIL_PULSE_";

/// "RETAIL_PULSE_FOO_BAR" for "foo-bar".
std::string variable_of(std::string_view name);

/// What `serve --help` prints.
std::string help_text();

}  // namespace retail_pulse::config
