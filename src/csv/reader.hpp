#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace retail_pulse::csv {

/// How many lines end in a text: at a line feed, a carriage return, or both.
std::size_t line_ends(std::string_view text);

/// Reads the rows of a CSV text in order (RFC 4180). Also accepted are any separator, lines that
/// end in LF, CRLF or CR, and blanks around a quoted cell. A row of more than limits::csv_cells is
/// an error. Written by hand, because Debian's CSV readers for C++ lack either newlines inside
/// quotes or line numbers, which error messages need.
class reader {
 public:
  /// `text` outlives the reader; it starts in `line`.
  explicit reader(std::string_view text, char separator = ',', std::size_t line = 1)
      : rest_{text}, separator_{separator}, line_{line} {}

  /// The next row that is not an empty line, into `cells`; false at the end of the text or at an
  /// error.
  bool next(std::vector<std::string>& cells);

  /// The error, or empty; `line` then is its line.
  const std::string& error() const { return error_; }

  /// The physical line, from 1, where the last row or the error starts.
  std::size_t line() const { return row_line_; }

 private:
  enum class cell_end { cell, row, broken };

  cell_end read_cell(std::string& cell);
  bool read_quoted(std::string& cell);
  void skip_blanks();
  cell_end fail(std::string_view error, std::size_t line);

  std::string_view rest_;
  char separator_;
  std::size_t line_;
  std::size_t row_line_ = 1;
  std::string error_;
};

}  // namespace retail_pulse::csv
