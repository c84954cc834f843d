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

/// Admits submissions, runs one job actor per ongoing job, replaces those that die, resumes the
/// ongoing jobs at the start, and drains at the end. It counts jobs and pending images, because
/// those are bounded; every count is taken back when its job ends or was not stored.
class supervisor_state {
 public:
  static constexpr const char* name = "supervisor";

  using self_pointer = supervisor_actor::stateful_pointer<supervisor_state>;

  explicit supervisor_state(self_pointer self) : self_{self} {}

  supervisor_actor::behavior_type make_behavior(supervisor_settings settings,
                                                job_colleagues colleagues);

 private:
  struct running_job {
    job_brief brief;
    job_actor handle;
    int deaths = 0;
    std::int64_t pending = 0;  ///< its share of pending_images_
  };

  void submit(const submission_ptr& submission, const std::optional<submission_key>& key,
              const reply<submit_outcome>& answer);
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
  load_report load() const;
  /// The rejection of a submission, if any bound is reached.
  std::optional<submit_outcome> rejection_of(std::int64_t images, std::size_t bytes) const;
  std::optional<control_outcome> rejection_of_redrive() const;
  void admit(std::int64_t images, std::size_t bytes);
  /// Takes an admission back: nothing was stored for it.
  void dismiss(std::int64_t images);
  /// A request that was sent to the ledger is answered.
  void answered(std::size_t bytes = 0);
  void take_stored(const stored_submission& stored, std::int64_t images,
                   const reply<submit_outcome>& answer);
  void take_cancelled(const storage::controlled& cancelled, const reply<control_outcome>& answer);
  void redrive_some(job_id job, std::int64_t images, const reply<control_outcome>& answer);
  /// Starts a job that is ongoing in storage and has no actor, because its commit was reported as
  /// failed.
  void adopt(const job_brief& brief);
  void start(job_brief brief, std::int64_t pending, int deaths);
  void no_longer_current(job_ticket ticket, job_id job);
  void stop_jobs();
  void end_drain_if_empty();

  const self_pointer self_;
  supervisor_settings settings_;
  job_colleagues colleagues_;
  phase phase_ = phase::starting;
  std::uint64_t last_ticket_ = 0;
  std::map<std::uint64_t, running_job> jobs_;  ///< by ticket
  std::unordered_map<caf::actor_addr, std::uint64_t> ticket_of_;
  std::map<job_id, std::uint64_t> current_;  ///< the ticket of each job's latest run; an earlier
                                             ///< run's actor may live a moment longer
  std::set<job_id> closing_;    ///< jobs that are being failed, because their actors died too often
  std::set<std::string> keys_;  ///< idempotency keys of submissions that are being stored
  std::int64_t admitted_jobs_ = 0;   ///< ongoing, or being stored
  std::int64_t pending_images_ = 0;  ///< of those
  int asked_ = 0;                    ///< requests of clients that the ledger has not answered yet
  std::size_t storing_bytes_ = 0;    ///< of submissions among them
  bool stopping_ = false;
  std::optional<caf::typed_response_promise<load_report>> drained_;
};

supervisor_actor::behavior_type supervisor(
    supervisor_actor::stateful_pointer<supervisor_state> self, supervisor_settings settings,
    job_colleagues colleagues);

}  // namespace retail_pulse::actors
