#include "csv/reader.hpp"

#include <iterator>

#include "core/limits.hpp"

namespace retail_pulse::csv {
namespace {

bool at_line_end(std::string_view text) { return text.starts_with('\n') || text.starts_with('\r'); }

}  // namespace

std::size_t line_ends(std::string_view text) {
  std::size_t ends = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool is_pair = text[i] == '\r' && i + 1 < text.size() && text[i + 1] == '\n';
    if (text[i] == '\n' || (text[i] == '\r' && !is_pair)) ++ends;
  }
  return ends;
}

bool reader::next(std::vector<std::string>& cells) {
  while (!rest_.empty()) {
    row_line_ = line_;
    const bool empty_line = at_line_end(rest_);
    cells.clear();
    cell_end end;
    do {
      if (cells.size() == limits::csv_cells) {
        fail("the row has more than " + std::to_string(limits::csv_cells) + " cells", row_line_);
        return false;
      }
      end = read_cell(cells.emplace_back());
    } while (end == cell_end::cell);
    if (end == cell_end::broken) return false;
    if (!empty_line) return true;
  }
  return false;
}

reader::cell_end reader::read_cell(std::string& cell) {
  const auto start = rest_;
  skip_blanks();
  if (rest_.starts_with('"')) {
    if (!read_quoted(cell)) return cell_end::broken;
    skip_blanks();
  } else {
    rest_ = start;
    const char ends[] = {separator_, '\r', '\n'};
    cell = rest_.substr(0, rest_.find_first_of(std::string_view{ends, std::size(ends)}));
    rest_.remove_prefix(cell.size());
  }
  if (rest_.empty()) return cell_end::row;
  if (rest_.starts_with(separator_)) {
    rest_.remove_prefix(1);
    return cell_end::cell;
  }
  if (at_line_end(rest_)) {
    rest_.remove_prefix(rest_.starts_with("\r\n") ? 2 : 1);
    ++line_;
    return cell_end::row;
  }
  return fail("text after a closing quote", line_);
}

bool reader::read_quoted(std::string& cell) {
  const std::size_t opened = line_;
  for (;;) {
    rest_.remove_prefix(1);  // the opening quote, or the second one of a pair
    const std::string_view part = rest_.substr(0, rest_.find('"'));
    cell += part;
    line_ += line_ends(part);
    rest_.remove_prefix(part.size());
    if (rest_.empty()) {
      fail("a quote is opened and never closed", opened);
      return false;
    }
    rest_.remove_prefix(1);
    if (!rest_.starts_with('"')) return true;
    cell += '"';
  }
}

void reader::skip_blanks() {
  while (rest_.starts_with(' ') || (rest_.starts_with('\t') && separator_ != '\t'))
    rest_.remove_prefix(1);
}

reader::cell_end reader::fail(std::string_view error, std::size_t line) {
  error_ = error;
  row_line_ = line;
  rest_ = {};
  return cell_end::broken;
}

}  // namespace retail_pulse::csv
