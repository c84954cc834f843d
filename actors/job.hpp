#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "actors/protocols.hpp"

namespace retail_pulse::actors {

/// What every job actor of a service shares.
struct job_colleagues {
  image_pool_actor pool;
  store_master_actor store_master;
  reader_actor reader;
  ledger_actor ledger;
};

/// Runs one job: reads its pending images page by page, offers them to the pool, collects the
/// reports in batches, and has the ledger record them. It keeps nothing that storage does not know,
/// so it starts the same way for a new job, after a crash, and after its actor died.
///
///   turn -> read_page -> check_stores -> offer -> (pool) -> take_report -> add -> flush -> record
///                                           ^                     |
///                                           +--- offer_again <----+ after the retry wait
///   record -> take_recorded -> (all recorded) finish
///
/// A job that has nothing pending when it starts asks the ledger to end its run (settle).
class job_run {
 public:
  static constexpr const char* name = "job";

  using self_pointer = job_actor::stateful_pointer<job_run>;

  explicit job_run(self_pointer self) : self_{self} {}

  job_actor::behavior_type make_behavior(supervisor_actor supervisor, job_colleagues colleagues,
                                         job_ticket ticket, job_brief brief);

 private:
  void start();
  void read_page(std::uint64_t credits);
  void take_report(const image_report& report);
  void offer_again(const image_task& task);
  void flush_if(std::uint64_t batch_number);
  void record(const results_ptr& batch);
  void cancel();
  void abandon();
  void stop();
  void check_stores(const task_page_ptr& page, std::uint64_t credits);
  void offer(const task_page& page, const std::vector<std::string>& unknown, std::uint64_t credits);
  /// Gives a turn back unused.
  void decline(std::uint64_t credits);
  void add(image_result result);
  /// Adds the result of an image that is not fetched at all.
  void fail(const image_task& task, error_code code, std::string reason = {});
  void flush();
  void take_recorded(std::uint64_t count, bool stored, const storage::recorded& recorded);
  /// Gives back the credits of images that stay pending.
  void release(std::uint64_t images);
  void abandon_when_idle();
  /// Whether the run has ended: the job has its final state, or is in a later run.
  bool is_over(const storage::recorded& recorded) const;
  /// Asks for the final state.
  void settle();
  void finish();

  const self_pointer self_;
  supervisor_actor supervisor_;
  job_colleagues colleagues_;
  job_ticket ticket_;
  job_brief job_;

  image_number cursor_{-1};          ///< last image read
  std::uint64_t unread_ = 0;         ///< pending images behind the cursor, as far as known
  std::uint64_t held_ = 0;           ///< read and not yet recorded: one credit each. Of them,
  std::uint64_t in_retry_wait_ = 0;  ///< those that wait for another attempt,
  std::uint64_t recording_ = 0;      ///< those sent to the ledger;
  std::vector<image_result> batch_;  ///< results not yet sent to the ledger
  std::uint64_t batch_number_ = 0;   ///< tells an old timer from the current one
  bool abandoning_ = false;
  bool stopping_ = false;
};

job_actor::behavior_type job(job_actor::stateful_pointer<job_run> self, supervisor_actor supervisor,
                             job_colleagues colleagues, job_ticket ticket, job_brief brief);

}  // namespace retail_pulse::actors
