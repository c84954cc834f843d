#pragma once

#include <optional>
#include <string>
#include <string_view>

/// Base64 of RFC 4648, section 4: the alphabet with + and /, padded.
namespace retail_pulse::crypto {

std::string to_base64(std::string_view bytes);

/// Strict: the one text that `to_base64` gives for these bytes. Nothing for any other.
std::optional<std::string> from_base64(std::string_view text);

}  // namespace retail_pulse::crypto
