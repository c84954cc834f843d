#pragma once

#include "storage/session.hpp"

namespace retail_pulse::storage {

/// The job row as recording needs it.
struct job_row {
  job_state state = job_state::staging;
  run_number run;
  image_counts images;
  bool cancelled = false;
  bool has_url = false;       ///< somebody is to be told of verdicts,
  bool has_callback = false;  ///< and is to be told of one that was given now

  job_brief brief(job_id id) const { return {id, run, images, cancelled}; }
};

class writer::implementation {
 public:
  implementation(const location& where, session_options options);

  const bool had_log;  ///< before this process opened it
  session sql;
  std::string warning;  ///< see writer::warning

  void demand_transaction() const;
  std::optional<job_row> job(job_id id);

  job_id create(const submission& job, job_state state, unix_millis now);
  /// Visits, or images, [first, last) of the submission.
  void write_visits(job_id id, const submission& from, std::size_t first, std::size_t last);
  void write_images(job_id id, const submission& from, std::size_t first, std::size_t last);

  /// Results of pairwise different images of the current run of an ongoing job.
  void write_results(job_id id, run_number run, std::span<const image_result* const> results, job_row& row, recorded& outcome,
                     unix_millis now);
  /// Ends an ongoing job without pending images, with the counters of `row`.
  void give_verdict(job_id id, job_row& row, unix_millis now);

 private:
  /// Results that all succeeded, or all failed. Gives how many of the images were pending; the others stay as they are.
  long long update_images(job_id id, run_number run, std::span<const image_result* const> results, unix_millis now);
  /// Of images that are pending.
  void count_failures(job_id id, run_number run, std::span<const image_result* const> results);
  std::string failures_of(job_id id);
};

}  // namespace retail_pulse::storage
