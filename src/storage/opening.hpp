#pragma once

#include <string>

namespace retail_pulse::storage {

class location;
class session;

/// Refuses an empty file that was written through a log which is missing: its commits are lost. A
/// new database gets its tables before its log, so it never looks like this. `had_log`: the result
/// of has_log before the session opened. storage_error: corrupt.
void demand_log(session& sql, bool had_log);

/// Refuses a file that was closed cleanly, and so had all commits in it, beside a log with other
/// commits: the file was restored over a newer one, to which the log belongs. SQLite would mix the
/// two. Must run before this process opens the database. storage_error: corrupt.
void demand_own_log(const location& where);

/// Whether the database can hold the note of an opening; those of early versions cannot.
bool has_note(session& sql);

/// Notes in the file itself that the database is open, until closing::finish. Returns a warning for
/// the operator if it was not closed cleanly before and has no log with the last commits; else an
/// empty text.
std::string note_opening(session& sql, bool had_log);

}  // namespace retail_pulse::storage
