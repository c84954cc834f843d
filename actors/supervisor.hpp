#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <unordered_map>

#include "actors/job.hpp"
#include "actors/protocols.hpp"
#include "core/limits.hpp"

namespace retail_pulse::actors {

struct supervisor_settings {
  std::int64_t max_jobs = limits::default_jobs;
  std::int64_t max_pending_images = limits::default_pending_images;
};

/// Admits submissions, keeps one job actor per ongoing job, starts again those that die, resumes all at the start, and drains at the end.
class supervisor_state {
 public:
  static constexpr const char* name = "supervisor";

  using self_pointer = supervisor_actor::stateful_pointer<supervisor_state>;

  void open(self_pointer self, supervisor_settings settings, job_colleagues colleagues);

  void submit(const submission_ptr& submission, const std::optional<submission_key>& key, const reply<submit_outcome>& answer);
  void cancel(job_id job, const reply<control_outcome>& answer);
  void redrive(job_id job, const reply<control_outcome>& answer);
  void report_load(const reply<std::optional<load_report>>& answer);
  void discard_unfinished();
  void recover(job_id after);
  void progress(job_ticket ticket, std::int64_t images);
  void ended(job_ticket ticket);
  void abandon(job_id job, run_number run, std::int64_t pending);
  void job_died(const caf::down_msg& down);
  caf::result<load_report> drain(std::chrono::milliseconds timeout);

 private:
  struct running_job {
    job_brief brief;
    job_actor handle;
    int deaths = 0;
    std::int64_t pending = 0;  ///< its part of pending_images_
  };

  load_report load() const;
  std::optional<submit_outcome> refusal(std::int64_t images, std::size_t bytes) const;
  std::optional<control_outcome> no_redrive() const;
  void admit(std::int64_t images, std::size_t bytes);
  /// Takes an admission back: nothing was stored for it.
  void dismiss(std::int64_t images);
  void answered(std::size_t bytes = 0);
  void take_stored(const stored_submission& stored, std::int64_t images, const reply<submit_outcome>& answer);
  void take_cancelled(const storage::controlled& cancelled, const reply<control_outcome>& answer);
  void redrive_some(job_id job, std::int64_t images, const reply<control_outcome>& answer);
  /// Goes on with a job that storage knows to be ongoing and nobody works on: its commit was reported as failed.
  void adopt(const job_brief& brief);
  void start(job_brief brief, std::int64_t pending, int deaths);
  void no_longer_current(job_ticket ticket, job_id job);
  void stop_jobs();
  void end_drain_if_empty();

  self_pointer self_ = nullptr;
  supervisor_settings settings_;
  job_colleagues colleagues_;
  phase phase_ = phase::starting;
  std::uint64_t last_ticket_ = 0;
  std::map<std::uint64_t, running_job> jobs_;  ///< by ticket
  std::unordered_map<caf::actor_addr, std::uint64_t> ticket_of_;
  std::map<job_id, std::uint64_t> current_;  ///< the ticket of each job's latest run; an older run's actor may live for a moment beside it
  std::set<job_id> closing_;                 ///< jobs whose actor cannot be kept alive
  std::set<std::string> keys_;               ///< of submissions at the ledger
  std::int64_t admitted_jobs_ = 0;           ///< ongoing, and being stored
  std::int64_t pending_images_ = 0;          ///< of those
  int asked_ = 0;                            ///< submissions and wishes at the ledger, whose clients wait
  std::size_t storing_bytes_ = 0;            ///< of those submissions
  bool stopping_ = false;
  std::optional<caf::typed_response_promise<load_report>> drained_;
};

supervisor_actor::behavior_type supervisor(supervisor_actor::stateful_pointer<supervisor_state> self, supervisor_settings settings,
                                           job_colleagues colleagues);

}  // namespace retail_pulse::actors
