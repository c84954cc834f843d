// Cancel, redrive, idempotency keys.
#include "core/limits.hpp"
#include "storage/writer_implementation.hpp"

namespace retail_pulse::storage {
namespace {

using outcome = controlled::kind;

constexpr std::string_view cancel_job =
    "UPDATE jobs SET cancelled_at = coalesce(cancelled_at, :now) WHERE job_id = :job AND state = 1";

// The images do not change: the failed ones are pending because their run is older than the job's.
constexpr std::string_view redrive_job = R"sql(
  UPDATE jobs
     SET state = 1, run = run + 1, images_failed = 0, failures = NULL, finished_at = NULL, cancelled_at = NULL, run_started_at = :now,
         run_kept = images_succeeded
   WHERE job_id = :job)sql";

constexpr std::string_view delete_store_failures = "DELETE FROM store_failures WHERE job_id = :job";

constexpr std::string_view count_undelivered =
    "SELECT count(*) FROM callbacks WHERE job_id = :job AND state = 0";

constexpr std::string_view select_key =
    "SELECT digest, job_id FROM idempotency_keys WHERE key = :key AND created_at > :before";

constexpr std::string_view insert_key = R"sql(
  INSERT INTO idempotency_keys (key, digest, job_id, created_at) VALUES (:key, :digest, :job, :now)
      ON CONFLICT (key) DO UPDATE SET digest = excluded.digest, job_id = excluded.job_id, created_at = excluded.created_at
   WHERE created_at <= :before)sql";

constexpr std::string_view delete_old_keys = R"sql(
  DELETE FROM idempotency_keys
   WHERE key IN (SELECT key FROM idempotency_keys WHERE created_at <= :before ORDER BY created_at LIMIT :rows))sql";

/// Keys of this time or earlier have expired.
long long expired_until(unix_millis now) {
  return (now - std::chrono::duration_cast<unix_millis>(limits::idempotency_kept)).count();
}

}  // namespace

controlled writer::cancel(job_id id, unix_millis now) {
  auto& self = *implementation_;
  self.demand_transaction();
  auto row = self.find_job(id);
  if (!row || row->state == job_state::staging) return {};
  if (row->state != job_state::ongoing) return {outcome::ended, row->brief(id)};
  self.sql.change(cancel_job, static_cast<long long>(now.count()),
                  static_cast<long long>(id.value));
  row->cancelled = true;
  return {outcome::done, row->brief(id)};
}

controlled writer::redrive(job_id id, std::int64_t room, unix_millis now) {
  auto& self = *implementation_;
  self.demand_transaction();
  const auto row = self.find_job(id);
  if (!row || row->state == job_state::staging) return {};
  if (row->state == job_state::ongoing) return {outcome::ongoing, row->brief(id)};
  if (row->images.failed == 0) return {outcome::nothing_failed, row->brief(id)};
  if (row->images.failed > room) return {outcome::too_many, row->brief(id)};
  const long long job = id.value;
  long long undelivered = 0;
  self.sql.one(count_undelivered, std::tie(undelivered), job);
  if (undelivered >= limits::undelivered_callbacks) return {outcome::undelivered, row->brief(id)};
  self.sql.change(redrive_job, static_cast<long long>(now.count()), job);
  self.sql.change(delete_store_failures, job);
  return {outcome::done,
          {id, run_number{row->run.value + 1}, {row->images.total, row->images.succeeded, 0}}};
}

std::optional<keyed_submission> writer::find_key(const std::string& key, unix_millis now) {
  auto& self = *implementation_;
  self.demand_transaction();
  keyed_submission found;
  long long job = 0;
  if (!self.sql.one(select_key, std::tie(found.digest, job), key, expired_until(now)))
    return std::nullopt;
  const auto row = self.find_job(job_id{job});
  if (!row)
    self.sql.fail(storage_error::kind::corrupt,
                  "an idempotency key names a job that does not exist");
  found.job = row->brief(job_id{job});
  found.state = row->state;
  return found;
}

void writer::remember_key(const submission_key& key, job_id job, unix_millis now) {
  auto& self = *implementation_;
  self.demand_transaction();
  const long long before = expired_until(now);
  const auto changed =
      self.sql.change(insert_key, key.text, key.digest, static_cast<long long>(job.value),
                      static_cast<long long>(now.count()), before);
  if (changed != 1)
    self.sql.fail(storage_error::kind::other, "the idempotency key belongs to another submission");
  self.sql.change(delete_old_keys, before,
                  static_cast<long long>(limits::idempotency_forgotten_at_once));
}

}  // namespace retail_pulse::storage
