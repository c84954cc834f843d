#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "actors/protocols.hpp"
#include "fetch/url/origin_numbers.hpp"

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
///   open -> list_origins -> (pool)
///   turn -> read_page -> check_stores -> offer -> (pool) -> report -> add -> flush -> record
///   give_up -> abandon_origin
///   exhausted -> (all recorded) settle -> finish
///
/// Which images are read when, and their retries, are the pool's.
class job_run {
 public:
  static constexpr const char* name = "job";

  using self_pointer = job_actor::stateful_pointer<job_run>;

  explicit job_run(self_pointer self) : self_{self} {}

  job_actor::behavior_type make_behavior(supervisor_actor supervisor, job_colleagues colleagues,
                                         job_ticket ticket, job_brief brief);

 private:
  void start();
  void list_origins(origin_number after);
  void read_page(const page_order_ptr& order);
  void check_stores(const page_order_ptr& order, const task_page_ptr& page);
  void offer(const page_order& order, const task_page& page,
             const std::vector<std::string>& unknown);
  /// Gives a turn back unused.
  void decline(const page_order& order);
  /// Adds the result of an image that holds so many credits.
  void add(image_result result, std::uint64_t credits);
  static image_result unfetched(image_number number, error_code code, std::string reason = {});
  void flush_if(std::uint64_t batch_number);
  void flush();
  void record(const results_ptr& batch);
  void take_recorded(const results_batch& batch, bool stored, const storage::recorded& recorded);
  void number_images(image_number after);
  void store_numbers(const image_urls_ptr& slice);
  void begin_later(const caf::error& why);
  bool is_large() const;
  void join();
  void give_up(const abandoned_origin_ptr& origin);
  void abandon_given_up();
  void abandon_origin(const abandoned_origin_ptr& origin);
  void take_exhausted();
  /// Ends the run when nothing of it is under way any more.
  void conclude_when_idle();
  /// Whether the run has ended: the job has its final state, or is in a later run.
  bool is_over(const storage::recorded& recorded) const;
  /// Asks for the final state.
  void settle();
  void cancel();
  void abandon();
  void finish();
  void stop();

  const self_pointer self_;
  supervisor_actor supervisor_;
  job_colleagues colleagues_;
  job_ticket ticket_;
  job_brief job_;

  /// While the images get the numbers of their origins.
  std::optional<fetch::origin_numbers> numbers_;
  bool is_exhausted_ = false;           ///< no image of it is left in the pool
  int giving_up_ = 0;                   ///< origins whose images the ledger is failing
  std::set<std::uint64_t> unrecorded_;  ///< numbers of the batches that the ledger has
  struct given_up_origin {
    abandoned_origin_ptr origin;
    std::uint64_t behind = 0;  ///< batches with smaller numbers are recorded before
  };
  std::deque<given_up_origin> given_up_;  ///< not sent to the ledger yet
  results_batch batch_;                   ///< results not yet sent to the ledger
  std::uint64_t batch_number_ = 0;        ///< tells an old timer from the current one
  bool is_concluding_ = false;            ///< the ledger is asked to end the run
  bool stopping_ = false;
};

job_actor::behavior_type job(job_actor::stateful_pointer<job_run> self, supervisor_actor supervisor,
                             job_colleagues colleagues, job_ticket ticket, job_brief brief);

}  // namespace retail_pulse::actors
