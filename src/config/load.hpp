#pragma once

#include <functional>
#include <span>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "config/settings.hpp"

namespace retail_pulse::config {

struct unreadable {
  std::string why;  ///< "No such file or directory"
};

/// The sources of the configuration.
struct sources {
  std::vector<std::string> arguments;                            ///< after `serve`
  std::vector<std::pair<std::string, std::string>> environment;  ///< all variables
  std::function<std::variant<std::string, unreadable>(const std::string& file)>
      read_file;  ///< the whole text of a file
};

/// Merges and validates. Reports all problems; each names its flag, its variable, or its file, line
/// and key. A value that another source overrides is not checked.
std::variant<settings, problems> load(const sources& from);

/// The environment of this process. No other thread may change it meanwhile.
std::vector<std::pair<std::string, std::string>> process_environment();
/// At most limits::config_file_bytes.
std::variant<std::string, unreadable> read_whole_file(const std::string& file);

}  // namespace retail_pulse::config
