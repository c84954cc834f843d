#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace retail_pulse::stores {

/// Reads the rows of a CSV text in order (RFC 4180, LF or CRLF). By hand, because Debian's CSV readers for C++ either know no newline
/// inside quotes or no line numbers, and an operator who gets an error message needs the line.
class csv_reader {
 public:
  /// `text` outlives the reader.
  explicit csv_reader(std::string_view text) : rest_{text} {}

  /// The next row that is not an empty line, into `fields`; false at the end of the text or at an error.
  bool next(std::vector<std::string>& fields);

  /// What is wrong with the text, empty while nothing is; `line` then is where.
  const std::string& error() const { return error_; }

  /// Where the last row, or what is wrong, starts: a physical line from 1.
  std::size_t line() const { return row_line_; }

 private:
  enum class field_end { field, row, broken };

  field_end read_field(std::string& field);
  bool read_quoted(std::string& field);
  field_end fail(std::string_view error, std::size_t line);

  std::string_view rest_;
  std::size_t line_ = 1;
  std::size_t row_line_ = 1;
  std::string error_;
};

}  // namespace retail_pulse::stores
