// store_master: the text of a Store Master file.
// - A table holds exactly the ids of the file, with the values of the last row of each.
// - An error names the file, and a line that the file has, and can be sent as JSON.
// - The rows of a CSV text, written again with every cell in quotes, are the same rows; and any
// text in quotes is a cell.
#include <algorithm>
#include <charconv>
#include <optional>
#include <string>
#include <unordered_map>
#include <variant>
#include <vector>

#include "core/encoding.hpp"
#include "core/text.hpp"
#include "csv/reader.hpp"
#include "property.hpp"
#include "stores/store_table.hpp"

namespace retail_pulse::fuzz {
namespace {

using namespace stores;

using row = std::vector<std::string>;

/// Nothing when the text is not CSV to its end.
std::optional<std::vector<row>> rows_of(std::string_view text, char separator = ',') {
  csv::reader reader{text, separator};
  std::vector<row> rows;
  std::size_t last_line = 0;
  for (row next; reader.next(next);) {
    check(!next.empty(), "a row has a cell");
    check(reader.line() > last_line, "rows come in the order of their lines");
    last_line = reader.line();
    rows.push_back(next);
  }
  if (!reader.error().empty()) return std::nullopt;
  return rows;
}

std::string in_quotes(const std::vector<row>& rows) {
  std::string text;
  for (const auto& cells : rows) {
    for (std::size_t i = 0; i < cells.size(); ++i) {
      text += i == 0 ? "\"" : ",\"";
      for (const char c : cells[i]) text += c == '"' ? std::string{"\"\""} : std::string{c};
      text += '"';
    }
    text += "\r\n";
  }
  return text;
}

std::string plain(std::string_view name) {
  std::string letters;
  for (; !name.empty(); name.remove_prefix(std::max<std::size_t>(1, utf8_sequence(name)))) {
    const auto character = lower(name.substr(0, std::max<std::size_t>(1, utf8_sequence(name))));
    if (character != "_" && character != "-" && !without_blanks_around(character).empty())
      letters += character;
  }
  return letters;
}

std::size_t column(const row& header, std::string_view name) {
  return static_cast<std::size_t>(
      std::find_if(header.begin(), header.end(),
                   [&](const auto& each) { return plain(each) == name; }) -
      header.begin());
}

struct file {
  std::vector<row> rows;  ///< with text in them, without blanks around it; the first is the header
  std::size_t id, name, area;
};

std::string in_utf8(std::string_view text) {
  const auto how = encoding_of(text);
  text.remove_prefix(how.mark);
  return how.what == encoding::kind::utf16 && how.mark > 0
             ? utf8_of_utf16(text, how.big_endian).text
             : std::string{text};
}

/// Or of blanks.
bool is_of_separators(std::string cell) {
  for (std::size_t size = 0; size != cell.size();) {
    size = cell.size();
    cell = std::string{without_blanks_around(cell)};
    if (!cell.empty() && std::string_view{",;\t|"}.find(cell.front()) != std::string_view::npos)
      cell.erase(0, 1);
  }
  return cell.empty();
}

/// The file as this separator makes it, where that gives all columns.
std::optional<file> split_at(std::string_view text, char separator) {
  auto rows = rows_of(text, separator);
  if (!rows) return std::nullopt;
  for (auto& cells : *rows) {
    for (auto& cell : cells) cell = std::string{without_blanks_around(cell)};
  }
  while (!rows->empty() && std::ranges::all_of(rows->front(), is_of_separators))
    rows->erase(rows->begin());
  std::erase_if(*rows,
                [](const row& cells) { return std::ranges::all_of(cells, &std::string::empty); });
  if (rows->empty()) return std::nullopt;
  const auto& header = rows->front();
  file made{{}, column(header, "storeid"), column(header, "storename"), column(header, "areacode")};
  if (std::max({made.id, made.name, made.area}) >= header.size()) return std::nullopt;
  made.rows = *std::move(rows);
  return made;
}

bool is_separator_line(std::string_view line, const std::string& said) {
  for (const auto& start : {said, '"' + said + '"'}) {
    if (line.starts_with(start) &&
        line.find_first_not_of(",;\t|", start.size()) == std::string_view::npos)
      return true;
  }
  return false;
}

std::optional<file> split(std::string_view text) {
  const auto first = text.substr(0, text.find_first_of("\r\n"));
  for (const char separator : {',', ';', '\t', '|'}) {
    if (is_separator_line(lower(first), std::string{"sep="} + separator))
      return split_at(text.substr(first.size()), separator);
  }
  for (const char separator : {',', ';', '\t', '|'}) {
    if (auto made = split_at(text, separator)) return made;
  }
  return std::nullopt;
}

void check_table(const loaded& made, std::string_view text) {
  const auto whole = split(text);
  check(whole && whole->rows.size() >= 2,
        "a table comes from a header that names all columns, and rows");
  const auto& [rows, id, name, area] = *whole;

  std::unordered_map<std::string, const row*> last;
  for (std::size_t i = 1; i < rows.size(); ++i) {
    const auto& cells = rows[i];
    check(cells.size() > std::max({id, name, area}) && !cells[id].empty(),
          "a table comes from rows that have all columns, and an id");
    for (auto behind = rows.front().size(); behind < cells.size(); ++behind)
      check(cells[behind].empty(), "no text stands behind the header");
    for (const auto place : {id, name, area}) {
      check(valid_utf8_prefix(cells[place]) == cells[place].size() &&
                cells[place].find('\0') == std::string::npos,
            "a table is text");
    }
    last[cells[id]] = &cells;
  }
  check(made.table->size() == last.size(), "a table has one store per id");
  check(!made.warnings.empty() || last.size() == rows.size() - 1, "ids that occur twice are told");
  for (const auto& [key, cells] : last) {
    const auto* found = made.table->find(key);
    check(found != nullptr && found->id == key, "every id of the file is found");
    check(found->name == (*cells)[name] && found->area == (*cells)[area],
          "the last row of an id counts");
    check(made.table->has_area(found->area), "the area of a store is one");
  }
}

void check_error(std::string_view message, std::string_view text) {
  constexpr std::string_view file = "stores.csv", line_mark = ", line ";
  check(message.starts_with(file), "an error names the file");
  check(message.size() <= 512 && valid_utf8_prefix(message) == message.size(),
        "an error is bounded text");
  message.remove_prefix(file.size());
  if (!message.starts_with(line_mark)) return;
  message.remove_prefix(line_mark.size());
  std::size_t line = 0;
  std::from_chars(message.data(), message.data() + message.size(), line);
  check(line >= 1 && line <= csv::line_ends(text) + 1, "an error names a line of the file");
}

void check_any(std::string_view text) {
  if (const auto rows = rows_of(text)) {
    const auto again = rows_of(in_quotes(*rows));
    check(again.has_value() && *again == *rows, "rows in quotes are the same rows");
  }
  const std::vector<row> one_cell{{std::string{text}}};
  const auto cell = rows_of(in_quotes(one_cell));
  check(cell.has_value() && *cell == one_cell, "any text in quotes is a cell");
  const auto result = parse(text, "stores.csv");
  if (const auto* made = std::get_if<loaded>(&result)) {
    check_table(*made, in_utf8(text));
  } else {
    check_error(std::get<load_error>(result).message, in_utf8(text));
  }
}

}  // namespace
}  // namespace retail_pulse::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  retail_pulse::fuzz::check_any(retail_pulse::fuzz::as_text(data, size));
  return 0;
}
