// Results, store failures, counters and the final state of a run.
#include <algorithm>
#include <limits>

#include "core/limits.hpp"
#include "storage/origins.hpp"
#include "storage/pending.hpp"
#include "storage/rows.hpp"
#include "storage/writer_implementation.hpp"

namespace retail_pulse::storage {
namespace {

constexpr std::string_view select_job = R"sql(
  SELECT state, run, images_total, images_succeeded, images_failed, cancelled_at IS NOT NULL, callback_url IS NOT NULL
    FROM jobs WHERE job_id = :job)sql";

// An image is pending when it has no result, or failed in an older run than its job's: "(state = 0
// OR state = 2 AND run < :run)".

// "" and 0 are stored as NULL: SOCI binds no NULL.
constexpr std::string_view update_image = R"sql(
  UPDATE images
     SET state = :state, width = nullif(:width, 0), height = nullif(:height, 0), perimeter = nullif(:perimeter, 0),
         format = nullif(:format, ''), code = nullif(:code, ''), error = nullif(:error, ''), attempts = :attempts,
         final_url = nullif(:url, ''), address = nullif(:address, ''), http_status = :status, bytes = :bytes, dns_ms = :dns,
         connect_ms = :connect, total_ms = :total, kept = nullif(:kept, ''), recorded_at = :now, run = :run
   WHERE job_id = :job AND image_no = :image
     AND (state = 0 OR state = 2 AND run < :run))sql";

// Runs before the image changes, so that only pending images are counted. CROSS JOIN: keeps SQLite
// to this order.
constexpr std::string_view count_store_failure = R"sql(
  INSERT INTO store_failures (job_id, store_id, first_image_no, code, error, failed_images)
  SELECT images.job_id, visits.store_id, images.image_no, :code, :error, 1
    FROM images
    CROSS JOIN visits ON visits.job_id = images.job_id AND visits.visit_no = images.visit_no
   WHERE images.job_id = :job AND images.image_no = :image AND (images.state = 0 OR images.state = 2 AND images.run < :run)
      ON CONFLICT (job_id, store_id) DO UPDATE
     SET code = CASE WHEN excluded.first_image_no < first_image_no THEN excluded.code ELSE code END,
         error = CASE WHEN excluded.first_image_no < first_image_no THEN excluded.error ELSE error END,
         first_image_no = min(first_image_no, excluded.first_image_no),
         failed_images = failed_images + 1)sql";

constexpr std::string_view count_results = R"sql(
  UPDATE jobs SET images_succeeded = :succeeded, images_failed = :failed WHERE job_id = :job)sql";

constexpr std::string_view select_first_failures = R"sql(
  SELECT store_id, code, error, failed_images FROM store_failures WHERE job_id = :job ORDER BY first_image_no LIMIT :limit)sql";

constexpr std::string_view complete_job = R"sql(
  UPDATE jobs SET images_succeeded = :succeeded, images_failed = :failed, state = 2, finished_at = :now WHERE job_id = :job)sql";

constexpr std::string_view fail_job = R"sql(
  UPDATE jobs SET images_succeeded = :succeeded, images_failed = :failed, state = 3, finished_at = :now, failures = :failures
   WHERE job_id = :job)sql";

// A copy of the job's row at the end of its run, because a redrive changes the row.
constexpr std::string_view insert_callback = R"sql(
  INSERT INTO callbacks (job_id, run, due_at, job_state, images_succeeded, images_failed, finished_at, failures)
  SELECT job_id, run, :now, state, images_succeeded, images_failed, finished_at, failures
    FROM jobs WHERE job_id = :job)sql";

constexpr origin_number last_origin{std::numeric_limits<std::int32_t>::max()};

recorded nothing_changed(const job_row& row) {
  return {0, row.images, row.state, row.run, {}, row.has_callback};
}

/// [number, code] of each, as a JSON array. The names of codes need no escapes.
std::string json_of(std::span<const image_result* const> failures) {
  std::string text = "[";
  for (const auto* failure : failures) {
    if (text.size() > 1) text += ',';
    text.append("[").append(std::to_string(failure->number.value)).append(",\"");
    text.append(describe(failure->code).name).append("\"]");
  }
  return text + ']';
}

/// The first result of each image, in order of image.
std::vector<const image_result*> one_per_image(std::span<const image_result> results) {
  std::vector<const image_result*> all;
  all.reserve(results.size());
  for (const auto& result : results) all.push_back(&result);
  const auto number = [](const image_result* result) { return result->number; };
  std::ranges::stable_sort(all, {}, number);
  const auto doubles = std::ranges::unique(all, {}, number);
  all.erase(doubles.begin(), doubles.end());
  return all;
}

}  // namespace

std::optional<job_row> writer::implementation::find_job(job_id id) {
  long long state = 0, run = 0, total = 0, succeeded = 0, failed = 0, cancelled = 0, has_url = 0;
  const long long key = id.value;
  if (!sql.one(select_job, std::tie(state, run, total, succeeded, failed, cancelled, has_url), key))
    return std::nullopt;
  return job_row{static_cast<job_state>(state),
                 run_number{static_cast<std::int32_t>(run)},
                 {total, succeeded, failed},
                 cancelled != 0,
                 has_url != 0};
}

long long writer::implementation::update_images(job_id id, run_number run,
                                                std::span<const image_result* const> results,
                                                unix_millis now) {
  if (results.empty()) return 0;
  long long job = id.value, image = 0, of_run = run.value, state = 0, width = 0, height = 0,
            perimeter = 0, attempts = 0, status = 0, bytes = 0, dns = 0, connect = 0, total = 0,
            at = now.count();
  std::string format, code, error, url, address, kept;
  auto next = results.begin();
  return sql.change_each(
      update_image,
      std::tie(state, width, height, perimeter, format, code, error, attempts, url, address, status,
               bytes, dns, connect, total, kept, at, of_run, job, image),
      [&] {
        if (next == results.end()) return false;
        const image_result& result = **next++;
        const fetch_evidence& evidence = result.evidence;
        const bool succeeded = result.succeeded();
        image = result.number.value;
        state = succeeded ? 1 : 2;
        width = succeeded ? result.measured.width : 0;
        height = succeeded ? result.measured.height : 0;
        perimeter = succeeded ? perimeter_of(result.measured) : 0;
        format = succeeded ? name_of(result.measured.format) : "";
        code = succeeded ? "" : describe(result.code).name;
        error =
            succeeded
                ? ""
                : received_text(public_sentence(result.code, evidence.http_status, result.reason));
        attempts = result.attempts;
        url = received_text(evidence.final_url);
        address = received_text(evidence.address);
        status = evidence.http_status;
        bytes = evidence.bytes;
        dns = evidence.dns_ms;
        connect = evidence.connect_ms;
        total = evidence.total_ms;
        kept = received_text(evidence.kept);
        return true;
      });
}

void writer::implementation::count_failures(job_id id, run_number run,
                                            std::span<const image_result* const> results) {
  if (results.empty()) return;
  long long job = id.value, image = 0, of_run = run.value;
  std::string code, error;
  auto next = results.begin();
  sql.change_each(count_store_failure, std::tie(code, error, job, image, of_run), [&] {
    if (next == results.end()) return false;
    const image_result& result = **next++;
    image = result.number.value;
    code = describe(result.code).name;
    error = received_text(public_sentence(result.code, result.evidence.http_status, result.reason));
    return true;
  });
}

void writer::implementation::count_failures_of_origins(
    job_id id, run_number run, std::span<const image_result* const> results) {
  if (results.empty()) return;
  sql.change(queries::count_failures_of_origins(), static_cast<long long>(run.value),
             json_of(results), static_cast<long long>(id.value));
}

void writer::implementation::write_results(job_id id, run_number run,
                                           std::span<const image_result* const> results,
                                           job_row& row, recorded& outcome, unix_millis now) {
  std::vector<const image_result*> parted{results.begin(), results.end()};
  const auto failures = std::ranges::stable_partition(parted, &image_result::succeeded);
  const std::span<const image_result* const> all{parted};
  const auto count = parted.size() - failures.size();
  const long long succeeded = update_images(id, run, all.first(count), now);
  count_failures(id, run, all.subspan(count));
  if (row.images.total > static_cast<std::int64_t>(limits::page_images))
    count_failures_of_origins(id, run, all.subspan(count));
  const long long failed = update_images(id, run, all.subspan(count), now);
  if (succeeded + failed > 0) {
    row.images.succeeded += succeeded;
    row.images.failed += failed;
    if (row.images.pending() == 0) {
      end_run(id, row, now);
    } else {
      sql.change(count_results, static_cast<long long>(row.images.succeeded),
                 static_cast<long long>(row.images.failed), static_cast<long long>(id.value));
    }
  }
  outcome = {succeeded + failed, row.images, row.state, row.run, {}, row.has_callback};
}

std::string writer::implementation::failures_of(job_id id) {
  std::vector<store_failure> failures;
  std::string code;
  store_failure row;
  long long images = 0;
  const long long job = id.value;
  const long long limit = limits::status_failures + 1;  // one more shows that the list is cut
  sql.each(
      select_first_failures, std::tie(row.store_id, code, row.error, images),
      [&] {
        row.code = error_code_named(code).value_or(error_code::internal);
        row.failed_images = images;
        failures.push_back(row);
      },
      job, limit);
  const bool truncated = failures.size() > limits::status_failures;
  if (truncated) failures.pop_back();
  return failures_to_text(failures, truncated);
}

void writer::implementation::end_run(job_id id, job_row& row, unix_millis now) {
  const long long job = id.value;
  const long long at = now.count(), succeeded = row.images.succeeded, failed = row.images.failed;
  if (row.images.failed == 0) {
    sql.change(complete_job, succeeded, failed, at, job);
    row.state = job_state::completed;
  } else {
    sql.change(fail_job, succeeded, failed, at, failures_of(id), job);
    row.state = job_state::failed;
  }
  row.has_callback = row.has_url && sql.change(insert_callback, at, job) > 0;
}

recorded writer::record(job_id id, run_number run, std::span<const image_result> results,
                        unix_millis now) {
  auto& self = *implementation_;
  self.demand_transaction();
  auto row = self.find_job(id);
  if (!row) return {};
  if (row->state != job_state::ongoing || row->run != run) return nothing_changed(*row);
  recorded outcome;
  self.write_results(id, run, one_per_image(results), *row, outcome, now);
  return outcome;
}

std::vector<image_position> writer::implementation::pending_positions(
    job_id id, run_number run, std::optional<origin_number> origin, image_position after,
    std::size_t rows) {
  if (origin) after = std::max(after, image_position{*origin, image_number{-1}});
  std::vector<image_position> found;
  long long of = 0, number = 0;
  const auto take = [&] {
    found.push_back({origin_number{static_cast<std::int32_t>(of)}, image_number{number}});
  };
  const long long job = id.value, of_run = run.value, most = static_cast<long long>(rows),
                  from = after.origin.value, behind = after.number.value,
                  last = origin.value_or(last_origin).value;
  if (run == run_number{1}) {
    sql.each(queries::pending_positions(false), std::tie(of, number), take, job, from, behind, last,
             most);
  } else {
    sql.each(queries::pending_positions(true), std::tie(of, number), take, job, from, behind, last,
             of_run, most);
  }
  return found;
}

recorded writer::abandon(job_id id, run_number run, const abandonment& why, std::size_t rows,
                         unix_millis now, image_position after) {
  auto& self = *implementation_;
  self.demand_transaction();
  if (why.code == error_code::none)
    self.sql.fail(storage_error::kind::other, "images are abandoned with an error code");
  auto row = self.find_job(id);
  if (!row) return {};
  if (row->state != job_state::ongoing || row->run != run) return nothing_changed(*row);

  const auto positions = self.pending_positions(id, run, why.origin, after, rows);
  std::vector<image_result> results;
  results.reserve(positions.size());
  image_result result;
  result.code = why.code;
  result.reason = why.reason;
  result.attempts = 0;
  for (const auto& position : positions) {
    result.number = position.number;
    results.push_back(result);
  }
  recorded outcome;
  self.write_results(id, run, one_per_image(results), *row, outcome, now);
  outcome.last = positions.empty() ? after : positions.back();
  return outcome;
}

recorded writer::settle(job_id id, unix_millis now) {
  auto& self = *implementation_;
  self.demand_transaction();
  auto row = self.find_job(id);
  if (!row) return {};
  if (row->state == job_state::ongoing && row->images.pending() == 0) self.end_run(id, *row, now);
  return nothing_changed(*row);
}

}  // namespace retail_pulse::storage
