#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/error_code.hpp"
#include "core/ids.hpp"
#include "core/time.hpp"

namespace retail_pulse {

/// The state of a job. `staging` jobs are still being written and are invisible to clients.
enum class job_state : std::uint8_t { staging = 0, ongoing = 1, completed = 2, failed = 3 };

constexpr std::string_view name_of(job_state state) {
  constexpr std::string_view names[] = {"staging", "ongoing", "completed", "failed"};
  return names[static_cast<std::size_t>(state)];
}

struct image_counts {
  std::int64_t total = 0;
  std::int64_t succeeded = 0;
  std::int64_t failed = 0;
  std::int64_t done() const { return succeeded + failed; }
  std::int64_t pending() const { return total - done(); }
  bool operator==(const image_counts&) const = default;
};

/// The first failure of a store in a job, in visit order.
struct store_failure {
  std::string store_id;
  error_code code = error_code::none;
  std::string error;  ///< public sentence
  std::int64_t failed_images = 0;
};

/// The answer of the status endpoint.
struct job_status {
  job_id id;
  run_number run;
  job_state state = job_state::ongoing;
  image_counts images;
  unix_millis submitted_at{0};
  std::optional<unix_millis> finished_at;
  std::vector<store_failure> failures;  ///< only once failed; at most limits::status_failures
  bool failures_truncated = false;
};

/// The data with which a job actor starts: read at recovery, or made by a submission.
struct job_brief {
  job_id id;
  run_number run;
  image_counts images;
  bool cancelled = false;  ///< its run ends early: images without a result fail as `cancelled`
};

}  // namespace retail_pulse
