// Pending images and their origins, as jobs read them.
#include "storage/pending.hpp"

#include <algorithm>

#include "core/limits.hpp"
#include "storage/reader_implementation.hpp"

namespace retail_pulse::storage {
namespace queries {

// CROSS JOIN: keeps SQLite to this order. INDEXED BY: it would take the primary key, which holds
// the other images too.

std::string_view pending_images(bool again) {
  // Both halves come in order, so SQLite need not sort.
  return again ? R"sql(
  SELECT images.image_no AS image_no, visits.store_id, images.url
    FROM images INDEXED BY images_pending CROSS JOIN visits ON visits.job_id = images.job_id AND visits.visit_no = images.visit_no
   WHERE images.job_id = :job AND images.origin_no = :origin AND images.run = :run AND images.state = 0 AND images.image_no > :after
   UNION ALL
  SELECT images.image_no AS image_no, visits.store_id, images.url
    FROM images INDEXED BY images_failed_by_origin CROSS JOIN visits ON visits.job_id = images.job_id AND visits.visit_no = images.visit_no
   WHERE images.job_id = :job AND images.origin_no = :origin AND images.run < :run AND images.state = 2 AND images.image_no > :after
   ORDER BY image_no LIMIT :limit)sql"
               : R"sql(
  SELECT images.image_no, visits.store_id, images.url
    FROM images INDEXED BY images_pending CROSS JOIN visits ON visits.job_id = images.job_id AND visits.visit_no = images.visit_no
   WHERE images.job_id = :job AND images.origin_no = :origin AND images.run = :run AND images.state = 0 AND images.image_no > :after
   ORDER BY images.image_no LIMIT :limit)sql";
}

std::string_view pending_origins(bool again) {
  return again ? R"sql(
  SELECT origin_no, origin FROM origins
   WHERE job_id = :job AND origin_no > :after
     AND (EXISTS (SELECT 1 FROM images INDEXED BY images_pending
                  WHERE images.job_id = origins.job_id AND images.origin_no = origins.origin_no AND images.state = 0)
          OR EXISTS (SELECT 1 FROM images INDEXED BY images_failed_by_origin
                      WHERE images.job_id = origins.job_id AND images.origin_no = origins.origin_no AND images.state = 2 AND images.run < :run))
   ORDER BY origin_no LIMIT :limit)sql"
               : R"sql(
  SELECT origin_no, origin FROM origins
   WHERE job_id = :job AND origin_no > :after
     AND EXISTS (SELECT 1 FROM images INDEXED BY images_pending
                  WHERE images.job_id = origins.job_id AND images.origin_no = origins.origin_no AND images.state = 0)
   ORDER BY origin_no LIMIT :limit)sql";
}

std::string_view pending_among() {
  return R"sql(
  SELECT images.image_no, visits.store_id, images.url
    FROM json_each(:numbers) AS wanted
   CROSS JOIN images ON images.job_id = :job AND images.image_no = wanted.value
   CROSS JOIN visits ON visits.job_id = images.job_id AND visits.visit_no = images.visit_no
   WHERE images.state = 0 AND images.run = :run OR images.state = 2 AND images.run < :run)sql";
}

std::string_view unnumbered_images() {
  return R"sql(
  SELECT 1 FROM images INDEXED BY images_pending
   WHERE job_id = :job AND origin_no = -1 AND state = 0
   UNION ALL
  SELECT 1 FROM images INDEXED BY images_failed_by_origin
   WHERE job_id = :job AND origin_no = -1 AND state = 2
   LIMIT 1)sql";
}

std::string_view image_urls() {
  return R"sql(
  SELECT image_no, url FROM images WHERE job_id = :job AND image_no > :after
   ORDER BY image_no LIMIT :limit)sql";
}

std::string_view pending_positions(bool again) {
  // From a position to the end, or of one origin: then `:last` is its number. The second index also
  // holds images that failed in this run; they are skipped, with the position each of them once.
  return again ? R"sql(
  SELECT origin_no, image_no FROM images INDEXED BY images_pending
   WHERE job_id = :job AND state = 0 AND (origin_no, image_no) > (:origin, :image) AND origin_no <= :last
   UNION ALL
  SELECT origin_no, image_no FROM images INDEXED BY images_failed_by_origin
   WHERE job_id = :job AND state = 2 AND (origin_no, image_no) > (:origin, :image) AND origin_no <= :last AND run < :run
   ORDER BY origin_no, image_no LIMIT :rows)sql"
               : R"sql(
  SELECT origin_no, image_no FROM images INDEXED BY images_pending
   WHERE job_id = :job AND state = 0 AND (origin_no, image_no) > (:origin, :image) AND origin_no <= :last
   ORDER BY origin_no, image_no LIMIT :rows)sql";
}

}  // namespace queries

namespace {

/// An image_task as columns are bound.
struct task_columns {
  image_task task;
  long long number = 0;

  auto tied() { return std::tie(number, task.store_id, task.url); }
  image_task made() {
    task.number.value = number;
    return task;
  }
};

/// In order, each once, as a JSON array.
std::string json_array(std::span<const image_number> numbers) {
  std::vector<image_number> sorted{numbers.begin(), numbers.end()};
  std::ranges::sort(sorted);
  const auto doubles = std::ranges::unique(sorted);
  sorted.erase(doubles.begin(), doubles.end());
  std::string text = "[";
  for (const auto number : sorted) {
    if (text.size() > 1) text += ',';
    text += std::to_string(number.value);
  }
  return text + ']';
}

bool is_again(run_number run) { return run > run_number{1}; }

}  // namespace

std::vector<job_origin> reader::pending_origins(job_id job, run_number run, origin_number after,
                                                std::size_t limit) {
  std::vector<job_origin> origins;
  job_origin origin;
  long long number = 0;
  const auto take = [&] {
    origin.number.value = static_cast<std::int32_t>(number);
    origins.push_back(origin);
  };
  const auto columns = std::tie(number, origin.origin);
  const auto text = queries::pending_origins(is_again(run));
  const long long of = job.value, behind = after.value, of_run = run.value,
                  most = static_cast<long long>(limit);
  auto& sql = implementation_->sql;
  if (is_again(run)) {
    sql.each(text, columns, take, of, behind, of_run, most);
  } else {
    sql.each(text, columns, take, of, behind, most);
  }
  return origins;
}

std::vector<image_task> reader::pending_images(job_id job, run_number run, origin_number origin,
                                               image_number after, std::size_t limit) {
  std::vector<image_task> tasks;
  task_columns row;
  implementation_->sql.each(
      queries::pending_images(is_again(run)), row.tied(), [&] { tasks.push_back(row.made()); },
      static_cast<long long>(job.value), static_cast<long long>(origin.value),
      static_cast<long long>(run.value), static_cast<long long>(after.value),
      static_cast<long long>(limit));
  return tasks;
}

std::vector<image_task> reader::pending_images(job_id job, run_number run,
                                               std::span<const image_number> numbers) {
  auto& sql = implementation_->sql;
  if (numbers.size() > limits::page_images)
    sql.fail(storage_error::kind::other, "more images are asked for than a page has");
  std::vector<image_task> tasks;
  task_columns row;
  sql.each(
      queries::pending_among(), row.tied(), [&] { tasks.push_back(row.made()); },
      json_array(numbers), static_cast<long long>(job.value), static_cast<long long>(run.value));
  return tasks;
}

bool reader::has_unnumbered_images(job_id job) {
  const long long id = job.value;
  bool has = false;
  long long one = 0;
  implementation_->sql.each(
      queries::unnumbered_images(), std::tie(one), [&] { has = true; }, id);
  return has;
}

std::vector<image_url> reader::image_urls(job_id job, image_number after, std::size_t limit) {
  std::vector<image_url> images;
  image_url image;
  long long number = 0;
  implementation_->sql.each(
      queries::image_urls(), std::tie(number, image.url),
      [&] {
        image.number.value = number;
        images.push_back(image);
      },
      static_cast<long long>(job.value), static_cast<long long>(after.value),
      static_cast<long long>(limit));
  return images;
}

}  // namespace retail_pulse::storage
