#pragma once

#include <algorithm>
#include <optional>
#include <string>
#include <string_view>

#include "core/limits.hpp"

namespace retail_pulse {

/// What may be a key: 1 to limits::idempotency_key_bytes characters of printable ASCII, blanks among them.
constexpr bool is_key_text(std::string_view text) {
  return !text.empty() && text.size() <= limits::idempotency_key_bytes &&
         std::ranges::all_of(text, [](char c) { return c >= ' ' && c <= '~'; });
}

/// What a client names a submission by, so that sending it again starts no second job.
struct submission_key {
  std::string text;    ///< the client's Idempotency-Key
  std::string digest;  ///< of the body that came with it: SHA-256, 64 hexadecimal digits
};

inline const std::optional<submission_key> no_key;

}  // namespace retail_pulse
