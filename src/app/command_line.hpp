#pragma once

#include <CLI/CLI.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "app/commands.hpp"

namespace retail_pulse::app {

/// Parses the words of a small subcommand. An exit code where it is to end here: after `--help`, or with what is wrong on stderr.
std::optional<int> parse_words(CLI::App& app, const words& arguments);

/// "http://127.0.0.1:8080", with brackets around an IPv6 address.
std::string url_of(std::string_view address, std::uint16_t port);

}  // namespace retail_pulse::app
