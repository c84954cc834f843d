#pragma once

#include <CLI/CLI.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "app/commands.hpp"

namespace retail_pulse::app {

/// Help of --url, and what the client subcommands say about their exit codes.
inline constexpr const char* url_help = "the service (default: RETAIL_PULSE_URL, or 127.0.0.1 and RETAIL_PULSE_PORT, PORT or 8080)";
inline constexpr const char* exit_codes_help =
    "Exit codes: 0 fine, 1 the job failed or the service refused, 2 wrong usage or a file that is no job, 3 the service cannot be reached, "
    "or is full or shutting down, 130 Ctrl-C.";

/// A word of a command line, for completion.
struct known_word {
  std::string name;                  ///< "--wait"; empty for what stands without a flag
  std::string help;                  ///< one line
  bool takes_value = false;          ///< the word behind it belongs to it
  std::vector<std::string> choices;  ///< the values that there are; empty where any may do
  bool is_file = false;              ///< stands without a flag, and is the name of a file
};

/// What a subcommand that parses with `parse_words` knows, from its own definition: its run ends there, and does nothing else.
std::vector<known_word> words_known_to(int (*run)(const words& arguments));

/// Parses the words of a small subcommand. An exit code where it is to end here: after `--help`, or with what is wrong on stderr.
std::optional<int> parse_words(CLI::App& app, const words& arguments);

/// "http://127.0.0.1:8080", with brackets around an IPv6 address.
std::string url_of(std::string_view address, std::uint16_t port);

}  // namespace retail_pulse::app
