#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/ids.hpp"
#include "core/job.hpp"

namespace retail_pulse {

/// Images as their rows tell, each counted for itself: what is left over by one state is not silently given to another.
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

/// Whether every image of a job that was submitted is accounted for exactly once; all of one committed state.
struct job_audit {
  job_id id;
  run_number run;
  job_state state = job_state::ongoing;
  image_tally images;
  /// The images add up, they are numbered from 0 without gap or double, each belongs to a visit, and the job's counters say the same.
  bool conserved = false;
  std::vector<store_tally> stores;  ///< in order of first visit; at most limits::status_failures
  bool stores_truncated = false;
  std::string submitted_digest;  ///< "sha256:..." of all images in order; docs/guide/auditing.md has the form
  std::string recorded_digest;   ///< of those with a result
  image_counts counters;         ///< those of the job itself
};

}  // namespace retail_pulse
