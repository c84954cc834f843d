#pragma once

#include <filesystem>

namespace retail_pulse::storage {

class session;

/// Looks for damage before anything is written. A file of at most limits::checked_whole_pages is read wholly (SQLite's quick_check).
/// Of a larger one, which may take minutes to read, this looks at: the header, the schema, the length of the file, and the first and the
/// last row of every table and index, that is both edges of every tree. Damage elsewhere shows as storage_error corrupt when it is read.
/// storage_error: corrupt, or other for the database of another program.
void demand_whole(session& sql, const std::filesystem::path& file);

/// Stands in the header of every database of ours ("RPls").
inline constexpr long long application_id = 0x52506c73;

}  // namespace retail_pulse::storage
