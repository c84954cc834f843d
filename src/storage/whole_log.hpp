#pragma once

#include <cstdint>
#include <filesystem>
#include <vector>

namespace retail_pulse::storage {

/// Looks for damage in a database's write-ahead log before SQLite does: SQLite reads a log up to the first frame that does not match its
/// checksum, and passes over everything behind it without a word, also where it was committed.
/// What no commit covers is no damage: a torn end, or the remains of an older round behind it.
/// How far the commits reached is known from SQLite's index of the log (-shm), which outlives a killed process. Without one, after a loss
/// of power, it is known of every commit that another was written behind; damage to the very last one then looks like a write that was
/// never finished.
/// To be called before this process opens the database: closing a file gives up the locks that SQLite holds on it.
/// storage_error: corrupt.
void demand_whole_log(const std::filesystem::path& database);

/// Pages whose last commit in the log is not what the database file holds, in order. To be called before this process opens the database,
/// too. Reads the whole log once; a log that is damaged is as long as SQLite reads it.
std::vector<std::uint32_t> pages_only_in_log(const std::filesystem::path& database);

/// Whether the database has a log with anything in it. To be called before this process opens the database, too.
bool has_log(const std::filesystem::path& database);

}  // namespace retail_pulse::storage
