#pragma once

#include <soci/soci.h>
#include <soci/sqlite3/soci-sqlite3.h>

#include <map>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>

#include "storage/repository.hpp"

namespace retail_pulse::storage {

/// One connection with its prepared statements: the only class that calls SOCI and SQLite.
/// Used by one thread at a time. Every call throws storage_error, and none leaves a statement open,
/// which would pin the write-ahead log. Parameters are `long long` or `std::string`, bound by
/// position; statements are kept by their text.
class session {
 public:
  /// file_alone: reads the file as if it had no log, takes no lock, and writes no file.
  enum class role { writer, reader, file_alone };

  /// Opens the database and sets the options of the connection. Only a writer makes a file that
  /// does not exist.
  session(const location& where, session_options options, role as);
  ~session();
  session(const session&) = delete;
  session& operator=(const session&) = delete;

  /// Runs one statement. Returns the number of rows that it changed.
  template <typename... Parameters>
  long long change(std::string_view text, const Parameters&... parameters) {
    long long rows = 0;
    run(
        text, std::tuple<>{}, [] {}, &rows, parameters...);
    return rows;
  }

  /// Runs one statement for every row of a batch. Returns the number of rows that changed in all.
  /// `next` puts the batch's next row into the variables of `row` (std::tie of long long and
  /// std::string, bound by position); false: there is no other.
  template <typename... Variables, typename Next>
  long long change_each(std::string_view text, std::tuple<Variables&...> row, Next&& next) {
    long long rows = 0;
    with(text, [&](soci::statement& statement) {
      std::apply([&](auto&... variable) { bind(statement, variable...); }, row);
      while (next()) {
        statement.execute(true);
        rows += statement.get_affected_rows();
      }
    });
    return rows;
  }

  /// Calls `on_row` for every row, with the row in `columns` (std::tie of long long and
  /// std::string; no column may be NULL), or until it returns false, where it returns a bool.
  template <typename Columns, typename On_row, typename... Parameters>
  void each(std::string_view text, Columns columns, On_row&& on_row,
            const Parameters&... parameters) {
    run(text, columns, on_row, nullptr, parameters...);
  }

  /// The first row into `columns`; false when no row is found.
  template <typename Columns, typename... Parameters>
  bool one(std::string_view text, Columns columns, const Parameters&... parameters) {
    bool found = false;
    run(
        text, columns, [&] { found = true; }, nullptr, parameters...);
    return found;
  }

  /// A script of several statements without parameters; keeps none of them.
  void script(std::string_view text);

  /// Makes commits go to a write-ahead log, now and for every later connection. Outside a
  /// transaction.
  void use_write_ahead_log();
  bool uses_write_ahead_log();

  long long last_insert_id();
  bool in_transaction() const;
  /// Whether SQLite could open the file for reading only. That is no error to SQLite, which then
  /// takes BEGIN IMMEDIATE for a plain BEGIN.
  bool opened_for_reading() const;
  /// Does nothing outside a transaction. SQLite ends the transaction whatever happens to the file.
  void rollback() noexcept;

  /// What messages call the database: the file's name.
  const std::string& name() const { return name_; }
  [[noreturn]] void fail(storage_error::kind kind, const std::string& text) const;

 private:
  /// Closes the statement and unbinds its variables when a run ends, also by an exception.
  class run_end {
   public:
    explicit run_end(soci::statement& ended) : ended_{ended} {}
    ~run_end();
    run_end(const run_end&) = delete;
    run_end& operator=(const run_end&) = delete;

   private:
    soci::statement& ended_;
  };

  template <typename On_row>
  static bool goes_on(On_row& on_row) {
    if constexpr (std::is_same_v<decltype(on_row()), bool>) return on_row();
    on_row();
    return true;
  }

  template <typename... Variables>
  static void bind(soci::statement& statement, Variables&... variables) {
    (statement.exchange(soci::use(variables)), ...);
    statement.define_and_bind();
  }

  template <typename Columns, typename On_row, typename... Parameters>
  void run(std::string_view text, Columns columns, On_row&& on_row, long long* changed,
           const Parameters&... parameters) {
    with(text, [&](soci::statement& statement) {
      std::apply([&](auto&... column) { (statement.exchange(soci::into(column)), ...); }, columns);
      bind(statement, parameters...);
      for (bool row = statement.execute(true); row && goes_on(on_row); row = statement.fetch()) {
      }
      if (changed != nullptr) *changed = statement.get_affected_rows();
    });
  }

  /// Calls `use` with the prepared statement, and closes it afterwards.
  template <typename Use>
  void with(std::string_view text, Use&& use) {
    if (observer_ != nullptr) observer_->before(text);
    try {
      soci::statement& statement = prepared(text);
      const run_end end{statement};
      use(statement);
    } catch (const soci::soci_error& error) {
      rethrow(error);
    }
    if (observer_ != nullptr) observer_->after(text);
  }

  soci::statement& prepared(std::string_view text);
  void set_up(session_options options, role as);
  [[noreturn]] void rethrow(const soci::soci_error& error) const;
  soci::sqlite3_session_backend& backend() const;

  std::string name_;
  statement_observer* observer_ = nullptr;
  mutable soci::session connection_;
  std::map<std::string, soci::statement, std::less<>>
      statements_;  // after the connection: SQLite closes no connection with open statements
};

}  // namespace retail_pulse::storage
