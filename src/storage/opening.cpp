#include "storage/opening.hpp"

#include <filesystem>
#include <system_error>

#include "core/limits.hpp"
#include "core/time.hpp"
#include "storage/location.hpp"
#include "storage/repository.hpp"
#include "storage/session.hpp"

namespace retail_pulse::storage {
namespace {

using kind = storage_error::kind;

void note(session& sql, std::string_view change, auto... parameters) {
  sql.change("BEGIN IMMEDIATE");
  try {
    sql.change(change, parameters...);
    sql.change("COMMIT");
  } catch (...) {
    sql.rollback();
    throw;
  }
}

/// Whether the whole log is in the file now.
bool copies_log_home(session& sql, std::string_view checkpoint) {
  long long busy = 0, logged = 0, moved = 0;
  sql.one(checkpoint, std::tie(busy, logged, moved));
  return logged >= 0 && logged == moved;  // -1: another program was at it
}

}  // namespace

void demand_log(session& sql, bool had_log) {
  long long tables = 0;
  sql.one("SELECT count(*) FROM sqlite_schema", std::tie(tables));
  if (tables != 0 || had_log || !sql.uses_write_ahead_log()) return;
  sql.fail(kind::corrupt, "has nothing in it, and its log, " + sql.name() +
                              "-wal, is missing, which had everything: restore both together. If nothing was ever stored in it, delete it");
}

std::string note_opening(session& sql, bool had_log) {
  long long opened_at = 0;
  const bool in_use = sql.one("SELECT opened_at FROM openings WHERE opened_at IS NOT NULL", std::tie(opened_at));
  sql.script("PRAGMA synchronous = NORMAL");  // the copying waits for the disk, so the commit need not
  note(sql, "UPDATE openings SET opened_at = :now", static_cast<long long>(system_wall_time().count()));
  copies_log_home(sql, "PRAGMA wal_checkpoint(PASSIVE)");
  sql.script("PRAGMA synchronous = FULL");
  if (!in_use || had_log) return {};
  return sql.name() + " was not left in order, and has no log (" + sql.name() +
         "-wal) beside it: if it is a copy of the file alone, what was committed last is missing; a copy that SQLite made (.backup) is "
         "whole";
}

closing::closing(const location& where) {
  if (where.file().empty()) return;
  std::error_code unknown;
  if (!std::filesystem::exists(where.file(), unknown)) throw storage_error{kind::other, where.file().string() + " is not there any more"};
  session_ = std::make_unique<session>(where, session_options{.busy_timeout = limits::closing_patience}, session::role::writer);
}

closing::~closing() = default;

void closing::finish() {
  if (!session_) return;
  copies_log_home(*session_, "PRAGMA wal_checkpoint(PASSIVE)");  // makes room in the log for the note, where the disk is full
  note(*session_, "UPDATE openings SET opened_at = NULL");
  if (!copies_log_home(*session_, "PRAGMA wal_checkpoint(TRUNCATE)")) {
    session_->fail(kind::busy, "another program holds an older state of it open");
  }
}

}  // namespace retail_pulse::storage
