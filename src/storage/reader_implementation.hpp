#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/report.hpp"
#include "fetch/url/origin_numbers.hpp"
#include "storage/session.hpp"

namespace retail_pulse::storage {

/// Several queries that see one committed state.
class read_transaction {
 public:
  explicit read_transaction(session& sql) : sql_{sql} { sql_.change("BEGIN"); }
  ~read_transaction() { sql_.rollback(); }
  read_transaction(const read_transaction&) = delete;
  read_transaction& operator=(const read_transaction&) = delete;

 private:
  session& sql_;
};

/// Whether URLs are of an origin, by the parser.
class origin_match {
 public:
  explicit origin_match(std::string origin) : origin_{std::move(origin)} {}
  bool operator()(std::string_view url) {
    const auto number = numbers_.number_of(url);
    return number > not_fetchable &&
           numbers_.origins()[static_cast<std::size_t>(number.value) - 1] == origin_;
  }

 private:
  std::string origin_;
  fetch::origin_numbers numbers_;
};

/// nullopt: there is no format of that name.
std::optional<image_format> format_named(std::string_view name);

/// A row of a page of images; defined in reports.cpp.
struct image_columns;

class reader::implementation {
 public:
  implementation(const location& where, session_options options);

  session sql;

  [[noreturn]] void fail_unknown_word() const;
  error_code known_code(const std::string& name) const;

  void read_failures(job_report& into);
  void read_stores(job_report& into);
  void read_origins(job_report& into, std::span<const std::string> asked);
  /// Of a job of at most limits::page_images images, whose rows have no numbers of origins.
  std::vector<origin_summary> origins_of_small(job_id job, run_number run);
  bool has_origins(job_id job);
  std::optional<origin_number> number_of_origin(job_id job, const std::string& origin);
  struct origin_range;
  /// nullopt: the job has no images at the origin of the filter. `images`: all of the job.
  std::optional<origin_range> origin_range_of(job_id job, const image_filter& filter,
                                              image_number after, long long images);
  bool has_image_at(const job_summary& job, const std::string& origin, origin_match& matches);
  reported_image image_of(const image_columns& row, long long run) const;
};

}  // namespace retail_pulse::storage
