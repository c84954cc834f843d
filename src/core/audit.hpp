#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/ids.hpp"
#include "core/job.hpp"

namespace retail_pulse {

/// The images of a job by state. Each state is counted by itself, none is derived as the rest of
/// the others.
struct image_tally {
  std::int64_t submitted = 0;
  std::int64_t succeeded = 0;
  std::int64_t failed = 0;
  std::int64_t pending = 0;
  bool adds_up() const { return submitted == succeeded + failed + pending; }
  bool operator==(const image_tally&) const = default;
};

/// The images of one store in a job, over all its visits.
struct store_tally {
  std::string store_id;
  image_tally images;
};

/// Whether every image of a job has exactly one state. Read in one transaction.
struct job_audit {
  job_id id;
  run_number run;
  job_state state = job_state::ongoing;
  image_tally images;
  /// The states add up to the images, these are numbered from 0 without gap or duplicate, each
  /// belongs to a visit, and the counters of the job and of its origins agree.
  bool conserved = false;
  std::vector<store_tally> stores;  ///< in order of first visit; at most limits::status_failures
  bool stores_truncated = false;
  std::string submitted_digest;  ///< "sha256:..." of all images in order; docs/guide/auditing.md
                                 ///< has the form
  std::string recorded_digest;   ///< of those with a result
  image_counts counters;         ///< those of the job itself
};

}  // namespace retail_pulse
