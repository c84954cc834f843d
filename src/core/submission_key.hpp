#pragma once

#include <optional>
#include <string>

namespace retail_pulse {

/// What a client names a submission by, so that sending it again starts no second job.
struct submission_key {
  std::string text;    ///< the client's Idempotency-Key
  std::string digest;  ///< of the body that came with it: SHA-256, 64 hexadecimal digits
};

inline const std::optional<submission_key> no_key;

}  // namespace retail_pulse
