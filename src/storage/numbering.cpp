// Numbers of origins for the images of jobs that an older version of the program stored.
#include <map>

#include "storage/rows.hpp"
#include "storage/writer_implementation.hpp"

namespace retail_pulse::storage {
namespace {

constexpr std::string_view number_image = R"sql(
  UPDATE images SET origin_no = :origin WHERE job_id = :job AND image_no = :image AND origin_no = -1)sql";

constexpr std::string_view insert_origin = R"sql(
  INSERT INTO origins (job_id, origin_no, origin, images_total) VALUES (:job, :origin, :text, 0)
      ON CONFLICT (job_id, origin_no) DO NOTHING)sql";

constexpr std::string_view add_images = R"sql(
  UPDATE origins
     SET images_total = images_total + :images, failed_run = current.run, images_failed = current.failed, last_error = current.code
    FROM (SELECT jobs.run AS run, count(images.image_no) AS failed, max(images.recorded_at), images.code AS code
            FROM jobs LEFT JOIN images INDEXED BY images_failed_by_origin
              ON images.job_id = jobs.job_id AND images.origin_no = :origin AND images.state = 2 AND images.run = jobs.run
           WHERE jobs.job_id = :job) AS current
   WHERE job_id = :job AND origin_no = :origin)sql";

}  // namespace

void writer::number_origins(job_id id,
                            std::span<const std::pair<image_number, origin_number>> images,
                            std::span<const job_origin> fresh) {
  auto& self = *implementation_;
  self.demand_transaction();
  const long long job = id.value;
  for (const auto& origin : fresh)
    self.sql.change(insert_origin, job, static_cast<long long>(origin.number.value),
                    submitted_text(origin.origin));
  std::map<long long, long long> numbered;
  for (const auto& [image, origin] : images) {
    const long long number = origin.value;
    numbered[number] +=
        self.sql.change(number_image, number, job, static_cast<long long>(image.value));
  }
  for (const auto& [origin, count] : numbered) {
    if (count > 0 && self.sql.change(add_images, count, origin, job) != 1)
      self.sql.fail(storage_error::kind::other, "an image's origin has no row");
  }
}

}  // namespace retail_pulse::storage
