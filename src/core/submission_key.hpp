#pragma once

#include <algorithm>
#include <optional>
#include <string>
#include <string_view>

#include "core/limits.hpp"

namespace retail_pulse {

/// Whether a text may be a key: 1 to limits::idempotency_key_bytes characters of printable ASCII,
/// blanks included.
constexpr bool is_key_text(std::string_view text) {
  return !text.empty() && text.size() <= limits::idempotency_key_bytes &&
         std::ranges::all_of(text, [](char c) { return c >= ' ' && c <= '~'; });
}

/// The idempotency key of a submission: sending it again starts no second job.
struct submission_key {
  std::string text;    ///< the client's Idempotency-Key
  std::string digest;  ///< of the request body: SHA-256, 64 hexadecimal digits
};

inline const std::optional<submission_key> no_key;

}  // namespace retail_pulse
