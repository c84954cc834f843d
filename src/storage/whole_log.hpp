#pragma once

#include <cstdint>
#include <filesystem>
#include <vector>

namespace retail_pulse::storage {

/// Checks a database's write-ahead log for damage before SQLite reads it: SQLite reads a log up to
/// the first frame that does not match its checksum, and silently ignores everything behind it,
/// even committed frames. Frames that belong to no commit are no damage: a torn end, or the remains
/// of an earlier round behind it. How far the commits reached is known from SQLite's index of the
/// log (-shm), which outlives a killed process. After a loss of power there is no index. Then every
/// commit is known that another one was written behind; damage to the last commit looks like an
/// unfinished write. Must run before this process opens the database: closing a file gives up the
/// locks that SQLite holds on it. storage_error: corrupt.
void demand_whole_log(const std::filesystem::path& database);

/// Numbers of the pages whose last commit in the log differs from the database file, in order. Must
/// run before this process opens the database, too. Reads the whole log once; a damaged log ends
/// where SQLite stops reading it.
std::vector<std::uint32_t> pages_only_in_log(const std::filesystem::path& database);

/// Whether the database has a log that is not empty. Must run before this process opens the
/// database, too.
bool has_log(const std::filesystem::path& database);

}  // namespace retail_pulse::storage
