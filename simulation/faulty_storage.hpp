#pragma once

#include <cstdint>
#include <functional>
#include <string_view>
#include <utility>

#include "simulation/scenario.hpp"
#include "simulation/story.hpp"
#include "storage/repository.hpp"

namespace retail_pulse::simulation {

/// Makes the real storage fail, statement by statement. One for the ledger's session of a world.
class faulty_storage final : public storage::statement_observer {
 public:
  /// `now` is virtual time since the world began.
  faulty_storage(story& tell, std::function<millis()> now) : story_{tell}, now_{std::move(now)} {}

  void begin(const incident& what);
  /// For a second, so that an actor that did not learn of that commit cannot find out at once.
  void be_busy_behind_next_commit() { busy_behind_next_commit_ = true; }
  /// Reports the next commit with the final state of a failed job as failed: the client then knows
  /// of the end before the job actor does.
  void hide_next_failure() { hide_next_failure_ = true; }
  void busy_for(millis lasting) { busy_until_ = now_() + lasting; }
  void calm();

  void before(std::string_view statement) override;
  void after(std::string_view statement) override;

  std::uint64_t commits() const {
    return commits_;
  }  ///< done, also those that were reported as failed
  bool crash_wanted() const { return crash_wanted_; }
  void crashed() { crash_wanted_ = false; }

 private:
  [[noreturn]] void fail(storage::storage_error::kind kind, const char* why);

  story& story_;
  std::function<millis()> now_;
  std::uint64_t commits_ = 0;

  millis busy_until_{0};
  millis full_until_{0};
  std::uint64_t writes_that_fit_ = 0;           ///< while the disk is filling up
  std::uint64_t statements_until_failure_ = 0;  ///< 0: none fails
  bool hide_next_commit_ = false;
  bool hide_next_failure_ = false;
  bool busy_behind_next_commit_ = false;
  bool crash_before_commit_ = false;
  bool crash_behind_commit_ = false;
  bool crash_wanted_ = false;
};

/// Makes queries fail for a while. One for all readers of a world.
class faulty_queries final : public storage::statement_observer {
 public:
  explicit faulty_queries(std::function<millis()> now) : now_{std::move(now)} {}
  void fail_until(millis end) { until_ = end; }
  void fail_at_next_start(millis lasting) { lasting_at_start_ = lasting; }
  void process_starts() { fail_until(now_() + std::exchange(lasting_at_start_, millis{0})); }
  void before(std::string_view statement) override;
  void after(std::string_view) override {}

 private:
  std::function<millis()> now_;
  millis until_{0};
  millis lasting_at_start_{0};
};

}  // namespace retail_pulse::simulation
