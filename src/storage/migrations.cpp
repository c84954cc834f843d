#include "storage/migrations.hpp"

#include <string>
#include <vector>

#include "core/time.hpp"
#include "storage/session.hpp"
#include "storage/whole_file.hpp"

namespace retail_pulse::storage {
namespace {

using kind = storage_error::kind;

struct applied_migration {
  long long version = 0;
  std::string name;
  std::string checksum;
};

std::vector<applied_migration> applied_migrations(session& sql) {
  long long tables = 0;
  sql.one("SELECT count(*) FROM sqlite_schema WHERE type = 'table' AND name = 'schema_migrations'",
          std::tie(tables));
  std::vector<applied_migration> all;
  if (tables == 0) return all;
  applied_migration row;
  sql.each("SELECT version, name, checksum FROM schema_migrations ORDER BY version",
           std::tie(row.version, row.name, row.checksum), [&] { all.push_back(row); });
  return all;
}

void demand_known(session& sql, std::span<const migration> known,
                  const std::vector<applied_migration>& applied) {
  if (applied.size() > known.size()) {
    sql.fail(kind::newer_schema,
             "has schema version " + std::to_string(applied.back().version) +
                 ", made by a newer version of this program, which knows versions up to " +
                 std::to_string(known.size()) + "; start the newer program");
  }
  for (std::size_t i = 0; i < applied.size(); ++i) {
    if (applied[i].version == known[i].version && applied[i].checksum == known[i].checksum)
      continue;
    sql.fail(kind::other, "schema version " + std::to_string(applied[i].version) + " (" +
                              applied[i].name +
                              ") was made by another text than this program has; the migration was "
                              "edited after it was applied");
  }
}

void apply(session& sql, const migration& next) {
  sql.script(next.sql);
  sql.change(
      "INSERT INTO schema_migrations (version, name, checksum, applied_at) VALUES (:version, "
      ":name, :checksum, :now)",
      static_cast<long long>(next.version), std::string{next.name}, std::string{next.checksum},
      static_cast<long long>(system_wall_time().count()));
}

}  // namespace

void migrate(session& sql, std::span<const migration> known) {
  const auto applied = applied_migrations(sql);
  demand_known(sql, known, applied);
  const auto missing = known.subspan(applied.size());
  if (missing.empty()) return;
  sql.change("BEGIN IMMEDIATE");
  try {
    sql.script(
        "CREATE TABLE IF NOT EXISTS schema_migrations (version INTEGER PRIMARY KEY, name TEXT NOT "
        "NULL, checksum TEXT NOT NULL,"
        " applied_at INTEGER NOT NULL) STRICT;"
        "PRAGMA application_id = " +
        std::to_string(application_id));
    for (const auto& next : missing) apply(sql, next);
    sql.change("COMMIT");
  } catch (...) {
    sql.rollback();
    throw;
  }
}

void demand_known_schema(session& sql, std::span<const migration> known) {
  demand_known(sql, known, applied_migrations(sql));
}

void demand_current_schema(session& sql, std::span<const migration> known) {
  const auto applied = applied_migrations(sql);
  demand_known(sql, known, applied);
  if (applied.size() < known.size()) {
    sql.fail(kind::other, "has schema version " + std::to_string(applied.size()) + " of " +
                              std::to_string(known.size()) + "; a writer has to open it first");
  }
}

}  // namespace retail_pulse::storage
