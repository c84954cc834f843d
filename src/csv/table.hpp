// csv: tables that people save from spreadsheets and databases, read with one leniency wherever the program takes them.
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
  std::string_view name;                                            ///< case, `_`, `-` and blanks do not matter
  std::size_t max_bytes = std::numeric_limits<std::size_t>::max();  ///< of a cell
  bool may_be_empty = false;
};

/// What is wrong with a table.
struct fault {
  std::string what;
  std::size_t line = 0;  ///< 0: it is about the whole text

  /// "visits.csv, line 3: column store_id: is empty"; `name` is what messages call the file.
  std::string message(std::string_view name) const;
};

/// Reads the rows of a CSV text that begins with a header, and of each row the cells of some columns.
///
/// Taken is what spreadsheets write: UTF-8 with or without a byte order mark, or UTF-16 with one; cells that are separated by commas,
/// semicolons, tabs or `|`, whichever makes a header of the first row, or as a first line `sep=;` says; columns in any order, and others
/// beside them; lines that end in LF, CRLF or CR. Blanks around a cell (see without_blanks_around) are no part of it, and rows without any
/// text are passed over. A row may end behind the last of the columns, and may go on behind the header with cells without text.
///
/// Wrong are: a file that is no text, another encoding, a column that is missing or there twice, a row that ends before a column or has
/// text behind the header, an empty or overlong cell, one that is not UTF-8 or contains a NUL, an open quote, text after a closing quote,
/// and no row at all. Cells of other columns are not looked at.
class table {
 public:
  /// Text and columns outlive the table.
  table(std::string_view text, std::span<const column> columns);
  table(const table&) = delete;
  table& operator=(const table&) = delete;

  /// The cells of the next row, in the order of the columns given; false at the end, or where something is wrong.
  bool next(std::vector<std::string>& cells);

  const std::optional<fault>& wrong() const { return wrong_; }

  /// "2 store ids have blanks around them, ... the first in line 3": how many cells of a column were trimmed; empty where none was. `one`
  /// and `many` are what such a cell is called.
  std::string trimmed_in(std::size_t column, std::string_view one, std::string_view many) const;

 private:
  struct header {
    reader rows;  ///< behind it
    char separator = ',';
    std::vector<std::string> names{};
    std::vector<std::optional<std::size_t>> places{};  ///< of the columns
    std::size_t found = 0;
    std::optional<std::size_t> twice{};  ///< a column that is there more than once
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
  std::string named(std::size_t place) const;
  void fail(std::string what, std::size_t line = 0);

  const std::span<const column> columns_;
  std::string converted_;  ///< the text, where it was not UTF-8
  std::string_view text_;
  std::size_t first_line_ = 1;
  header header_{reader{{}}};
  std::vector<trimmed_cells> trimmed_;
  std::vector<std::string> row_;
  std::optional<fault> wrong_;
};

}  // namespace retail_pulse::csv
