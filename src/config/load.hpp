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

/// What configuration is made from. The process passes its own; a test passes what it likes.
struct sources {
  std::vector<std::string> arguments;                                                       ///< behind `serve`
  std::vector<std::pair<std::string, std::string>> environment;                             ///< every variable of the process
  std::function<std::variant<std::string, unreadable>(const std::string& file)> read_file;  ///< the whole text of a file
};

/// Merges and validates. Where several problems exist, the answer has all of them; each names the flag, variable, or file, line and key
/// it came from. A value that a stronger source overrides is not judged.
std::variant<settings, problems> load(const sources& from);

/// The environment and files of this process. Not while another thread changes the environment.
std::vector<std::pair<std::string, std::string>> process_environment();
/// At most limits::config_file_bytes.
std::variant<std::string, unreadable> read_whole_file(const std::string& file);

}  // namespace retail_pulse::config
