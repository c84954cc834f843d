#include <limits>

#include "core/limits.hpp"
#include "storage/audit.hpp"
#include "storage/migrations.hpp"
#include "storage/reader_implementation.hpp"
#include "storage/rows.hpp"

namespace retail_pulse::storage {
namespace {

constexpr std::string_view select_status = R"sql(
  SELECT state, run, images_total, images_succeeded, images_failed, submitted_at, coalesce(finished_at, 0), coalesce(failures, '')
    FROM jobs WHERE job_id = :job AND state > 0)sql";

constexpr std::string_view select_ongoing = R"sql(
  SELECT job_id, run, images_total, images_succeeded, images_failed, cancelled_at IS NOT NULL
    FROM jobs WHERE state = 1 AND job_id > :after ORDER BY job_id LIMIT :limit)sql";
constexpr std::string_view select_staging =
    "SELECT job_id FROM jobs WHERE state = 0 ORDER BY job_id";

constexpr std::string_view select_images = R"sql(
  SELECT images.image_no, visits.store_id, visits.visit_time, images.url,
         images.state = 0 OR images.state = 2 AND images.run < (SELECT run FROM jobs WHERE jobs.job_id = images.job_id),
         coalesce(width, 0), coalesce(height, 0), coalesce(format, 'unknown'), coalesce(code, 'none'), coalesce(error, ''),
         coalesce(attempts, 0), coalesce(final_url, ''), coalesce(address, ''), coalesce(http_status, 0), coalesce(bytes, 0),
         coalesce(dns_ms, 0), coalesce(connect_ms, 0), coalesce(total_ms, 0), coalesce(kept, '')
    FROM images JOIN visits ON visits.job_id = images.job_id AND visits.visit_no = images.visit_no
   WHERE images.job_id = :job AND images.image_no > :after
   ORDER BY images.image_no LIMIT :limit)sql";

constexpr std::string_view select_pending_callbacks = R"sql(
  SELECT callbacks.callback_no, callbacks.job_id, callbacks.run, callbacks.attempts, callbacks.due_at, jobs.callback_url
    FROM callbacks JOIN jobs ON jobs.job_id = callbacks.job_id
   WHERE callbacks.state = 0 AND callbacks.callback_no > :after ORDER BY callbacks.callback_no LIMIT :limit)sql";

constexpr std::string_view select_callback_to_send = R"sql(
  SELECT jobs.callback_url, callbacks.job_state, callbacks.images_succeeded, callbacks.images_failed, callbacks.finished_at,
         coalesce(callbacks.failures, ''),
         CASE WHEN callbacks.callback_no > identity.older_callbacks THEN identity.database_id ELSE '' END
    FROM callbacks JOIN jobs ON jobs.job_id = callbacks.job_id CROSS JOIN identity
   WHERE callbacks.job_id = :job AND callbacks.run = :run AND callbacks.state = 0)sql";

constexpr std::string_view select_callback = R"sql(
  SELECT state, attempts, due_at, coalesce(last_error, '') FROM callbacks WHERE job_id = :job AND run = :run)sql";

}  // namespace

std::optional<image_format> format_named(std::string_view name) {
  for (auto format = image_format::unknown; format <= image_format::ico;
       format = static_cast<image_format>(static_cast<int>(format) + 1)) {
    if (name_of(format) == name) return format;
  }
  return std::nullopt;
}

reader::implementation::implementation(const location& where, session_options options)
    : sql{where, options, session::role::reader} {
  demand_current_schema(sql, sqlite_migrations());
}

void reader::implementation::fail_unknown_word() const {
  sql.fail(storage_error::kind::corrupt,
           "unknown enum value in the database; was it written by a newer version?");
}

reader::reader(const location& where, session_options options)
    : implementation_{std::make_unique<implementation>(where, options)} {}
reader::~reader() = default;
reader::reader(reader&&) noexcept = default;

std::optional<job_status> reader::status(job_id id) {
  long long state = 0, run = 0, total = 0, succeeded = 0, failed = 0, submitted = 0, finished = 0;
  std::string failures;
  const auto columns =
      std::tie(state, run, total, succeeded, failed, submitted, finished, failures);
  if (!implementation_->sql.one(select_status, columns, static_cast<long long>(id.value)))
    return std::nullopt;
  job_status status;
  status.id = id;
  status.run.value = static_cast<std::int32_t>(run);
  status.state = static_cast<job_state>(state);
  status.images = {total, succeeded, failed};
  status.submitted_at = unix_millis{submitted};
  if (status.state != job_state::ongoing) status.finished_at = unix_millis{finished};
  if (!failures.empty() && !failures_from_text(failures, status))
    implementation_->fail_unknown_word();
  return status;
}

std::vector<job_brief> reader::ongoing_jobs(job_id after, std::size_t limit) {
  std::vector<job_brief> jobs;
  long long id = 0, run = 0, total = 0, succeeded = 0, failed = 0, cancelled = 0;
  implementation_->sql.each(
      select_ongoing, std::tie(id, run, total, succeeded, failed, cancelled),
      [&] {
        jobs.push_back({job_id{id},
                        run_number{static_cast<std::int32_t>(run)},
                        {total, succeeded, failed},
                        cancelled != 0});
      },
      static_cast<long long>(after.value), static_cast<long long>(limit));
  return jobs;
}

std::vector<job_id> reader::staging_jobs() {
  std::vector<job_id> jobs;
  long long id = 0;
  implementation_->sql.each(select_staging, std::tie(id), [&] { jobs.push_back(job_id{id}); });
  return jobs;
}

std::vector<image_row> reader::images(job_id job, image_number after, std::size_t limit) {
  std::vector<image_row> rows;
  image_row row;
  fetch_evidence& evidence = row.result.evidence;
  std::string format, code;
  long long number = 0, pending = 0, width = 0, height = 0, attempts = 0, http_status = 0,
            bytes = 0, dns = 0, connect = 0, total = 0;
  implementation_->sql.each(
      select_images,
      std::tie(number, row.store_id, row.visit_time, row.url, pending, width, height, format, code,
               row.error, attempts, evidence.final_url, evidence.address, http_status, bytes, dns,
               connect, total, evidence.kept),
      [&] {
        const auto known_format = format_named(format);
        const auto known_code = error_code_named(code);
        if (!known_format || !known_code) implementation_->fail_unknown_word();
        row.number = row.result.number = image_number{number};
        row.pending = pending != 0;
        row.result.code = *known_code;
        row.result.measured = {*known_format, static_cast<std::uint32_t>(width),
                               static_cast<std::uint32_t>(height)};
        row.result.attempts = static_cast<std::int32_t>(attempts);
        evidence.http_status = static_cast<std::int32_t>(http_status);
        evidence.bytes = bytes;
        evidence.dns_ms = static_cast<std::int32_t>(dns);
        evidence.connect_ms = static_cast<std::int32_t>(connect);
        evidence.total_ms = static_cast<std::int32_t>(total);
        rows.push_back(row);
        if (row.pending) {  // the stored result is of an earlier run
          rows.back().result = image_result{};
          rows.back().result.number = row.number;
          rows.back().error.clear();
        }
      },
      static_cast<long long>(job.value), static_cast<long long>(after.value),
      static_cast<long long>(limit));
  return rows;
}

std::vector<pending_callback> reader::pending_callbacks(std::int64_t after, std::size_t limit) {
  std::vector<pending_callback> all;
  pending_callback row;
  long long number = 0, job = 0, run = 0, attempts = 0, due_at = 0;
  implementation_->sql.each(
      select_pending_callbacks, std::tie(number, job, run, attempts, due_at, row.url),
      [&] {
        row.number = number;
        row.job = job_id{job};
        row.run = run_number{static_cast<std::int32_t>(run)};
        row.attempts = static_cast<std::int32_t>(attempts);
        row.due_at = unix_millis{due_at};
        all.push_back(row);
      },
      static_cast<long long>(after), static_cast<long long>(limit));
  return all;
}

std::optional<callback_message> reader::callback_to_send(job_id job, run_number run) {
  auto& sql = implementation_->sql;
  const read_transaction one_state{sql};
  callback_message message;
  long long state = 0, succeeded = 0, failed = 0, finished = 0;
  std::string failures;
  const auto columns =
      std::tie(message.url, state, succeeded, failed, finished, failures, message.database_id);
  if (!sql.one(select_callback_to_send, columns, static_cast<long long>(job.value),
               static_cast<long long>(run.value)))
    return std::nullopt;
  const auto now = status(job);
  if (!now) return std::nullopt;
  message.ended = *now;
  message.ended.run = run;
  message.ended.state = static_cast<job_state>(state);
  message.ended.images.succeeded = succeeded;
  message.ended.images.failed = failed;
  message.ended.finished_at = unix_millis{finished};
  message.ended.failures.clear();
  message.ended.failures_truncated = false;
  if (!failures.empty() && !failures_from_text(failures, message.ended))
    implementation_->fail_unknown_word();
  return message;
}

std::optional<callback_state> reader::callback(job_id job, run_number run) {
  callback_state found;
  long long state = 0, attempts = 0, due_at = 0;
  const auto columns = std::tie(state, attempts, due_at, found.last_error);
  if (!implementation_->sql.one(select_callback, columns, static_cast<long long>(job.value),
                                static_cast<long long>(run.value)))
    return {};
  found.standing = static_cast<callback_standing>(state);
  found.attempts = static_cast<std::int32_t>(attempts);
  found.due_at = unix_millis{due_at};
  return found;
}

std::optional<job_audit> reader::audit(job_id job, const std::function<bool()>& still_wanted) {
  auto& sql = implementation_->sql;
  const read_transaction one_state{sql};
  const auto standing = status(job);
  if (!standing) return std::nullopt;
  image_audit counted;
  audited_image image;
  image.number = std::numeric_limits<long long>::min();  // before the first, whichever that is
  std::int64_t before = 0;
  do {
    if (!still_wanted()) return std::nullopt;
    before = counted.images();
    sql.each(
        select_audited_images,
        std::tie(image.number, image.state, image.store_id, image.visit_time, image.url,
                 image.origin),
        [&] { counted.add(image); }, static_cast<long long>(standing->run.value),
        static_cast<long long>(job.value), static_cast<long long>(image.number),
        static_cast<long long>(limits::audit_page));
  } while (counted.images() > before);
  audited_origin origin;
  sql.each(
      select_audited_origins, std::tie(origin.number, origin.images, origin.failed),
      [&] { counted.add(origin); }, static_cast<long long>(standing->run.value),
      static_cast<long long>(job.value));
  job_audit audit = counted.end(standing->images);
  audit.id = job;
  audit.run = standing->run;
  audit.state = standing->state;
  return audit;
}

}  // namespace retail_pulse::storage
