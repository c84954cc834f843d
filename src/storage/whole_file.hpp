#pragma once

#include <filesystem>

namespace retail_pulse::storage {

class session;

/// Checks for damage before anything is written. A file of at most limits::checked_whole_pages is
/// read completely (SQLite's quick_check). A larger one may take minutes to read, so only these are
/// checked: the header, the schema, the length of the file, and the first and the last row of every
/// table and index, which are both edges of every tree. Damage elsewhere is storage_error corrupt
/// when it is read. storage_error: corrupt, or other for the database of another program.
void demand_whole(session& sql, const std::filesystem::path& file);

/// In the header of every database of this program: "RPls".
inline constexpr long long application_id = 0x52506c73;

}  // namespace retail_pulse::storage
