#pragma once

#include "storage/session.hpp"

namespace retail_pulse::storage {

/// The columns of a job that change.
struct job_row {
  job_state state = job_state::staging;
  run_number run;
  image_counts images;
  bool cancelled = false;
  bool has_url = false;       ///< a callback_url
  bool has_callback = false;  ///< the run ended now, and left a webhook

  job_brief brief(job_id id) const { return {id, run, images, cancelled}; }
};

class writer::implementation {
 public:
  implementation(const location& where, session_options options);

  const bool had_log;  ///< before this process opened the database
  session sql;
  std::string warning;  ///< see writer::warning

  void demand_transaction() const;
  std::optional<job_row> find_job(job_id id);

  job_id create(const submission& job, job_state state, unix_millis now);
  /// Rows [first, last) of the submission.
  void write_visits(job_id id, const submission& from, std::size_t first, std::size_t last);
  void write_images(job_id id, const submission& from, std::size_t first, std::size_t last);
  /// The origins whose first image is in [first, last).
  void write_origins(job_id id, const submission& from, std::size_t first, std::size_t last);

  /// Results of different images, of the current run of an ongoing job.
  void write_results(job_id id, run_number run, std::span<const image_result* const> results,
                     job_row& row, recorded& outcome, unix_millis now);
  /// Pending images of a run behind `after`, in order: of all origins, or of one.
  std::vector<image_position> pending_positions(job_id id, run_number run,
                                                std::optional<origin_number> origin,
                                                image_position after, std::size_t rows);
  /// Gives an ongoing job without pending images its final state, with the counters of `row`.
  void end_run(job_id id, job_row& row, unix_millis now);

 private:
  /// Results that all succeeded, or all failed. Returns how many of the images were pending; the
  /// others do not change.
  long long update_images(job_id id, run_number run, std::span<const image_result* const> results,
                          unix_millis now);
  /// Adds the failures of images that are pending to those of their stores.
  void count_failures(job_id id, run_number run, std::span<const image_result* const> results);
  /// Likewise to those of their origins. A small job has no rows for them.
  void count_failures_of_origins(job_id id, run_number run,
                                 std::span<const image_result* const> results);
  std::string failures_of(job_id id);
};

}  // namespace retail_pulse::storage
