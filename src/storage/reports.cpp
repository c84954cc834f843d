// Lists of jobs, reports, and pages of images.
#include "storage/reports.hpp"

#include <algorithm>
#include <functional>
#include <limits>

#include "core/limits.hpp"
#include "core/text.hpp"
#include "storage/reader_implementation.hpp"

namespace retail_pulse::storage {
namespace queries {
namespace {

// A plus before a column keeps SQLite from using an index that would make it sort.

constexpr std::string_view select_jobs = R"sql(
  SELECT jobs.job_id, run, state, images_total, images_succeeded, images_failed, visits_total, submitted_at, coalesce(finished_at, 0))sql";

constexpr std::string_view all_jobs = R"sql(
    FROM jobs WHERE job_id < :below AND job_id >= :least AND +submitted_at >= :since AND +state > 0
   ORDER BY job_id DESC LIMIT :limit)sql";

constexpr std::string_view jobs_in_state = R"sql(
    FROM jobs WHERE job_id < :below AND job_id >= :least AND +submitted_at >= :since AND state = :state
   ORDER BY job_id DESC LIMIT :limit)sql";

// There are few ongoing jobs, compared with all jobs of a store.
constexpr std::string_view ongoing_jobs_of_store = R"sql(
    FROM jobs WHERE EXISTS (SELECT 1 FROM visits WHERE visits.store_id = :store AND visits.job_id = jobs.job_id)
     AND job_id < :below AND job_id >= :least AND +submitted_at >= :since AND state = :state
   ORDER BY job_id DESC LIMIT :limit)sql";

// From job to job of the store, each found by one look into the index however many visits it has.
// The rows come in the order in which the recursion makes them.
constexpr std::string_view steps_of_store = R"sql(
    WITH RECURSIVE of_store (id) AS (
      SELECT max(job_id) FROM visits WHERE store_id = :store AND job_id < :below
       UNION ALL
      SELECT (SELECT max(job_id) FROM visits WHERE store_id = :store AND job_id < of_store.id) FROM of_store WHERE id >= :least))sql";
constexpr std::string_view jobs_of_store = R"sql(
    FROM of_store CROSS JOIN jobs ON jobs.job_id = of_store.id
   WHERE of_store.id >= :least AND +submitted_at >= :since AND +state > 0 LIMIT :limit)sql";
constexpr std::string_view jobs_of_store_in_state = R"sql(
    FROM of_store CROSS JOIN jobs ON jobs.job_id = of_store.id
   WHERE of_store.id >= :least AND +submitted_at >= :since AND +state = :state LIMIT :limit)sql";

constexpr std::string_view select_images = R"sql(
  SELECT i.image_no, v.store_id, v.visit_time, i.url, i.state, i.run, coalesce(i.width, 0), coalesce(i.height, 0),
         coalesce(i.format, 'unknown'), coalesce(i.code, 'none'), coalesce(i.error, ''), coalesce(i.attempts, 0),
         coalesce(i.final_url, ''), coalesce(i.address, ''), coalesce(i.http_status, 0), coalesce(i.bytes, 0), coalesce(i.dns_ms, 0), coalesce(i.connect_ms, 0),
         coalesce(i.total_ms, 0), coalesce(i.kept, ''), coalesce(i.recorded_at, 0))sql";

/// `index` is the one of the images: empty, or "INDEXED BY ...".
std::string of_job(std::string_view index) {
  return std::string{R"sql(
    FROM images AS i )sql"}
      .append(index)
      .append(R"sql( CROSS JOIN visits AS v ON v.job_id = i.job_id AND v.visit_no = i.visit_no
   WHERE i.job_id = :job AND i.image_no > :after)sql");
}

/// Visits before the one of the image
/// at the cursor are not looked at.
std::string of_store(std::string_view index) {
  return std::string{R"sql(
    FROM visits AS v INDEXED BY visits_by_store CROSS JOIN images AS i )sql"}
      .append(index)
      .append(
          R"sql( ON i.job_id = :job AND i.image_no >= max(v.first_image, :after + 1) AND i.image_no < v.first_image + v.images
   WHERE v.store_id = :store AND v.job_id = :job
     AND v.visit_no >= coalesce((SELECT at.visit_no FROM images AS at WHERE at.job_id = :job AND at.image_no = :after), 0))sql");
}

/// SQLite sorts their numbers, in the index alone, before it reads the first row. The rows come in
/// that order.
constexpr std::string_view pending_of_job = R"sql(
    FROM (SELECT job_id, image_no FROM images INDEXED BY images_pending
           WHERE job_id = :job AND state = 0 AND image_no > :after ORDER BY image_no LIMIT :limit) AS p
   CROSS JOIN images AS i ON i.job_id = p.job_id AND i.image_no = p.image_no
   CROSS JOIN visits AS v ON v.job_id = i.job_id AND v.visit_no = i.visit_no)sql";

constexpr std::string_view by_code = "INDEXED BY images_by_code";
constexpr std::string_view by_failure = "INDEXED BY images_failed";
constexpr std::string_view by_origin_and_failure = "INDEXED BY images_failed_by_origin";
constexpr std::string_view by_origin_and_pending = "INDEXED BY images_pending";

std::string_view of_origin(const image_filter& filter) {
  return filter.origin ? " AND i.origin_no = :origin AND i.image_no <= :last" : "";
}

std::string images_of_job(const image_filter& filter, pending_rows pending) {
  const auto in = [&](std::string_view index) {
    return std::string{select_images}.append(of_job(index)).append(of_origin(filter));
  };
  const std::string from = in("");
  const std::string end = " ORDER BY i.image_no LIMIT :limit";
  const auto failed = in(filter.origin ? by_origin_and_failure : by_failure) + " AND i.state = 2";
  if (filter.code)
    return (filter.origin ? failed : in(by_code) + " AND i.state = 2") +
           " AND i.code = :code AND i.run = :run" + end;
  if (!filter.state) return from + end;
  if (*filter.state == image_state::succeeded) return from + " AND +i.state = 1" + end;
  if (*filter.state == image_state::failed) return failed + " AND i.run = :run" + end;
  const auto without_result = in(by_origin_and_pending) + " AND i.state = 0";
  if (pending == pending_rows::again)
    return without_result + " UNION ALL " + failed + " AND i.run < :run ORDER BY 1 LIMIT :limit";
  if (filter.origin) return without_result + end;
  if (pending == pending_rows::many) return from + " AND +i.state = 0" + end;
  return std::string{select_images}.append(pending_of_job);
}

std::string images_of_store(const image_filter& filter, pending_rows pending) {
  const auto in = [&](std::string_view index, std::string_view where) {
    return std::string{select_images}
        .append(of_store(index))
        .append(of_origin(filter))
        .append(where)
        .append(" ORDER BY v.visit_no, i.image_no LIMIT :limit");
  };
  if (filter.code)
    return in(filter.origin ? by_origin_and_failure : by_code,
              " AND i.state = 2 AND i.code = :code AND i.run = :run");
  if (!filter.state) return in("", "");
  if (*filter.state == image_state::succeeded) return in("", " AND +i.state = 1");
  if (*filter.state == image_state::failed)
    return in(filter.origin ? by_origin_and_failure : by_failure,
              " AND i.state = 2 AND i.run = :run");
  if (pending != pending_rows::again) return in("", " AND +i.state = 0");
  return in("", " AND (+i.state = 0 OR (+i.state = 2 AND +i.run < :run))");
}

/// Within the visit at the cursor, its images behind the cursor's.
constexpr std::string_view images_of_visit = R"sql(
      ON i.job_id = v.job_id AND i.image_no < v.first_image + v.images
     AND i.image_no >= max(v.first_image, CASE WHEN v.job_id = :job AND v.visit_no = :visit THEN :image + 1 ELSE 0 END))sql";

}  // namespace

std::string jobs(const job_filter& filter) {
  const std::string columns{select_jobs};
  if (!filter.store_id) return columns + std::string{filter.state ? jobs_in_state : all_jobs};
  if (filter.state == job_state::ongoing) return columns + std::string{ongoing_jobs_of_store};
  return std::string{steps_of_store} + columns +
         std::string{filter.state ? jobs_of_store_in_state : jobs_of_store};
}

std::string least_job() {
  return "SELECT coalesce(min(job_id), 9223372036854775807) FROM jobs WHERE submitted_at >= :since";
}

std::string failures_by_code() {
  return "SELECT code, count(*) FROM images WHERE job_id = :job AND state = 2 AND run = :run GROUP "
         "BY code";
}

std::string stores_of_job() {
  return R"sql(
  SELECT s.store_id, s.visits, s.images, coalesce(f.failed_images, 0), coalesce(f.code, 'none'), coalesce(f.error, '')
    FROM (SELECT store_id, count(*) AS visits, sum(images) AS images, min(visit_no) AS first_visit
            FROM visits WHERE job_id = :job GROUP BY store_id ORDER BY first_visit LIMIT :limit) AS s
    LEFT JOIN store_failures AS f ON f.job_id = :job AND f.store_id = s.store_id
   ORDER BY s.first_visit)sql";
}

std::string images(const image_filter& filter, pending_rows pending) {
  return filter.store_id ? images_of_store(filter, pending) : images_of_job(filter, pending);
}

std::string dated_perimeters() {
  return std::string{R"sql(
  SELECT v.visit_date, v.job_id, v.visit_no, i.image_no, i.perimeter
    FROM visits AS v INDEXED BY visits_by_day CROSS JOIN images AS i)sql"}
      .append(images_of_visit)
      .append(R"sql(
   WHERE v.store_id = :store AND (v.visit_date, v.job_id, v.visit_no) >= (:date, :job, :visit) AND v.visit_date <= :last AND +i.state = 1
   ORDER BY v.visit_date, v.job_id, v.visit_no, i.image_no LIMIT :limit)sql");
}

std::string undated_perimeters() {
  return std::string{R"sql(
  SELECT v.visit_time, v.job_id, v.visit_no, i.image_no, i.perimeter
    FROM visits AS v INDEXED BY visits_by_day CROSS JOIN images AS i)sql"}
      .append(images_of_visit)
      .append(R"sql(
   WHERE v.store_id = :store AND v.visit_date IS NULL AND (v.job_id, v.visit_no) >= (:job, :visit) AND +i.state = 1
   ORDER BY v.job_id, v.visit_no, i.image_no LIMIT :limit)sql");
}

}  // namespace queries

namespace {

constexpr std::string_view select_report = R"sql(
  SELECT run, state, images_total, images_succeeded, images_failed, visits_total, submitted_at, coalesce(finished_at, 0),
         coalesce(run_started_at, submitted_at), run_kept, cancelled_at IS NOT NULL
    FROM jobs WHERE job_id = :job AND state > 0)sql";

constexpr std::string_view select_run = R"sql(
  SELECT run, state, images_total - images_succeeded - images_failed, images_total FROM jobs WHERE job_id = :job AND state > 0)sql";

constexpr std::string_view before_all_days;
constexpr std::string_view last_of_all_days = "9999-12-31";  // that visit_date() knows

/// Ends a page before it holds too much.
class page_bound {
 public:
  explicit page_bound(std::size_t rows) : rows_{rows} {}

  /// Before adding a row of so many bytes of text; false: it belongs on the next page.
  bool takes(std::size_t bytes) {
    if (rows_ == 0 || bytes_ >= limits::report_page_bytes) return false;
    --rows_;
    bytes_ += bytes;
    return true;
  }

 private:
  std::size_t rows_;
  std::size_t bytes_ = 0;
};

/// One row more than the page holds shows whether anything follows.
long long limit_of(std::size_t rows) { return static_cast<long long>(rows) + 1; }

/// A job's row, as columns are bound.
struct job_columns {
  long long id = 0, run = 0, state = 0, total = 0, succeeded = 0, failed = 0, visits = 0,
            submitted = 0, finished = 0;

  job_summary summary() const {
    job_summary job;
    job.id = job_id{id};
    job.run.value = static_cast<std::int32_t>(run);
    job.state = static_cast<job_state>(state);
    job.images = {total, succeeded, failed};
    job.visits = visits;
    job.submitted_at = unix_millis{submitted};
    if (job.state != job_state::ongoing) job.finished_at = unix_millis{finished};
    return job;
  }
};

}  // namespace

/// An image's row, as columns are bound: texts go straight into the image.
struct image_columns {
  reported_image image;
  std::string format, code;
  long long number = 0, state = 0, run = 0, width = 0, height = 0, attempts = 0, http_status = 0,
            bytes = 0, dns = 0, connect = 0, total = 0, recorded = 0;

  auto tied() {
    auto& evidence = image.result.evidence;
    return std::tie(number, image.store_id, image.visit_time, image.url, state, run, width, height,
                    format, code, image.error, attempts, evidence.final_url, evidence.address,
                    http_status, bytes, dns, connect, total, evidence.kept, recorded);
  }

  /// Bytes in JSON: a control character takes six.
  std::size_t text_bytes() const {
    std::size_t sum = 0;
    const auto& evidence = image.result.evidence;
    for (const std::string& text :
         {std::cref(image.store_id), std::cref(image.visit_time), std::cref(image.url),
          std::cref(image.error), std::cref(evidence.final_url), std::cref(evidence.kept)}) {
      sum += json_text_bytes(text);
    }
    return sum;
  }
};

error_code reader::implementation::known_code(const std::string& name) const {
  const auto code = error_code_named(name);
  if (!code) fail_unknown_word();
  return *code;
}

job_page reader::jobs(const job_filter& filter, job_id below, std::size_t limit) {
  auto& self = *implementation_;
  auto& sql = self.sql;
  const read_transaction one_state{sql};
  const long long since = filter.submitted_after ? filter.submitted_after->count()
                                                 : std::numeric_limits<long long>::min();
  long long least = 1;
  if (filter.submitted_after) sql.one(queries::least_job(), std::tie(least), since);

  // By origin, these are only looked at.
  std::vector<job_summary> found;
  const auto most = filter.origin ? limits::walked_jobs : limit;
  bool more = false;
  job_columns row;
  const auto columns = std::tie(row.id, row.run, row.state, row.total, row.succeeded, row.failed,
                                row.visits, row.submitted, row.finished);
  const auto on_row = [&] {
    more = found.size() == most;
    if (!more) found.push_back(row.summary());
    return !more;
  };
  const std::string text = queries::jobs(filter);
  const long long upper = below.value;
  const long long rows = limit_of(most);
  const auto ask = [&](const auto&... before) {
    if (!filter.state) return sql.each(text, columns, on_row, before..., upper, least, since, rows);
    const auto state = static_cast<long long>(*filter.state);
    sql.each(text, columns, on_row, before..., upper, least, since, state, rows);
  };
  if (filter.store_id) {
    ask(*filter.store_id);
  } else {
    ask();
  }

  job_page page;
  if (more) page.next = found.back().id;
  if (!filter.origin) {
    page.jobs = std::move(found);
    return page;
  }
  origin_match matches{*filter.origin};
  for (auto& job : found) {
    if (!self.has_image_at(job, *filter.origin, matches)) continue;
    if (page.jobs.size() == limit) {
      page.next = page.jobs.back().id;
      break;
    }
    page.jobs.push_back(std::move(job));
  }
  return page;
}

std::optional<job_report> reader::report(job_id id, std::span<const std::string> origins) {
  auto& sql = implementation_->sql;
  const read_transaction one_state{sql};
  job_columns row;
  row.id = id.value;
  long long started = 0, kept = 0, cancelled = 0;
  const auto columns = std::tie(row.run, row.state, row.total, row.succeeded, row.failed,
                                row.visits, row.submitted, row.finished, started, kept, cancelled);
  if (!sql.one(select_report, columns, static_cast<long long>(id.value))) return std::nullopt;
  job_report report;
  report.job = row.summary();
  report.run_started_at = unix_millis{started};
  report.run_kept = kept;
  report.cancelled = cancelled != 0;
  if (row.failed > 0) implementation_->read_failures(report);
  implementation_->read_stores(report);
  implementation_->read_origins(report, origins);
  report.callback = callback(id, report.job.run);
  return report;
}

void reader::implementation::read_failures(job_report& into) {
  std::string name;
  long long images = 0;
  sql.each(
      queries::failures_by_code(), std::tie(name, images),
      [&] { into.failures.emplace_back(known_code(name), images); },
      static_cast<long long>(into.job.id.value), static_cast<long long>(into.job.run.value));
  std::ranges::sort(into.failures);
}

void reader::implementation::read_stores(job_report& into) {
  store_summary store;
  std::string name;
  long long visits = 0, images = 0, failed = 0;
  sql.each(
      queries::stores_of_job(), std::tie(store.store_id, visits, images, failed, name, store.error),
      [&] {
        into.stores_truncated = into.stores.size() == limits::status_failures;
        if (into.stores_truncated) return false;
        store.visits = visits;
        store.images = images;
        store.failed = failed;
        store.code = known_code(name);
        into.stores.push_back(store);
        return true;
      },
      static_cast<long long>(into.job.id.value), limit_of(limits::status_failures));
}

/// `run` is the job's.
reported_image reader::implementation::image_of(const image_columns& row, long long run) const {
  const auto known_format = format_named(row.format);
  if (!known_format) fail_unknown_word();
  reported_image image = row.image;
  image.number = image.result.number = image_number{row.number};
  image.state = static_cast<image_state>(row.state);
  if (image.state == image_state::failed && row.run < run) {
    image.state = image_state::pending;
    image.error.clear();
    image.result = {};
    return image;
  }
  image.result.code = known_code(row.code);
  image.result.measured = {*known_format, static_cast<std::uint32_t>(row.width),
                           static_cast<std::uint32_t>(row.height)};
  image.result.attempts = static_cast<std::int32_t>(row.attempts);
  auto& evidence = image.result.evidence;
  evidence.http_status = static_cast<std::int32_t>(row.http_status);
  evidence.bytes = row.bytes;
  evidence.dns_ms = static_cast<std::int32_t>(row.dns);
  evidence.connect_ms = static_cast<std::int32_t>(row.connect);
  evidence.total_ms = static_cast<std::int32_t>(row.total);
  image.recorded_at = unix_millis{row.recorded};
  return image;
}

/// Which of a job's images a filter by origin asks storage for.
struct reader::implementation::origin_range {
  long long number = 0;  ///< of the origin; not_numbered: the URLs of these images decide
  long long last = 0;    ///< of the images
  bool is_whole = true;  ///< no images are behind `last`
};

std::optional<reader::implementation::origin_range> reader::implementation::origin_range_of(
    job_id job, const image_filter& filter, image_number after, long long images) {
  auto number = not_numbered;
  if (has_origins(job)) {
    const auto found = number_of_origin(job, *filter.origin);
    if (!found) return std::nullopt;
    number = *found;
  }
  const bool is_indexed = filter.code || filter.state == image_state::failed ||
                          (filter.state == image_state::pending && !filter.store_id);
  if (number != not_numbered && is_indexed) return origin_range{number.value, images, true};
  const auto last = std::min<long long>(images, after.value + limits::walked_images);
  return origin_range{number.value, last, last >= images - 1};
}

std::optional<image_page> reader::images(job_id id, const image_filter& filter, image_number after,
                                         std::size_t limit) {
  auto& self = *implementation_;
  const read_transaction one_state{self.sql};
  const long long job = id.value;
  long long run = 0, state = 0, left = 0, total = 0;
  if (!self.sql.one(select_run, std::tie(run, state, left, total), job)) return std::nullopt;
  const bool ongoing = static_cast<job_state>(state) == job_state::ongoing;
  image_page page;
  if (filter.code && filter.state.value_or(image_state::failed) != image_state::failed)
    return page;  // a code is of failed images
  if (filter.state == image_state::pending && !ongoing) return page;
  std::optional<implementation::origin_range> range;
  std::optional<origin_match> matches;
  if (filter.origin) {
    range = self.origin_range_of(id, filter, after, total);
    if (!range) return page;
    if (range->number == not_numbered.value) matches.emplace(*filter.origin);
  }

  page_bound bound{limit};
  image_columns row;
  const auto on_row = [&] {
    if (matches && !(*matches)(row.image.url)) return true;
    const bool fits = bound.takes(row.text_bytes());
    if (fits) {
      page.images.push_back(self.image_of(row, run));
    } else {
      page.next = page.images.back().number;
    }
    return fits;
  };
  const bool again = ongoing && run > 1;
  const auto pending = again                                   ? queries::pending_rows::again
                       : left <= limits::sorted_pending_images ? queries::pending_rows::few
                                                               : queries::pending_rows::many;
  const std::string text = queries::images(filter, pending);
  const long long behind = after.value;
  const long long rows = matches ? limit_of(limits::walked_images) : limit_of(limit);
  const auto ask_in = [&](const auto&... those) {
    if (!filter.store_id)
      return self.sql.each(text, row.tied(), on_row, job, behind, those..., rows);
    self.sql.each(text, row.tied(), on_row, job, behind, *filter.store_id, those..., rows);
  };
  const auto ask = [&](const auto&... those) {
    range ? ask_in(range->number, range->last, those...) : ask_in(those...);
  };
  if (filter.code) {
    ask(std::string{describe(*filter.code).name}, run);
  } else if (filter.state == image_state::failed ||
             (filter.state == image_state::pending && again)) {
    ask(run);
  } else {
    ask();
  }
  if (range && !range->is_whole && !page.next) page.next = image_number{range->last};
  return page;
}

perimeter_page reader::perimeters(const std::string& store_id, const day_range& days,
                                  const perimeter_cursor& from, std::size_t limit) {
  auto& sql = implementation_->sql;
  const read_transaction one_state{sql};
  perimeter_page page;
  page_bound bound{limit};
  perimeter_cursor at = from;
  std::string date;
  long long job = 0, visit = 0, image = 0, perimeter = 0;
  const auto columns = std::tie(date, job, visit, image, perimeter);
  const auto on_row = [&] {
    if (!bound.takes(json_text_bytes(date))) {
      page.next = at;
      return false;
    }
    at = {at.dated, at.dated ? date : std::string{}, job_id{job}, visit, image_number{image}};
    page.rows.push_back({date, perimeter});
    return true;
  };
  const auto ask = [&](const std::string& text, const auto&... those) {
    sql.each(text, columns, on_row, static_cast<long long>(at.job.value),
             static_cast<long long>(at.visit), static_cast<long long>(at.image.value), store_id,
             those..., limit_of(limit));
  };
  if (at.dated) {
    const std::string first =
        at.date.empty() ? days.first.value_or(std::string{before_all_days}) : at.date;
    ask(queries::dated_perimeters(), first, days.last.value_or(std::string{last_of_all_days}));
    if (page.next || days.bounded()) return page;
    at = {};
    at.dated = false;
  }
  ask(queries::undated_perimeters());
  return page;
}

}  // namespace retail_pulse::storage
