#include "storage/session.hpp"

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <system_error>

namespace retail_pulse::storage {
namespace {

using kind = storage_error::kind;

/// SQLite has no code for a quota or a file-size limit; the system's error number has.
kind kind_of_io_error(int system_error) {
  switch (system_error) {
    case ENOSPC:
    case EDQUOT:
    case EFBIG:
      return kind::full;
    case EROFS:
    case EACCES:
    case EPERM:
      return kind::read_only;
    default:
      return kind::other;
  }
}

kind kind_of(int result, int system_error) {
  switch (result & 0xff) {  // the low byte is the code, the others its extension
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      return kind::busy;
    case SQLITE_FULL:
      return kind::full;
    case SQLITE_READONLY:
    case SQLITE_CANTOPEN:
    case SQLITE_PERM:
    case SQLITE_AUTH:
      return kind::read_only;
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
      return kind::corrupt;
    case SQLITE_IOERR:
      return kind_of_io_error(system_error);
    default:
      return kind::other;
  }
}

int last_error_of(sqlite_api::sqlite3_file* file) {
  int error = 0;
  const bool has_control = file != nullptr && file->pMethods != nullptr &&
                           file->pMethods->xFileControl != nullptr;  // a journal in memory has none
  if (has_control) file->pMethods->xFileControl(file, SQLITE_FCNTL_LAST_ERRNO, &error);
  return error;
}

/// The system's error number of the last failed read or write of the log or the database. Not
/// sqlite3_system_errno(): SQLite has touched other files since.
int last_io_error(sqlite_api::sqlite3* connection) {
  sqlite_api::sqlite3_file* log = nullptr;
  sqlite_api::sqlite3_file* database = nullptr;
  sqlite_api::sqlite3_file_control(connection, "main", SQLITE_FCNTL_JOURNAL_POINTER, &log);
  sqlite_api::sqlite3_file_control(connection, "main", SQLITE_FCNTL_FILE_POINTER, &database);
  const int error = last_error_of(log);
  return error != 0 ? error : last_error_of(database);
}

/// For the operator, before SQLite's own words.
std::string_view meaning_of(kind k) {
  switch (k) {
    case kind::busy:
      return "is in use by another program: ";
    case kind::full:
      return "has no space to grow: ";
    case kind::read_only:
      return "cannot be opened or written: ";
    case kind::corrupt:
      return "is damaged or not a database: ";
    default:
      return "";
  }
}

/// SOCI puts the name of one of its functions in front of SQLite's message.
std::string without_function_name(std::string text) {
  if (!text.starts_with("sqlite3_statement_backend::")) return text;
  const auto end = text.find(": ");
  return end == std::string::npos ? text : text.substr(end + 2);
}

void create_parent(const std::filesystem::path& file) {
  std::error_code failure;
  std::filesystem::create_directories(file.parent_path(), failure);
  if (!failure) return;
  const kind what = kind_of_io_error(failure.value());
  throw storage_error{
      what == kind::full ? kind::full : kind::read_only,
      "The folder " + file.parent_path().string() + " cannot be created: " + failure.message()};
}

/// For the whole process, before SQLite's first use: no statistics of memory, which take one lock
/// for every allocation of every connection, and no lock per connection, as a session is used by
/// one thread at a time. Has no effect where SQLite is in use already.
void configure_sqlite() {
  static const bool done = [] {
    sqlite_api::sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
    sqlite_api::sqlite3_config(SQLITE_CONFIG_MULTITHREAD);
    return true;
  }();
  static_cast<void>(done);
}

}  // namespace

std::string_view public_reason(storage_error::kind kind) {
  using enum storage_error::kind;
  switch (kind) {
    case busy:
      return "another program is using it";
    case full:
      return "it has no space left";
    case read_only:
      return "it cannot be written";
    case corrupt:
      return "it is damaged";
    case newer_schema:
    case other:
      break;
  }
  return "";
}

session::session(const location& where, session_options options, role as)
    : name_{where.file().empty() ? "The database in memory" : where.file().string()} {
  configure_sqlite();
  const bool is_file = !where.file().empty();
  if (is_file && as == role::writer) create_parent(where.file());
  try {
    const std::string_view how = as == role::file_alone ? "?mode=ro&immutable=1"
                                 : as == role::reader   ? "?mode=rw"
                                                        : "";
    connection_.open(soci::sqlite3, where.connect_string() + std::string{is_file ? how : ""});
  } catch (const soci::soci_error& error) {
    rethrow(error);
  }
  set_up(options, as);
  observer_ = options.observer;
}

session::~session() = default;

void session::set_up(session_options options, role as) {
  script("PRAGMA busy_timeout = " + std::to_string(options.busy_timeout.count()));
  script(
      "PRAGMA temp_store = MEMORY");  // a container may have no writable folder but the database's
  if (as != role::writer) {
    script("PRAGMA query_only = ON");
    return;
  }
  // secure_delete: deleted rows are of submissions that were not accepted; they need not be
  // overwritten with zeros. journal_size_limit, bytes: gives space back after a burst. cache_size,
  // KiB if negative.
  script(
      "PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON; PRAGMA secure_delete = OFF; PRAGMA "
      "cache_size = -8192;"
      "PRAGMA wal_autocheckpoint = 1000; PRAGMA journal_size_limit = 67108864");
}

void session::use_write_ahead_log() {
  std::string mode;
  one("PRAGMA journal_mode = WAL", std::tie(mode));
  if (mode != "wal")
    fail(kind::other,
         "the file system does not support SQLite's write-ahead log (journal mode is '" + mode +
             "')");
}

bool session::uses_write_ahead_log() {
  std::string mode;
  one("PRAGMA journal_mode", std::tie(mode));
  return mode == "wal";
}

soci::sqlite3_session_backend& session::backend() const {
  return static_cast<soci::sqlite3_session_backend&>(*connection_.get_backend());
}

soci::statement& session::prepared(std::string_view text) {
  const auto known = statements_.find(text);
  if (known != statements_.end()) return known->second;
  soci::statement statement{connection_};
  statement.alloc();
  statement.prepare(std::string{text});
  return statements_.emplace(std::string{text}, std::move(statement)).first->second;
}

session::run_end::~run_end() {
  // Its result repeats an error that the run has already thrown.
  sqlite_api::sqlite3_reset(
      static_cast<soci::sqlite3_statement_backend&>(*ended_.get_backend()).stmt_);
  ended_.bind_clean_up();
}

void session::script(std::string_view text) {
  char* message = nullptr;
  const int result = sqlite_api::sqlite3_exec(backend().conn_, std::string{text}.c_str(), nullptr,
                                              nullptr, &message);
  if (result == SQLITE_OK) return;
  const soci::sqlite3_soci_error error{
      message != nullptr ? message : sqlite_api::sqlite3_errstr(result), result};
  sqlite_api::sqlite3_free(message);
  rethrow(error);
}

long long session::last_insert_id() {
  return sqlite_api::sqlite3_last_insert_rowid(backend().conn_);
}

bool session::in_transaction() const {
  return sqlite_api::sqlite3_get_autocommit(backend().conn_) == 0;
}

bool session::opened_for_reading() const {
  return sqlite_api::sqlite3_db_readonly(backend().conn_, "main") == 1;
}

void session::rollback() noexcept {
  if (in_transaction())
    sqlite_api::sqlite3_exec(backend().conn_, "ROLLBACK", nullptr, nullptr, nullptr);
}

void session::fail(storage_error::kind what, const std::string& text) const {
  throw storage_error{what, name_ + ": " + text};
}

void session::rethrow(const soci::soci_error& error) const {
  kind what = kind::other;
  if (const auto* of_sqlite = dynamic_cast<const soci::sqlite3_soci_error*>(&error)) {
    const bool is_open = connection_.get_backend() != nullptr;
    what = kind_of(of_sqlite->result(), is_open ? last_io_error(backend().conn_) : 0);
  }
  // what() would add the statement and its parameters, that is URLs; get_error_message() is
  // SQLite's message alone.
  const std::string text = without_function_name(error.get_error_message());
  const std::string_view meaning = meaning_of(what);
  throw storage_error{what, name_ + (meaning.empty() ? ": " : " ") + std::string{meaning} + text};
}

}  // namespace retail_pulse::storage
