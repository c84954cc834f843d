#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

/// What people read: sentences on standard error, and texts from elsewhere made safe for a
/// terminal. The result of a subcommand goes through cli/sink.hpp.
namespace retail_pulse::app {

/// Writes to standard error, filtered as terminal_text has it where that is a terminal. An error of
/// the write is ignored. The text brings its own newline.
void say(std::string_view text);

/// The width of the terminal behind a descriptor; nullopt if it is not a terminal.
std::optional<std::size_t> terminal_columns(int descriptor);

/// Text from elsewhere for a terminal: control characters, which could move the cursor or worse,
/// and bytes that are not UTF-8 become '?'.
std::string printable(std::string_view text);

}  // namespace retail_pulse::app
