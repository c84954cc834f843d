#pragma once

#include <optional>
#include <string_view>

#include "storage/session.hpp"

namespace retail_pulse::storage {

/// Several queries that see one committed state.
class read_transaction {
 public:
  explicit read_transaction(session& sql) : sql_{sql} { sql_.change("BEGIN"); }
  ~read_transaction() { sql_.rollback(); }
  read_transaction(const read_transaction&) = delete;
  read_transaction& operator=(const read_transaction&) = delete;

 private:
  session& sql_;
};

/// nullopt: there is no format of that name.
std::optional<image_format> format_named(std::string_view name);

/// A row of a page of images; defined in reports.cpp.
struct image_columns;

class reader::implementation {
 public:
  implementation(const location& where, session_options options);

  session sql;

  [[noreturn]] void fail_unknown_word() const;
  error_code known_code(const std::string& name) const;

  void read_failures(job_report& into);
  void read_stores(job_report& into);
  reported_image image_of(const image_columns& row, long long run) const;
};

}  // namespace retail_pulse::storage
