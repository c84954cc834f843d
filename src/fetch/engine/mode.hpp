#pragma once

#include <cstdint>

namespace retail_pulse::fetch {

/// How much of a file is fetched: all of it, which is then checked to be whole, or only the bytes that hold the dimensions.
enum class mode : std::uint8_t { full, header };

}  // namespace retail_pulse::fetch
