// store_master: the text of a Store Master file.
// - A table holds exactly the ids of the file, with the values of the last row of each.
// - An error names the file, and a line that the file has.
// - The rows of a CSV text, written again with every field in quotes, are the same rows; and any text in quotes is a field.
#include <algorithm>
#include <charconv>
#include <optional>
#include <string>
#include <unordered_map>
#include <variant>
#include <vector>

#include "core/text.hpp"
#include "property.hpp"
#include "stores/csv.hpp"
#include "stores/store_table.hpp"

namespace retail_pulse::fuzz {
namespace {

using namespace stores;

using row = std::vector<std::string>;

/// Nothing when the text is not CSV to its end.
std::optional<std::vector<row>> rows_of(std::string_view text) {
  csv_reader reader{text};
  std::vector<row> rows;
  std::size_t last_line = 0;
  for (row next; reader.next(next);) {
    check(!next.empty(), "a row has a field");
    check(reader.line() > last_line, "rows come in the order of their lines");
    last_line = reader.line();
    rows.push_back(next);
  }
  if (!reader.error().empty()) return std::nullopt;
  return rows;
}

std::string in_quotes(const std::vector<row>& rows) {
  std::string text;
  for (const auto& fields : rows) {
    for (std::size_t i = 0; i < fields.size(); ++i) {
      text += i == 0 ? "\"" : ",\"";
      for (const char c : fields[i]) text += c == '"' ? std::string{"\"\""} : std::string{c};
      text += '"';
    }
    text += "\r\n";
  }
  return text;
}

std::string plain(std::string_view name) {
  std::string letters = lower(name);
  std::erase_if(letters, [](char c) { return c == '_' || c == '-' || c == ' '; });
  return letters;
}

std::size_t column(const row& header, std::string_view name) {
  return static_cast<std::size_t>(std::find_if(header.begin(), header.end(), [&](const auto& each) { return plain(each) == name; }) -
                                  header.begin());
}

void check_table(const loaded& made, std::string_view text) {
  if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
  const auto rows = rows_of(text);
  check(rows.has_value() && rows->size() >= 2, "a table comes from a header and rows");
  const auto& header = rows->front();
  const auto id = column(header, "storeid"), name = column(header, "storename"), area = column(header, "areacode");
  check(std::max({id, name, area}) < header.size(), "a table comes from a header that names all columns");

  std::unordered_map<std::string, const row*> last;
  for (std::size_t i = 1; i < rows->size(); ++i) {
    const auto& fields = (*rows)[i];
    check(fields.size() == header.size() && !fields[id].empty(), "a table comes from whole rows with an id");
    last[fields[id]] = &fields;
  }
  check(made.table->size() == last.size(), "a table has one store per id");
  check(made.warnings.empty() == (last.size() == rows->size() - 1), "ids that occur twice are told");
  for (const auto& [key, fields] : last) {
    const auto* found = made.table->find(key);
    check(found != nullptr && found->id == key, "every id of the file is found");
    check(found->name == (*fields)[name] && found->area == (*fields)[area], "the last row of an id counts");
    check(made.table->has_area(found->area), "the area of a store is one");
  }
}

void check_error(std::string_view message, std::string_view text) {
  constexpr std::string_view file = "stores.csv", line_mark = ", line ";
  check(message.starts_with(file), "an error names the file");
  message.remove_prefix(file.size());
  if (!message.starts_with(line_mark)) return;
  message.remove_prefix(line_mark.size());
  std::size_t line = 0;
  std::from_chars(message.data(), message.data() + message.size(), line);
  const auto lines = static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n')) + 1;
  check(line >= 1 && line <= lines, "an error names a line of the file");
}

void check_any(std::string_view text) {
  if (const auto rows = rows_of(text)) {
    const auto again = rows_of(in_quotes(*rows));
    check(again.has_value() && *again == *rows, "rows in quotes are the same rows");
  }
  const std::vector<row> one_field{{std::string{text}}};
  const auto field = rows_of(in_quotes(one_field));
  check(field.has_value() && *field == one_field, "any text in quotes is a field");
  const auto result = parse(text, "stores.csv");
  if (const auto* made = std::get_if<loaded>(&result)) {
    check(valid_utf8_prefix(text) == text.size(), "a table comes from UTF-8");
    check_table(*made, text);
  } else {
    check_error(std::get<load_error>(result).message, text);
  }
}

}  // namespace
}  // namespace retail_pulse::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  retail_pulse::fuzz::check_any(retail_pulse::fuzz::as_text(data, size));
  return 0;
}
