// The images of a job by origin.
#include "storage/origins.hpp"

#include <algorithm>
#include <map>

#include "core/limits.hpp"
#include "storage/reader_implementation.hpp"

namespace retail_pulse::storage {
namespace queries {
namespace {

constexpr std::string_view select_origins = R"sql(
  SELECT origin_no, origin, images_total, iif(failed_run = :run, images_failed, 0),
         coalesce(iif(failed_run = :run, last_error, NULL), 'none'), )sql";

// INDEXED BY: SQLite would take the primary keys, which hold the other rows too.
constexpr std::string_view count_without_result = R"sql(
         (SELECT count(*) FROM images INDEXED BY images_pending
           WHERE images.job_id = origins.job_id AND images.origin_no = origins.origin_no AND images.state = 0))sql";
constexpr std::string_view count_failed_before = R"sql(
         + (SELECT count(*) FROM images INDEXED BY images_failed_by_origin
             WHERE images.job_id = origins.job_id AND images.origin_no = origins.origin_no AND images.state = 2 AND images.run < :run))sql";

std::string selected(pending_images_are which) {
  std::string text{select_origins};
  if (which == pending_images_are::none) return text += '0';
  text += count_without_result;
  if (which == pending_images_are::also_failed) text += count_failed_before;
  return text;
}

}  // namespace

std::string origins_of_job(pending_images_are which) {
  return selected(which) +
         " FROM origins WHERE job_id = :job AND origin_no > :after ORDER BY origin_no LIMIT :limit";
}

std::string origin_of_job(pending_images_are which) {
  return selected(which) +
         " FROM origins INDEXED BY origins_by_name WHERE job_id = :job AND origin = :origin";
}

std::string_view worst_origins() {
  return R"sql(
  SELECT origin_no, origin, images_total, images_failed, coalesce(last_error, 'none'), 0
    FROM origins INDEXED BY origins_by_failures
   WHERE failed_run = :run AND job_id = :job AND images_failed > 0 ORDER BY images_failed DESC, origin_no LIMIT :limit)sql";
}

std::string_view images_of_small_job() {
  return R"sql(
  SELECT image_no, url, state, run, coalesce(code, 'none'), coalesce(recorded_at, 0)
    FROM images WHERE job_id = :job ORDER BY image_no)sql";
}

std::string_view number_of_origin() {
  return "SELECT origin_no FROM origins WHERE job_id = :job AND origin = :origin";
}

std::string_view count_failures_of_origins() {
  // With max() the other columns of a group are those of its last failure. CROSS JOIN: keeps SQLite
  // to this order.
  return R"sql(
  UPDATE origins
     SET images_failed = iif(failed_run = counted.run, images_failed, 0) + counted.images, last_error = counted.code, failed_run = counted.run
    FROM (SELECT images.job_id AS job_id, images.origin_no AS origin_no, count(*) AS images, max(failure.key),
                 json_extract(failure.value, '$[1]') AS code, :run AS run
            FROM json_each(:failures) AS failure
           CROSS JOIN images ON images.job_id = :job AND images.image_no = json_extract(failure.value, '$[0]')
           WHERE images.state = 0 OR images.state = 2 AND images.run < :run
           GROUP BY images.origin_no) AS counted
   WHERE origins.job_id = counted.job_id AND origins.origin_no = counted.origin_no)sql";
}

}  // namespace queries

namespace {

constexpr std::string_view select_job = R"sql(
  SELECT run, state, images_total FROM jobs WHERE job_id = :job AND state > 0)sql";

constexpr std::string_view select_any_origin = "SELECT 1 FROM origins WHERE job_id = :job LIMIT 1";

constexpr std::string_view select_urls = "SELECT url FROM images WHERE job_id = :job";

bool is_small(std::int64_t images) {
  return images <= static_cast<std::int64_t>(limits::page_images);
}

/// An origin_summary as columns are bound.
struct origin_columns {
  origin_summary summary;
  std::string code;
  long long number = 0, images = 0, failed = 0, pending = 0;

  auto tied() { return std::tie(number, summary.origin, images, failed, code, pending); }
  origin_summary made(error_code last_error) {
    summary.number.value = static_cast<std::int32_t>(number);
    summary.images = images;
    summary.failed = failed;
    summary.pending = pending;
    summary.last_error = last_error;
    return summary;
  }
};

}  // namespace

std::vector<origin_summary> reader::implementation::origins_of_small(job_id job, run_number run) {
  struct tally {
    origin_summary summary;
    long long last_failure = 0;  ///< its time
  };
  std::map<origin_number, tally> tallies;
  fetch::origin_numbers numbers;
  std::string url, code;
  long long number = 0, state = 0, of_run = 0, recorded = 0;
  sql.each(
      queries::images_of_small_job(), std::tie(number, url, state, of_run, code, recorded),
      [&] {
        const auto origin = numbers.number_of(url);
        auto& [summary, last_failure] = tallies[origin];
        summary.number = origin;
        ++summary.images;
        const bool failed = static_cast<image_state>(state) == image_state::failed;
        if (static_cast<image_state>(state) == image_state::pending ||
            (failed && of_run < run.value)) {
          ++summary.pending;
        } else if (failed) {
          ++summary.failed;
          if (recorded >= std::exchange(last_failure, std::max(last_failure, recorded)))
            summary.last_error = known_code(code);
        }
      },
      static_cast<long long>(job.value));
  std::vector<origin_summary> all;
  for (auto& [origin, each] : tallies) {
    if (origin > not_fetchable)
      each.summary.origin = numbers.origins()[static_cast<std::size_t>(origin.value) - 1];
    all.push_back(std::move(each.summary));
  }
  return all;
}

bool reader::implementation::has_origins(job_id job) {
  long long any = 0;
  return sql.one(select_any_origin, std::tie(any), static_cast<long long>(job.value));
}

std::optional<origin_number> reader::implementation::number_of_origin(job_id job,
                                                                      const std::string& origin) {
  long long number = 0;
  if (!sql.one(queries::number_of_origin(), std::tie(number), static_cast<long long>(job.value),
               origin))
    return std::nullopt;
  return origin_number{static_cast<std::int32_t>(number)};
}

bool reader::implementation::has_image_at(const job_summary& job, const std::string& origin,
                                          origin_match& matches) {
  if (!is_small(job.images.total)) return number_of_origin(job.id, origin).has_value();
  bool found = false;
  std::string url;
  sql.each(
      select_urls, std::tie(url), [&] { return !(found = matches(url)); },
      static_cast<long long>(job.id.value));
  return found;
}

std::optional<origin_summaries> reader::origins(job_id job, const std::optional<std::string>& only,
                                                origin_number after, std::size_t limit) {
  auto& self = *implementation_;
  const read_transaction one_state{self.sql};
  long long run = 0, state = 0, total = 0;
  const long long of_job = job.value;
  if (!self.sql.one(select_job, std::tie(run, state, total), of_job)) return std::nullopt;

  origin_summaries page;
  const auto take = [&](const origin_summary& each) {
    const bool is_full = page.origins.size() == limit;
    if (is_full) page.next = page.origins.back().number;
    if (!is_full) page.origins.push_back(each);
    return !is_full;
  };
  if (is_small(total)) {
    for (const auto& each :
         self.origins_of_small(job, run_number{static_cast<std::int32_t>(run)})) {
      if (each.number > after && (!only || each.origin == *only) && !take(each)) break;
    }
    return page;
  }
  using queries::pending_images_are;
  const auto which = static_cast<job_state>(state) != job_state::ongoing ? pending_images_are::none
                     : run == 1 ? pending_images_are::without_result
                                : pending_images_are::also_failed;
  origin_columns row;
  const auto on_row = [&] { return take(row.made(self.known_code(row.code))); };
  if (only) {
    const auto one = [&] { return row.number > after.value ? on_row() : true; };
    self.sql.each(queries::origin_of_job(which), row.tied(), one, run, of_job, *only);
  } else {
    self.sql.each(queries::origins_of_job(which), row.tied(), on_row, run, of_job,
                  static_cast<long long>(after.value), static_cast<long long>(limit) + 1);
  }
  return page;
}

void reader::implementation::read_origins(job_report& into, std::span<const std::string> asked) {
  auto& list = into.origins;
  const auto take = [&](const origin_summary& each) {
    const bool is_new = std::ranges::find(list, each.number, &origin_summary::number) == list.end();
    if (is_new && list.size() < limits::worst_origins) list.push_back(each);
  };
  if (is_small(into.job.images.total)) {
    auto all = origins_of_small(into.job.id, into.job.run);
    for (auto& each : all) each.pending = 0;
    for (const auto& name : asked) {
      const auto found = std::ranges::find(all, name, &origin_summary::origin);
      if (found != all.end()) take(*found);
    }
    std::ranges::stable_sort(all, std::greater{}, &origin_summary::failed);
    for (const auto& each : all) {
      if (each.failed > 0) take(each);
    }
    return;
  }
  origin_columns row;
  const auto on_row = [&] { take(row.made(known_code(row.code))); };
  const long long job = into.job.id.value, run = into.job.run.value;
  for (const auto& name : asked)
    sql.each(queries::origin_of_job(queries::pending_images_are::none), row.tied(), on_row, run,
             job, name);
  if (into.job.images.failed > 0)
    sql.each(queries::worst_origins(), row.tied(), on_row, run, job,
             static_cast<long long>(limits::worst_origins));
}

}  // namespace retail_pulse::storage
