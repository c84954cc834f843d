// Opening, transactions, and writing submissions.
#include <algorithm>
#include <ranges>

#include "core/limits.hpp"
#include "core/visit_time.hpp"
#include "storage/migrations.hpp"
#include "storage/opening.hpp"
#include "storage/rows.hpp"
#include "storage/whole_file.hpp"
#include "storage/whole_log.hpp"
#include "storage/writer_implementation.hpp"

namespace retail_pulse::storage {
namespace {

using kind = storage_error::kind;

constexpr std::string_view insert_job = R"sql(
  INSERT INTO jobs (state, visits_total, images_total, submitted_at, callback_url)
  VALUES (:state, :visits, :images, :now, nullif(:callback, '')))sql";

constexpr std::string_view insert_visit = R"sql(
  INSERT INTO visits (job_id, visit_no, store_id, visit_time, visit_date, first_image, images)
  VALUES (:job, :visit, :store, :time, nullif(:date, ''), :first, :images))sql";

constexpr std::string_view insert_image = R"sql(
  INSERT INTO images (job_id, image_no, visit_no, url, origin_no) VALUES (:job, :image, :visit, :url, :origin))sql";

constexpr std::string_view insert_origin = R"sql(
  INSERT INTO origins (job_id, origin_no, origin, images_total) VALUES (:job, :origin, :text, :images))sql";

// Rows are numbered without gaps, so the largest number shows whether all are there; origin 0 may
// be missing. All images of a staging job are in images_pending.
constexpr std::string_view publish_job = R"sql(
  UPDATE jobs SET state = 1, submitted_at = :now
   WHERE job_id = :job AND state = 0
     AND visits_total = (SELECT coalesce(max(visit_no) + 1, 0) FROM visits WHERE visits.job_id = jobs.job_id)
     AND images_total = (SELECT coalesce(max(image_no) + 1, 0) FROM images WHERE images.job_id = jobs.job_id)
     AND (SELECT coalesce(min(origin_no), -1) FROM images WHERE images.job_id = jobs.job_id AND images.state = 0)
       = (SELECT coalesce(min(origin_no), -1) FROM origins WHERE origins.job_id = jobs.job_id)
     AND (SELECT coalesce(max(origin_no), -1) FROM images WHERE images.job_id = jobs.job_id AND images.state = 0)
       = (SELECT coalesce(max(origin_no), -1) FROM origins WHERE origins.job_id = jobs.job_id))sql";

// From the end, so that the rest is still numbered without gaps.
constexpr std::string_view delete_images = R"sql(
  DELETE FROM images
   WHERE job_id = :job AND image_no > (SELECT max(image_no) FROM images AS last WHERE last.job_id = :job) - :rows)sql";
constexpr std::string_view delete_visits = R"sql(
  DELETE FROM visits
   WHERE job_id = :job AND visit_no > (SELECT max(visit_no) FROM visits AS last WHERE last.job_id = :job) - :rows)sql";
constexpr std::string_view delete_origins = R"sql(
  DELETE FROM origins
   WHERE job_id = :job AND origin_no > (SELECT max(origin_no) FROM origins AS last WHERE last.job_id = :job) - :rows)sql";
constexpr std::string_view delete_job = "DELETE FROM jobs WHERE job_id = :job";

/// Number of the first visit whose images begin at `image` or behind it. A visit without images
/// begins where the next one does.
std::size_t first_visit_from(const submission& from, std::size_t image) {
  if (image == from.image_count()) return from.visit_count();
  const auto visits = std::views::iota(std::size_t{0}, from.visit_count());
  return *std::ranges::lower_bound(
      visits, image, {}, [&](std::size_t visit) { return from.visit_at(visit).first_image; });
}

/// Whether the job's rows have numbers of origins. A job that fits one page is read at once, and
/// needs none.
bool has_origins(const submission& from) {
  return from.image_count() > limits::page_images && from.origin_of(0) != not_numbered;
}

/// SQLite opens a file that it may not write for reading only, and the connection stays so when the
/// file is writable again.
void demand_writable(session& sql) {
  if (sql.opened_for_reading()) sql.fail(kind::read_only, "cannot be written");
  try {  // the log, too
    sql.change("BEGIN IMMEDIATE");
    sql.rollback();
  } catch (const storage_error& error) {
    if (error.what_kind() != kind::busy)
      throw;  // busy: another program writes, so it can be written
  }
}

/// Checks the log, before SQLite opens the database. Returns whether there is one.
bool check_log(const location& where) {
  if (where.file().empty()) return false;
  demand_whole_log(where.file());
  demand_own_log(where);
  return has_log(where.file());
}

}  // namespace

writer::implementation::implementation(const location& where, session_options options)
    : had_log{check_log(where)}, sql{where, options, session::role::writer} {
  const bool is_file = !where.file().empty();
  if (is_file) demand_log(sql, had_log);
  demand_whole(sql, where.file());
  demand_writable(sql);
  demand_known_schema(sql, sqlite_migrations());  // before anything is written
  // The note of the opening is written first: see demand_own_log.
  const bool noted = is_file && has_note(sql);
  if (noted) warning = note_opening(sql, had_log);
  migrate(sql, sqlite_migrations());
  if (!is_file) return;
  sql.use_write_ahead_log();  // after the tables of a new database: see demand_log
  if (!noted) note_opening(sql, had_log);
}

void writer::implementation::demand_transaction() const {
  if (!sql.in_transaction())
    sql.fail(kind::other, "no transaction is open; an error before may have ended it");
}

writer::writer(const location& where, session_options options)
    : implementation_{std::make_unique<implementation>(where, options)} {}
writer::~writer() = default;
writer::writer(writer&&) noexcept = default;

const std::string& writer::warning() const { return implementation_->warning; }

void writer::begin() { implementation_->sql.change("BEGIN IMMEDIATE"); }

void writer::commit() {
  implementation_->demand_transaction();
  implementation_->sql.change("COMMIT");
}

void writer::rollback() noexcept { implementation_->sql.rollback(); }

job_id writer::implementation::create(const submission& job, job_state state, unix_millis now) {
  sql.change(insert_job, static_cast<long long>(state), static_cast<long long>(job.visit_count()),
             static_cast<long long>(job.image_count()), static_cast<long long>(now.count()),
             job.callback_url());
  return job_id{sql.last_insert_id()};
}

void writer::implementation::write_visits(job_id id, const submission& from, std::size_t first,
                                          std::size_t last) {
  long long job = id.value, number = 0, first_image = 0, images = 0;
  std::string store, time, date;
  sql.change_each(insert_visit, std::tie(job, number, store, time, date, first_image, images), [&] {
    if (first == last) return false;
    const auto visit = from.visit_at(first);
    number = static_cast<long long>(first++);
    store = submitted_text(visit.store_id);
    time = submitted_text(visit.visit_time);
    date = visit_date(visit.visit_time).value_or("");
    first_image = static_cast<long long>(visit.first_image);
    images = static_cast<long long>(visit.image_count);
    return true;
  });
}

void writer::implementation::write_images(job_id id, const submission& from, std::size_t first,
                                          std::size_t last) {
  const bool numbered = has_origins(from);
  if (numbered) write_origins(id, from, first, last);
  long long job = id.value, number = 0, visit = 0, origin = not_numbered.value;
  std::string url;
  sql.change_each(insert_image, std::tie(job, number, visit, url, origin), [&] {
    if (first == last) return false;
    url = submitted_text(from.url_at(first));
    if (numbered) origin = from.origin_of(first).value;
    visit = static_cast<long long>(from.visit_of(first));
    number = static_cast<long long>(first++);
    return true;
  });
}

void writer::implementation::write_origins(job_id id, const submission& from, std::size_t first,
                                           std::size_t last) {
  long long job = id.value, number = 0, images = 0;
  std::string text;
  sql.change_each(insert_origin, std::tie(job, number, text, images), [&] {
    for (; first != last; ++first) {
      const auto origin = from.origin_of(first);
      if (origin == not_numbered || from.use_of(origin).first_image != first) continue;
      number = origin.value;
      images = from.use_of(origin).images;
      text = origin == not_fetchable ? "" : submitted_text(from.origins().at(number - 1));
      ++first;
      return true;
    }
    return false;
  });
}

job_id writer::store(const submission& job, unix_millis now) {
  auto& self = *implementation_;
  self.demand_transaction();
  const job_id id = self.create(job, job_state::ongoing, now);
  self.write_visits(id, job, 0, job.visit_count());
  self.write_images(id, job, 0, job.image_count());
  return id;
}

job_id writer::create_job(const submission& job, unix_millis now) {
  auto& self = *implementation_;
  self.demand_transaction();
  return self.create(job, job_state::staging, now);
}

void writer::append(job_id id, const submission& from, std::size_t first, std::size_t last) {
  auto& self = *implementation_;
  self.demand_transaction();
  if (first > last || last > from.image_count())
    self.sql.fail(kind::other, "a range of images lies outside of its submission");
  const auto row = self.find_job(id);
  if (!row || row->state != job_state::staging)
    self.sql.fail(kind::other, "rows can be appended to a staging job only");

  self.write_visits(id, from, first == 0 ? 0 : first_visit_from(from, first),
                    first_visit_from(from, last));
  self.write_images(id, from, first, last);
}

void writer::publish(job_id id, unix_millis now) {
  auto& self = *implementation_;
  self.demand_transaction();
  const long long changed = self.sql.change(publish_job, static_cast<long long>(now.count()),
                                            static_cast<long long>(id.value));
  if (changed != 1)
    self.sql.fail(kind::other, "only a staging job with all of its rows can be published");
}

bool writer::discard_staging(job_id id, std::size_t rows) {
  auto& self = *implementation_;
  self.demand_transaction();
  const auto row = self.find_job(id);
  if (!row || row->state != job_state::staging) return true;
  const long long job = id.value;
  auto left = static_cast<long long>(rows);
  left -= self.sql.change(delete_images, job, left);
  if (left <= 0) return false;
  left -= self.sql.change(delete_visits, job, left);
  if (left <= 0) return false;
  left -= self.sql.change(delete_origins, job, left);
  if (left <= 0) return false;
  self.sql.change(delete_job, job);
  return true;
}

}  // namespace retail_pulse::storage
