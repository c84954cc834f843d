#pragma once

#include <CLI/CLI.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "app/commands.hpp"

namespace retail_pulse::app {

/// Help texts of the client subcommands.
inline constexpr const char* url_help =
    "URL of the service (default: $RETAIL_PULSE_URL, or this machine with port $RETAIL_PULSE_PORT, "
    "$PORT or 8080)";
inline constexpr const char* exit_codes_help =
    "Exit codes: 0 success, 1 the job failed or the service refused the request, 2 wrong usage or "
    "an invalid job file,\n"
    "3 the service cannot be reached, is full or is shutting down, 130 Ctrl-C.";

/// A word of a command line, for completion.
struct known_word {
  std::string name;                  ///< "--wait"; empty for a positional argument
  std::string help;                  ///< one line
  bool takes_value = false;          ///< the next word is its value
  std::vector<std::string> choices;  ///< all possible values; empty if they cannot be listed
  bool is_file = false;              ///< a positional argument that names a file
};

/// The flags of a subcommand, from its own definition: runs it as far as `parse_words`, which ends
/// it.
std::vector<known_word> words_known_to(int (*run)(const words& arguments));

/// Parses the arguments of a subcommand. Returns an exit code if it has to end here: after
/// `--help`, or after an error on stderr.
std::optional<int> parse_words(CLI::App& app, const words& arguments);

/// "http://127.0.0.1:8080", with brackets around an IPv6 address.
std::string url_of(std::string_view address, std::uint16_t port);

}  // namespace retail_pulse::app
