#pragma once

#include "storage/session.hpp"

namespace retail_pulse::storage {

/// The job row as recording needs it.
struct job_row {
  job_state state = job_state::staging;
  run_number run;
  image_counts images;
  bool cancelled = false;
  bool has_callback = false;  ///< its verdict was given now, and somebody is to be told of it

  job_brief brief(job_id id) const { return {id, run, images, cancelled}; }
};

class writer::implementation {
 public:
  implementation(const location& where, session_options options);

  session sql;

  void demand_transaction() const;
  std::optional<job_row> job(job_id id);

  /// Results of pairwise different images of the current run of an ongoing job.
  void write_results(job_id id, run_number run, std::span<const image_result* const> results, job_row& row, recorded& outcome,
                     unix_millis now);
  /// Ends an ongoing job without pending images.
  void give_verdict(job_id id, job_row& row, unix_millis now);

 private:
  long long write_succeeded(job_id id, run_number run, std::span<const image_result* const> results, unix_millis now);
  long long write_failed(job_id id, run_number run, std::span<const image_result* const> results, unix_millis now);
  std::string failures_of(job_id id);
};

}  // namespace retail_pulse::storage
