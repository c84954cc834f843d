#pragma once

#include <span>
#include <string_view>

namespace retail_pulse::storage {

class session;

/// One file of data/migrations/sqlite. Once released, a file is never edited; a change of the
/// schema is a new file.
struct migration {
  int version = 0;  ///< from 1, without gaps
  std::string_view name;
  std::string_view checksum;  ///< SHA-256 of the file, in hexadecimal
  std::string_view sql;
};

/// In order of version; compiled in.
std::span<const migration> sqlite_migrations();

/// Applies the missing migrations, all in one transaction with their rows in `schema_migrations`,
/// so that an upgrade is done completely or not at all, and waits for the disk only once.
/// storage_error: newer_schema, or other for the file of another program and for a migration that
/// was edited after it was applied.
void migrate(session& sql, std::span<const migration> known);

/// Throws what `migrate` would throw for a database that it refuses. Writes nothing.
void demand_known_schema(session& sql, std::span<const migration> known);

/// storage_error unless every known migration, and no other, is applied.
void demand_current_schema(session& sql, std::span<const migration> known);

}  // namespace retail_pulse::storage
