#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/callback.hpp"
#include "core/image.hpp"
#include "core/job.hpp"
#include "core/time.hpp"

/// What reports tell of jobs and their images. Pages are read behind a keyset cursor, so that each costs the same however deep it lies.
namespace retail_pulse {

/// Jobs of a list; what is not set matches all.
struct job_filter {
  std::optional<job_state> state;
  std::optional<std::string> store_id;         ///< with a visit of this store
  std::optional<unix_millis> submitted_after;  ///< submitted at this time or later
};

struct job_summary {
  job_id id;
  run_number run;
  job_state state = job_state::ongoing;
  image_counts images;
  std::int64_t visits = 0;
  unix_millis submitted_at{0};
  std::optional<unix_millis> finished_at;
};

struct job_page {
  std::vector<job_summary> jobs;  ///< newest first, that is, the largest id
  bool more = false;              ///< whether jobs follow behind the last one
};

/// One store of a job, over all its visits. `code` is `none` where no image of it has failed in the job's current run.
struct store_summary {
  std::string store_id;
  std::int64_t visits = 0;
  std::int64_t images = 0;
  std::int64_t failed = 0;
  error_code code = error_code::none;  ///< of its first failure,
  std::string error;                   ///< and its public sentence
};

/// Everything about a job, of one committed state.
struct job_report {
  job_summary job;
  unix_millis run_started_at{0};
  std::int64_t run_kept = 0;                                  ///< images that had their measurement before this run
  bool cancelled = false;                                     ///< a client wished its run to end
  std::vector<std::pair<error_code, std::int64_t>> failures;  ///< failed images per code, in the order of the codes
  std::vector<store_summary> stores;                          ///< in order of first visit; at most limits::status_failures
  bool stores_truncated = false;
  std::optional<callback_state> callback;  ///< of this run, once it has ended and somebody is to be told
};

/// A failed image of an older run than the job's counts as pending until the new run has its result.
enum class image_state : std::uint8_t { pending = 0, succeeded = 1, failed = 2 };

constexpr std::string_view name_of(image_state state) {
  constexpr std::string_view names[] = {"pending", "succeeded", "failed"};
  return names[static_cast<std::size_t>(state)];
}

/// Images of a list; what is not set matches all. A code matches failed images only.
struct image_filter {
  std::optional<image_state> state;
  std::optional<std::string> store_id;
  std::optional<error_code> code;
};

struct reported_image {
  image_number number;
  std::string store_id;
  std::string visit_time;
  std::string url;
  image_state state = image_state::pending;
  image_result result;         ///< where not pending; evidence as it was kept, so to be shown as public_evidence has it
  std::string error;           ///< public sentence, where failed
  unix_millis recorded_at{0};  ///< where not pending
};

struct image_page {
  std::vector<reported_image> images;  ///< in order of submission
  bool more = false;                   ///< whether images follow behind the last one
};

/// Days from `first` to `last`, both of them ("2026-03-09"). A visit whose time is no date lies in none; without any bound it counts, too.
struct day_range {
  std::optional<std::string> first;
  std::optional<std::string> last;
  bool bounded() const { return first || last; }
};

/// A measured image of a store.
struct perimeter_row {
  std::string date;  ///< the visit's day, or its time as submitted where that is no date
  std::int64_t perimeter = 0;
};

/// How far a walk over the measured images of a store has come.
struct perimeter_cursor {
  bool dated = true;  ///< visits with a date come first
  std::string date;   ///< of the last row, empty before the first
  job_id job;
  std::int64_t visit = -1;
  image_number image{-1};
};

struct perimeter_page {
  std::vector<perimeter_row> rows;       ///< by date, then in order of submission
  std::optional<perimeter_cursor> next;  ///< where rows may follow
};

}  // namespace retail_pulse
