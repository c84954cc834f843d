#pragma once

#include <string>

namespace retail_pulse {

/// What a client names a submission by, so that sending it again starts no second job.
struct submission_key {
  std::string text;    ///< the client's Idempotency-Key
  std::string digest;  ///< of the body that came with it: SHA-256, 64 hexadecimal digits
};

}  // namespace retail_pulse
