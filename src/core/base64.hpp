#pragma once

#include <optional>
#include <string>
#include <string_view>

/// Base64 as RFC 4648, section 4 has it: the alphabet with + and /, padded.
namespace retail_pulse {

std::string to_base64(std::string_view bytes);

/// Strict: whole groups of four, padding at the end only, no other character, and no bits set beyond the last byte, so that every value has
/// one text. Nothing for any other text.
std::optional<std::string> from_base64(std::string_view text);

}  // namespace retail_pulse
