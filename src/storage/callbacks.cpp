// The webhook outbox: rows are inserted where a run ends (recording.cpp), read by reader.cpp, and
// updated here.
#include "storage/writer_implementation.hpp"

namespace retail_pulse::storage {
namespace {

constexpr std::string_view update_callback = R"sql(
  UPDATE callbacks
     SET state = :state, attempts = attempts + 1, due_at = :due, last_error = nullif(:error, ''),
         failures = CASE WHEN :still = 0 THEN failures END
   WHERE job_id = :job AND run = :run AND state = 0)sql";

}  // namespace

void writer::note_callback(const callback_attempt& attempt, unix_millis now) {
  auto& self = *implementation_;
  self.demand_transaction();
  const auto state = static_cast<long long>(attempt.standing);
  const bool pending = attempt.standing == callback_standing::pending;
  const auto due = static_cast<long long>((pending ? attempt.due_at : now).count());
  self.sql.change(update_callback, state, due, attempt.error, state,
                  static_cast<long long>(attempt.job.value),
                  static_cast<long long>(attempt.run.value));
}

}  // namespace retail_pulse::storage
