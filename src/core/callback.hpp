#pragma once

#include <cstdint>
#include <string>

#include "core/ids.hpp"
#include "core/job.hpp"
#include "core/time.hpp"

namespace retail_pulse {

/// Where the message about the end of a run stands, on its way to the URL that came with the job.
enum class callback_standing : std::uint8_t { pending = 0, delivered = 1, given_up = 2 };

constexpr std::string_view name_of(callback_standing standing) {
  constexpr std::string_view names[] = {"pending", "delivered", "given_up"};
  return names[static_cast<std::size_t>(standing)];
}

struct callback_state {
  callback_standing standing = callback_standing::pending;
  std::int32_t attempts = 0;  ///< that came to an end and were noted
  unix_millis due_at{0};      ///< of the next attempt; of the last change where nothing is pending
  std::string last_error;     ///< why the last attempt failed, in words for a client; empty where none did
};

/// A pending callback as its courier knows it until its turn has come.
struct pending_callback {
  std::int64_t number = 0;  ///< grows with every run that ends
  job_id job;
  run_number run;
  std::int32_t attempts = 0;
  unix_millis due_at{0};
  std::string url;
};

/// What there is to tell of a run that has ended.
struct callback_message {
  std::string url;
  job_status ended;         ///< the job as it stood when the run ended, whatever has become of it since
  std::string database_id;  ///< hexadecimal; empty for a callback that was made before databases had one
};

/// What came of one attempt to deliver.
struct callback_attempt {
  job_id job;
  run_number run;
  callback_standing standing = callback_standing::pending;
  unix_millis due_at{0};  ///< while pending: when to try again
  std::string error;      ///< empty when delivered
};

}  // namespace retail_pulse
