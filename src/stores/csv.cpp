#include "stores/csv.hpp"

#include <algorithm>

namespace retail_pulse::stores {

bool csv_reader::next(std::vector<std::string>& fields) {
  while (!rest_.empty()) {
    row_line_ = line_;
    const std::string_view row = rest_;
    fields.clear();
    field_end end;
    do {
      end = read_field(fields.emplace_back());
    } while (end == field_end::field);
    if (end == field_end::broken) return false;
    const bool empty_line = row.starts_with('\n') || row.starts_with("\r\n");
    if (!empty_line) return true;
  }
  return false;
}

csv_reader::field_end csv_reader::read_field(std::string& field) {
  const bool quoted = rest_.starts_with('"');
  if (quoted) {
    if (!read_quoted(field)) return field_end::broken;
  } else {
    field = rest_.substr(0, rest_.find_first_of(",\r\n"));
    rest_.remove_prefix(field.size());
  }
  if (rest_.empty()) return field_end::row;
  if (rest_.starts_with(',')) {
    rest_.remove_prefix(1);
    return field_end::field;
  }
  if (rest_.starts_with('\n') || rest_.starts_with("\r\n")) {
    rest_.remove_prefix(rest_.front() == '\r' ? 2 : 1);
    ++line_;
    return field_end::row;
  }
  if (rest_.starts_with('\r')) return fail("a carriage return without a line feed", line_);
  return fail("text after a closing quote", line_);
}

bool csv_reader::read_quoted(std::string& field) {
  const std::size_t opened = line_;
  for (;;) {
    rest_.remove_prefix(1);  // the opening quote, or the second one of a pair
    const std::string_view part = rest_.substr(0, rest_.find('"'));
    field += part;
    line_ += static_cast<std::size_t>(std::count(part.begin(), part.end(), '\n'));
    rest_.remove_prefix(part.size());
    if (rest_.empty()) {
      fail("a quote is opened and never closed", opened);
      return false;
    }
    rest_.remove_prefix(1);
    if (!rest_.starts_with('"')) return true;
    field += '"';
  }
}

csv_reader::field_end csv_reader::fail(std::string_view error, std::size_t line) {
  error_ = error;
  row_line_ = line;
  rest_ = {};
  return field_end::broken;
}

}  // namespace retail_pulse::stores
