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

/// Reports on jobs and their images. Pages are read after a keyset cursor, so that each costs the
/// same however far it is from the start.
namespace retail_pulse {

/// A filter of jobs; a member that is not set matches all.
struct job_filter {
  std::optional<job_state> state;
  std::optional<std::string> store_id;         ///< with a visit of this store
  std::optional<unix_millis> submitted_after;  ///< submitted at this time or later
  std::optional<std::string> origin = {};      ///< with an image at this origin; as in job_origin
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
  /// Set if jobs may follow: those with smaller ids than this. By origin, others may follow a short
  /// or empty page.
  std::optional<job_id> next{};
};

/// One store of a job, over all its visits. `code` is `none` if no image of it has failed in the
/// job's current run.
struct store_summary {
  std::string store_id;
  std::int64_t visits = 0;
  std::int64_t images = 0;
  std::int64_t failed = 0;
  error_code code = error_code::none;  ///< of its first failure,
  std::string error;                   ///< and its public sentence
};

/// The images of one origin in a job.
struct origin_summary {
  origin_number number;
  std::string origin;  ///< as in job_origin; empty: of URLs that cannot be fetched
  std::int64_t images = 0;
  std::int64_t failed = 0;                   ///< in the job's current run
  std::int64_t pending = 0;                  ///< not counted in a job_report
  error_code last_error = error_code::none;  ///< of the failure that was recorded last
};

struct origin_summaries {
  std::vector<origin_summary> origins;  ///< in order of first appearance
  std::optional<origin_number> next{};  ///< set if others follow: those with greater numbers
};

/// The report on a job, read in one transaction.
struct job_report {
  job_summary job;
  unix_millis run_started_at{0};
  std::int64_t run_kept = 0;  ///< images that had their measurement before this run
  bool cancelled = false;     ///< a client cancelled its run
  std::vector<std::pair<error_code, std::int64_t>>
      failures;                       ///< failed images per code, in the order of the codes
  std::vector<store_summary> stores;  ///< in order of first visit; at most limits::status_failures
  bool stores_truncated = false;
  /// Those that were asked for, then those with most failures; at most limits::worst_origins.
  std::vector<origin_summary> origins;
  std::optional<callback_state>
      callback;  ///< of this run, once it has ended, if the job has a callback_url
};

/// A failed image of an older run than the job's counts as pending until the new run has its
/// result.
enum class image_state : std::uint8_t { pending = 0, succeeded = 1, failed = 2 };

constexpr std::string_view name_of(image_state state) {
  constexpr std::string_view names[] = {"pending", "succeeded", "failed"};
  return names[static_cast<std::size_t>(state)];
}

/// A filter of images; a member that is not set matches all. A code matches failed images only.
struct image_filter {
  std::optional<image_state> state;
  std::optional<std::string> store_id;
  std::optional<error_code> code;
  std::optional<std::string> origin = {};  ///< as in job_origin
};

struct reported_image {
  image_number number;
  std::string store_id;
  std::string visit_time;
  std::string url;
  image_state state = image_state::pending;
  image_result
      result;  ///< unless pending; pass the evidence through public_evidence before it is shown
  std::string error;           ///< public sentence, if failed
  unix_millis recorded_at{0};  ///< unless pending
};

struct image_page {
  std::vector<reported_image> images;  ///< in order of submission
  /// Set if images may follow: those with greater numbers than this. By origin, others may follow a
  /// short or empty page.
  std::optional<image_number> next{};
};

/// Days from `first` to `last`, inclusive ("2026-03-09"). A visit whose time is not a date matches
/// only if neither is set.
struct day_range {
  std::optional<std::string> first;
  std::optional<std::string> last;
  bool bounded() const { return first || last; }
};

/// A measured image of a store.
struct perimeter_row {
  std::string date;  ///< the visit's day, or its time as submitted if that is not a date
  std::int64_t perimeter = 0;
};

/// The position of a walk over the measured images of a store.
struct perimeter_cursor {
  bool dated = true;  ///< visits with a date come first
  std::string date;   ///< of the last row, empty before the first
  job_id job;
  std::int64_t visit = -1;
  image_number image{-1};
};

struct perimeter_page {
  std::vector<perimeter_row> rows;       ///< by date, then in order of submission
  std::optional<perimeter_cursor> next;  ///< if rows may follow
};

}  // namespace retail_pulse
