// csv: reads the tables that people save from spreadsheets and databases, with the same tolerance
// for all.
// May use: src/core.
// Never: reads a file, or guesses what a row means.
#pragma once

#include <cstddef>
#include <limits>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "csv/reader.hpp"

namespace retail_pulse::csv {

/// A column that a table must have.
struct column {
  std::string_view name;  ///< case, `_`, `-` and blanks do not matter
  std::size_t max_bytes = std::numeric_limits<std::size_t>::max();  ///< of a cell
  bool may_be_empty = false;
};

/// An error in a table.
struct fault {
  std::string what;
  std::size_t line = 0;  ///< 0: the whole text

  /// "visits.csv, line 3: column store_id: is empty"; `name` is the file's name in messages.
  std::string message(std::string_view name) const;
};

/// Reads the rows of a CSV text that begins with a header, and of each row the cells of the given
/// columns.
///
/// Accepts what spreadsheets write: UTF-8 with or without a byte order mark, or UTF-16 with one;
/// cells separated by commas, semicolons, tabs or `|`, whichever makes a header of the first row,
/// or as a first line `sep=;` names it; columns in any order, with others among them; lines that
/// end in LF, CRLF or CR. Blanks around a cell (see without_blanks_around) are removed, and rows
/// without any text are skipped. A row may end after the last given column, and may have empty
/// cells beyond the header.
///
/// Errors: a file that is not text, another encoding, a column that is missing or duplicate, a row
/// that ends before a column or has text beyond the header, an empty or overlong cell, one that is
/// not UTF-8 or contains a NUL, an open quote, text after a closing quote, and no row at all. Cells
/// of other columns are not checked.
class table {
 public:
  /// Text and columns outlive the table.
  table(std::string_view text, std::span<const column> columns);
  table(const table&) = delete;
  table& operator=(const table&) = delete;

  /// The cells of the next row, in the order of the given columns; false at the end, or at an
  /// error.
  bool next(std::vector<std::string>& cells);

  const std::optional<fault>& wrong() const { return wrong_; }  ///< the error, if there is one

  /// "2 store ids have blanks around them, ... the first in line 3": how many cells of a column
  /// were trimmed; empty if none was. `one` and `many` are the names of such cells.
  std::string trimmed_in(std::size_t column, std::string_view one, std::string_view many) const;

 private:
  struct header {
    reader rows;  ///< after it
    char separator = ',';
    std::vector<std::string> names{};
    std::vector<std::optional<std::size_t>> positions{};  ///< of the given columns
    std::size_t found = 0;
    std::optional<std::size_t> twice{};  ///< a duplicate column
  };
  struct trimmed_cells {
    std::size_t count = 0;
    std::size_t first_line = 0;
  };

  void decode(std::string_view text);
  std::optional<char> take_separator_line();
  header header_with(char separator) const;
  header likeliest_header() const;
  void find_header();
  std::optional<std::string> fault_of_header() const;
  std::optional<std::string> fault_of_row(const std::vector<std::string>& row) const;
  std::optional<std::string> fault_of_cell(std::size_t column, std::string_view cell) const;
  std::string named(std::size_t position) const;
  void fail(std::string what, std::size_t line = 0);

  const std::span<const column> columns_;
  std::string converted_;  ///< the text, if it was not UTF-8
  std::string_view text_;
  std::size_t first_line_ = 1;
  header header_{reader{{}}};
  std::vector<trimmed_cells> trimmed_;
  std::vector<std::string> row_;
  std::optional<fault> wrong_;
};

}  // namespace retail_pulse::csv
