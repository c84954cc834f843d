#include "storage/opening.hpp"

#include <algorithm>
#include <filesystem>
#include <system_error>

#include "core/limits.hpp"
#include "core/time.hpp"
#include "storage/location.hpp"
#include "storage/repository.hpp"
#include "storage/session.hpp"
#include "storage/whole_log.hpp"

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

/// True: the whole log is in the file now.
bool copy_log_into_file(session& sql, std::string_view checkpoint) {
  long long busy = 0, logged = 0, moved = 0;
  sql.one(checkpoint, std::tie(busy, logged, moved));
  return logged >= 0 && logged == moved;  // -1: another program holds the lock
}

/// The first page of the table that holds the note of an opening; 0: there is no such table.
long long page_of_note(session& sql) {
  long long page = 0;
  sql.one("SELECT rootpage FROM sqlite_schema WHERE type = 'table' AND name = 'openings'",
          std::tie(page));
  return page;
}

}  // namespace

void demand_log(session& sql, bool had_log) {
  long long tables = 0;
  sql.one("SELECT count(*) FROM sqlite_schema", std::tie(tables));
  if (tables != 0 || had_log || !sql.uses_write_ahead_log()) return;
  sql.fail(kind::corrupt, "is empty, and its log, " + sql.name() +
                              "-wal, which had all the data, is missing: restore both together. If "
                              "nothing was ever stored in it, delete it");
}

void demand_own_log(const location& where) {
  if (!has_log(where.file())) return;
  long long note_page = 0, closed_cleanly = 0;
  try {
    session alone{where, {}, session::role::file_alone};
    note_page = page_of_note(alone);
    if (note_page == 0) return;
    if (!alone.one("SELECT 1 FROM openings WHERE opened_at IS NULL", std::tie(closed_cleanly)))
      return;
  } catch (const storage_error&) {
    return;  // it cannot be read without its log, or is damaged, which is found when both are
             // opened
  }
  const auto pages = pages_only_in_log(where.file());
  // The note of the next opening may be in the log alone, if the process was killed just then.
  if (std::ranges::all_of(pages, [&](std::uint32_t page) { return page == note_page; })) return;
  const auto file = where.file().string();
  throw storage_error{
      kind::corrupt,
      file + " was closed cleanly and has all the data in it, so the log beside it, " + file +
          "-wal, belongs to another state of it: if " + file + " was restored from a copy, move " +
          file + "-wal and " + file + "-shm away"};
}

bool has_note(session& sql) { return page_of_note(sql) != 0; }

std::string note_opening(session& sql, bool had_log) {
  long long opened_at = 0;
  const bool in_use =
      sql.one("SELECT opened_at FROM openings WHERE opened_at IS NOT NULL", std::tie(opened_at));
  sql.script(
      "PRAGMA synchronous = NORMAL");  // copying the log waits for the disk, so the commit need not
  note(sql, "UPDATE openings SET opened_at = :now",
       static_cast<long long>(system_wall_time().count()));
  copy_log_into_file(sql, "PRAGMA wal_checkpoint(PASSIVE)");
  sql.script("PRAGMA synchronous = FULL");
  if (!in_use || had_log) return {};
  return sql.name() + " was not closed cleanly, and has no log (" + sql.name() +
         "-wal) beside it: if it is a copy of the file alone, the last commits are missing; a copy "
         "that SQLite made (.backup) is "
         "whole";
}

closing::closing(const location& where) {
  if (where.file().empty()) return;
  std::error_code unknown;
  if (!std::filesystem::exists(where.file(), unknown))
    throw storage_error{kind::other, where.file().string() + " is missing"};
  session_ = std::make_unique<session>(
      where, session_options{.busy_timeout = limits::closing_patience}, session::role::writer);
}

closing::~closing() = default;

void closing::finish() {
  if (!session_) return;
  // Copied first, so that the note is true, and because that makes room in the log for the note
  // where the disk is full.
  if (!copy_log_into_file(*session_, "PRAGMA wal_checkpoint(FULL)")) {
    session_->fail(kind::busy, "another program holds an older state of it open");
  }
  note(*session_, "UPDATE openings SET opened_at = NULL");
  copy_log_into_file(*session_,
                     "PRAGMA wal_checkpoint(TRUNCATE)");  // while another program reads, only the
                                                          // note stays in the log
}

}  // namespace retail_pulse::storage
