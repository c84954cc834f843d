#pragma once

#include <cstdint>
#include <string>

#include "core/ids.hpp"
#include "core/job.hpp"
#include "core/time.hpp"

namespace retail_pulse {

/// The state of a webhook: the message to the job's callback_url that a run has ended.
enum class callback_standing : std::uint8_t { pending = 0, delivered = 1, given_up = 2 };

constexpr std::string_view name_of(callback_standing standing) {
  constexpr std::string_view names[] = {"pending", "delivered", "given_up"};
  return names[static_cast<std::size_t>(standing)];
}

struct callback_state {
  callback_standing standing = callback_standing::pending;
  std::int32_t attempts = 0;  ///< that ended and were recorded
  unix_millis due_at{0};      ///< of the next attempt; if nothing is pending, of the last change
  std::string last_error;     ///< why the last attempt failed, for the client; empty if none did
};

/// The part of a pending webhook that the courier holds until it is due.
struct pending_callback {
  std::int64_t number = 0;  ///< grows with every run that ends
  job_id job;
  run_number run;
  std::int32_t attempts = 0;
  unix_millis due_at{0};
  std::string url;
};

/// The contents of a webhook.
struct callback_message {
  std::string url;
  job_status ended;  ///< the job's status when the run ended
  std::string
      database_id;  ///< hexadecimal; empty for a webhook of a version in which databases had none
};

/// The outcome of one delivery.
struct callback_attempt {
  job_id job;
  run_number run;
  callback_standing standing = callback_standing::pending;
  unix_millis due_at{0};  ///< while pending: when to try again
  std::string error;      ///< empty if delivered
};

}  // namespace retail_pulse
