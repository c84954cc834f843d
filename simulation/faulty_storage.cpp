#include "simulation/faulty_storage.hpp"

#include <algorithm>
#include <utility>

namespace retail_pulse::simulation {

using kind = storage::storage_error::kind;

void faulty_storage::begin(const incident& what) {
  const millis lasting{static_cast<std::int64_t>(200 + what.drawn % 5000)};
  switch (what.kind) {
    case fault::busy_storage:
      // Either at once, or after the next commit: the second of two commits that belong together is
      // then refused.
      what.drawn % 2 == 0 ? be_busy_behind_next_commit() : busy_for(lasting);
      break;
    case fault::full_disk:
      full_until_ = now_() + lasting;
      writes_that_fit_ = what.drawn / 5000 % 6;
      break;
    case fault::failing_statement:
      statements_until_failure_ = 1 + what.drawn % 12;
      break;
    case fault::unknown_commit:
      hide_next_commit_ = true;
      break;
    case fault::crash_in_commit:
      (what.drawn % 2 == 0 ? crash_before_commit_ : crash_behind_commit_) = true;
      break;
    default:
      break;
  }
}

void faulty_storage::calm() {
  busy_until_ = full_until_ = millis{0};
  statements_until_failure_ = 0;
  hide_next_commit_ = hide_next_failure_ = busy_behind_next_commit_ = crash_before_commit_ =
      crash_behind_commit_ = crash_wanted_ = false;
}

void faulty_storage::fail(kind what, const char* why) {
  story_.note("storage", static_cast<std::uint64_t>(what), 0, [&] { return std::string{why}; });
  throw storage::storage_error{what, why};
}

void faulty_storage::before(std::string_view statement) {
  // Nothing is stored between the decision to crash and the crash itself.
  if (crash_wanted_) throw storage::storage_error{kind::busy, "the process is about to end"};
  if (now_() < busy_until_ && statement == "BEGIN IMMEDIATE")
    fail(kind::busy, "another program holds the lock");
  if (statements_until_failure_ > 0 && --statements_until_failure_ == 0)
    fail(kind::other, "a statement failed");
  if (hide_next_failure_ && statement.find("state = 3, finished_at") != std::string_view::npos) {
    hide_next_failure_ = false;
    hide_next_commit_ = true;
  }
  const bool writes = statement != "BEGIN IMMEDIATE";
  if (now_() < full_until_ && writes) {
    if (writes_that_fit_ == 0) fail(kind::full, "the disk is full");
    --writes_that_fit_;
  }
  if (statement == "COMMIT" && std::exchange(crash_before_commit_, false)) {
    crash_wanted_ = true;
    fail(kind::busy, "the process ends before a commit");
  }
}

void faulty_storage::after(std::string_view statement) {
  if (statement != "COMMIT") return;
  ++commits_;
  if (std::exchange(busy_behind_next_commit_, false)) busy_for(millis{1000});
  if (std::exchange(crash_behind_commit_, false)) {
    crash_wanted_ = true;
    fail(kind::busy, "the process ends after a commit");
  }
  if (std::exchange(hide_next_commit_, false))
    fail(commits_ % 2 == 0 ? kind::busy : kind::other, "a commit is done, and reported as failed");
}

void faulty_queries::before(std::string_view) {
  if (now_() < until_) throw storage::storage_error{kind::busy, "a query failed"};
}

}  // namespace retail_pulse::simulation
