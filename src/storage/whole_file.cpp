#include "storage/whole_file.hpp"

#include <string>
#include <system_error>

#include "core/limits.hpp"
#include "storage/session.hpp"

namespace retail_pulse::storage {
namespace {

/// Both edges of every tree: a query per table and index, each of which goes down one path from the
/// root to a leaf.
constexpr std::string_view edges[] = {
    "SELECT job_id || state FROM jobs ORDER BY job_id LIMIT 1",
    "SELECT job_id || state FROM jobs ORDER BY job_id DESC LIMIT 1",
    "SELECT job_id FROM jobs ORDER BY state, job_id LIMIT 1",
    "SELECT job_id FROM jobs ORDER BY state DESC, job_id DESC LIMIT 1",
    "SELECT store_id FROM visits ORDER BY job_id, visit_no LIMIT 1",
    "SELECT store_id FROM visits ORDER BY job_id DESC, visit_no DESC LIMIT 1",
    "SELECT url FROM images ORDER BY job_id, image_no LIMIT 1",
    "SELECT url FROM images ORDER BY job_id DESC, image_no DESC LIMIT 1",
    "SELECT code FROM store_failures ORDER BY job_id, store_id LIMIT 1",
    "SELECT code FROM store_failures ORDER BY job_id DESC, store_id DESC LIMIT 1",
};

long long number(session& sql, std::string_view text) {
  long long value = 0;
  sql.one(text, std::tie(value));
  return value;
}

void check_completely(session& sql) {
  std::string finding;
  sql.one("PRAGMA quick_check(1)", std::tie(finding));
  if (finding != "ok")
    sql.fail(storage_error::kind::corrupt, "is damaged or not a database: " + finding);
}

/// A file may be shorter than its header says while the log holds the rest, so the log is copied
/// into it first.
void check_length(session& sql, const std::filesystem::path& file, long long pages) {
  long long busy = 0, logged = 0, moved = 0;
  sql.one("PRAGMA wal_checkpoint(PASSIVE)", std::tie(busy, logged, moved));
  if (busy != 0 || logged != moved)
    return;  // another program reads the log; the edges are still checked
  std::error_code failure;
  const auto bytes = std::filesystem::file_size(file, failure);
  if (failure)
    sql.fail(storage_error::kind::other, "its length cannot be read: " + failure.message());
  const auto expected = static_cast<std::uintmax_t>(pages * number(sql, "PRAGMA page_size"));
  if (bytes < expected) {
    sql.fail(storage_error::kind::corrupt, "is damaged: it has " + std::to_string(bytes) + " of " +
                                               std::to_string(expected) + " bytes");
  }
}

}  // namespace

void demand_whole(session& sql, const std::filesystem::path& file) {
  if (number(sql, "SELECT count(*) FROM sqlite_schema") == 0) return;  // new
  if (number(sql, "PRAGMA application_id") != application_id) {
    sql.fail(storage_error::kind::other, "is the database of another program");
  }
  const long long pages = number(sql, "PRAGMA page_count");
  if (pages <= limits::checked_whole_pages) return check_completely(sql);
  if (!file.empty()) check_length(sql, file, pages);
  std::string row;
  for (const auto text : edges) sql.one(text, std::tie(row));
}

}  // namespace retail_pulse::storage
