#pragma once

#include <string>

namespace retail_pulse::storage {

class location;
class session;

/// Refuses a file that has nothing in it although it was written through a log, where that log is not there: its commits are lost. A new
/// database gets its tables before its log, so it never looks like this. `had_log`: see has_log; as it was before the session opened.
/// storage_error: corrupt.
void demand_log(session& sql, bool had_log);

/// Refuses a file that was left in order, and so had everything in it, beside a log that says otherwise: the file was put back over a newer
/// one, whose log it is. SQLite would mix the two. To be called before this process opens the database. storage_error: corrupt.
void demand_own_log(const location& where);

/// Whether the database has a place for the note of an opening.
bool has_note(session& sql);

/// Notes that the database is open, in the file itself, until closing::finish. What an operator should hear about the time before: it was
/// not left in order, and has no log that would tell the rest. Else empty.
std::string note_opening(session& sql, bool had_log);

}  // namespace retail_pulse::storage
