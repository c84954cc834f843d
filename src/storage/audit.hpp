#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "core/audit.hpp"
#include "storage/digest.hpp"

namespace retail_pulse::storage {

/// The columns of audited_image, of one page. An image that failed in an earlier run than the job's
/// is pending. LEFT JOIN, so that an image whose visit is missing is counted, and because SQLite
/// then walks over the images in the order of their key and does not sort.
inline constexpr std::string_view select_audited_images = R"sql(
  SELECT images.image_no, iif(images.state = 2 AND images.run < :run, 0, images.state), coalesce(visits.store_id, ''), coalesce(visits.visit_time, ''), images.url,
         images.origin_no
    FROM images LEFT JOIN visits ON visits.job_id = images.job_id AND visits.visit_no = images.visit_no
   WHERE images.job_id = :job AND images.image_no > :after
   ORDER BY images.image_no LIMIT :limit)sql";

/// The counters of a job's origins. Those of failures may be of an earlier run, and then count
/// nothing.
inline constexpr std::string_view select_audited_origins = R"sql(
  SELECT origin_no, images_total, iif(failed_run = :run, images_failed, 0) FROM origins WHERE job_id = :job)sql";

struct audited_image {
  long long number = 0;
  long long state = 0;
  std::string store_id;  ///< empty: the visit is missing
  std::string visit_time;
  std::string url;
  long long origin = -1;  ///< its number, or not_numbered
};

struct audited_origin {
  long long number = 0;
  long long images = 0;  ///< as its counters say,
  long long failed = 0;  ///< and these
};

/// Counts a job's images, added in order, in memory that does not grow with them.
class image_audit {
 public:
  void add(const audited_image& image);
  void add(const audited_origin& origin);

  std::int64_t images() const { return total_.submitted; }

  /// The audit, except for the fields that come from the job's row. The last call.
  job_audit end(const image_counts& counters);

 private:
  image_tally* tally_of(const std::string& store_id);

  image_tally total_;
  bool in_sequence_ = true;
  bool all_visited_ = true;
  /// 0 when the counters of every origin agree with its images, but for a chance of 2^-64: each
  /// image adds what its origin's counters take away. So it does not grow with the origins.
  std::uint64_t origins_balance_ = 0;
  std::vector<store_tally> stores_;
  std::unordered_map<std::string, std::size_t> index_of_store_;
  std::size_t last_store_ = 0;  ///< images of a visit come one after the other
  bool stores_truncated_ = false;
  std::string line_;
  text_digest submitted_;
  text_digest recorded_;
};

}  // namespace retail_pulse::storage
