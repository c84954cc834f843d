#pragma once

#include <cstddef>
#include <string_view>

namespace retail_pulse::stores {

/// How many of the first bytes are valid UTF-8 (Unicode 15, table 3-7: no surrogates, nothing longer than need be); all of them when it is
/// text.
std::size_t valid_utf8_prefix(std::string_view text);

}  // namespace retail_pulse::stores
