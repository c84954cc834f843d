#pragma once

#include <string>
#include <string_view>

namespace retail_pulse::http {

/// SHA-256 in 64 hexadecimal digits. Throws std::runtime_error where OpenSSL gives none.
std::string sha256_of(std::string_view text);

}  // namespace retail_pulse::http
