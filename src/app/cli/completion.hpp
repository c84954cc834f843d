#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "app/command_line.hpp"

namespace retail_pulse::app {

/// A row of the program's table of subcommands.
struct subcommand {
  std::string_view name;
  std::string_view help;
  int (*run)(const words& arguments);
  std::vector<known_word> (
      *known)();  ///< its flags; nullptr: those that it passes to `parse_words`
};

/// Everything that may follow the name of a subcommand, `--help` included.
std::vector<known_word> words_of(const subcommand& of);

/// The flags of `serve`, which are settings.
std::vector<known_word> words_of_serve();

/// A script that makes a shell complete subcommands, flags and known values, and files elsewhere.
/// nullopt for a shell other than bash, zsh and fish.
std::optional<std::string> completion_script(std::string_view shell,
                                             std::span<const subcommand> subcommands);

/// The subcommand `completion`: prints the script.
int print_completion(const words& arguments, std::span<const subcommand> subcommands);

}  // namespace retail_pulse::app
