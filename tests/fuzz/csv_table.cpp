// csv_table: a CSV text from a spreadsheet, read with the columns of a job.
// - The cells of a row are bounded text without blanks around it, and none is empty that must not
// be.
// - Written again in quotes, with any separator, in UTF-8 or UTF-16, the rows are the same.
// - What is wrong is one sentence of bounded length in UTF-8, with a line that the text has.
#include <algorithm>
#include <array>
#include <string>
#include <vector>

#include "core/encoding.hpp"
#include "core/text.hpp"
#include "csv/table.hpp"
#include "property.hpp"

namespace retail_pulse::fuzz {
namespace {

constexpr std::array<csv::column, 3> columns{{{.name = "store_id", .max_bytes = 16},
                                              {.name = "image_url"},
                                              {.name = "note", .may_be_empty = true}}};

using rows = std::vector<std::vector<std::string>>;

rows rows_of(csv::table& from) {
  rows all;
  for (std::vector<std::string> row; from.next(row);) all.push_back(row);
  return all;
}

void check_rows(const rows& all) {
  for (const auto& row : all) {
    check(row.size() == columns.size(), "a row has a cell for each column");
    for (std::size_t i = 0; i < row.size(); ++i) {
      const auto& cell = row[i];
      check(cell.size() <= columns[i].max_bytes && (columns[i].may_be_empty || !cell.empty()),
            "a cell is within its bounds");
      check(valid_utf8_prefix(cell) == cell.size() && cell.find('\0') == std::string::npos,
            "a cell is text");
      check(without_blanks_around(cell) == cell, "a cell has no blanks around it");
    }
  }
}

void check_fault(const csv::fault& wrong, std::string_view text) {
  const auto how = encoding_of(text);
  text.remove_prefix(how.mark);
  const bool is_utf16 = how.what == encoding::kind::utf16 && how.mark > 0;
  const auto lines = csv::line_ends(is_utf16 ? utf8_of_utf16(text, how.big_endian).text : text) + 1;
  check(wrong.line <= lines, "what is wrong is in a line of the text");
  const auto message = wrong.message("a.csv");
  check(message.size() <= 512 && valid_utf8_prefix(message) == message.size(),
        "what is wrong is bounded text");
  check(message.find_first_of("\r\n") == std::string::npos, "what is wrong is one line");
}

std::string written(const rows& all, char separator) {
  std::string text{"note;image_url;store_id\n"};
  std::ranges::replace(text, ';', separator);
  for (const auto& row : all) {
    for (const auto* cell : {&row[2], &row[1], &row[0]}) {
      text += '"';
      for (const char c : *cell) text += c == '"' ? std::string{"\"\""} : std::string{c};
      text += '"';
      text += cell == &row[0] ? '\n' : separator;
    }
  }
  return text;
}

/// With a byte order mark, little-endian.
std::string in_utf16(std::string_view text) {
  std::string units{"\xFF\xFE"};
  const auto add = [&units](std::uint32_t unit) {
    units += static_cast<char>(unit & 0xFF);
    units += static_cast<char>(unit >> 8);
  };
  while (!text.empty()) {
    const auto length = utf8_sequence(text);
    auto code =
        static_cast<std::uint8_t>(text.front()) & (length == 1 ? 0x7FU : 0xFFU >> (length + 1));
    for (std::size_t i = 1; i < length; ++i)
      code = code << 6 | (static_cast<std::uint8_t>(text[i]) & 0x3FU);
    text.remove_prefix(length);
    if (code < 0x10000) {
      add(code);
    } else {
      add(0xD800 + ((code - 0x10000) >> 10));
      add(0xDC00 + ((code - 0x10000) & 0x3FF));
    }
  }
  return units;
}

void check_again(const rows& all, const std::string& text, const char* property) {
  csv::table table{text, columns};
  check(rows_of(table) == all && !table.wrong(), property);
}

void check_any(std::string_view text) {
  csv::table table{text, columns};
  const auto all = rows_of(table);
  check_rows(all);
  if (table.wrong()) return check_fault(*table.wrong(), text);
  for (const char separator : {',', ';', '\t', '|'})
    check_again(all, written(all, separator), "rows that are written again are the same");
  check_again(all, in_utf16(written(all, ';')), "rows in UTF-16 are the same");
}

}  // namespace
}  // namespace retail_pulse::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  retail_pulse::fuzz::check_any(retail_pulse::fuzz::as_text(data, size));
  return 0;
}
