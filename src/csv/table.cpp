#include "csv/table.hpp"

#include <algorithm>
#include <array>
#include <span>
#include <tuple>
#include <utility>

#include "core/encoding.hpp"
#include "core/text.hpp"

namespace retail_pulse::csv {
namespace {

constexpr std::string_view separators = ",;\t|";
constexpr std::size_t shown_bytes = 64;  ///< of a column name in a message
constexpr std::string_view remedy = "save it as CSV UTF-8";

/// "Store_ID", "store id" and "STOREID" are one name.
std::string plain(std::string_view name) {
  std::string letters;
  while (!name.empty()) {
    const auto character = name.substr(0, std::max<std::size_t>(1, utf8_sequence(name)));
    name.remove_prefix(character.size());
    if (character != "_" && character != "-") letters += lower(without_blanks_around(character));
  }
  return letters;
}

bool has_text(std::string_view cell) { return !without_blanks_around(cell).empty(); }
bool is_blank(const std::vector<std::string>& row) { return std::ranges::none_of(row, has_text); }

/// Blank with any separator.
bool is_blank_before_header(const std::vector<std::string>& row) {
  return std::ranges::all_of(row, [](std::string_view cell) {
    std::size_t separated = 0;
    do {
      cell = without_blanks_around(cell);
      separated = std::min(cell.find_first_not_of(separators), cell.size());
      cell.remove_prefix(separated);
    } while (separated > 0);
    return cell.empty();
  });
}

/// Text of the file for a message: shortened, and without line ends.
std::string shown(std::string_view text) {
  std::string result;
  for (const char c : text) result += static_cast<unsigned char>(c) < ' ' ? ' ' : c;
  if (result.size() <= shown_bytes) return result;
  return result.substr(0, valid_utf8_prefix(std::string_view{result}.substr(0, shown_bytes))) +
         "...";
}

/// The separator that a line such as "sep=;" sets in Excel. Other programs read the line as a row
/// and write it again as one: in quotes, and padded with separators to the width of the table.
std::optional<char> separator_named_by(std::string_view line) {
  constexpr std::string_view mark = "sep=";
  const std::string_view quote = line.starts_with('"') ? "\"" : "";
  line.remove_prefix(quote.size());
  if (line.size() <= mark.size() || !same_word(line.substr(0, mark.size()), mark))
    return std::nullopt;
  const char named = line[mark.size()];
  line.remove_prefix(mark.size() + 1);
  if (separators.find(named) == std::string_view::npos || !line.starts_with(quote))
    return std::nullopt;
  if (line.find_first_not_of(separators, quote.size()) != std::string_view::npos)
    return std::nullopt;
  return named;
}

std::string in_words(char separator) {
  return separator == '\t' ? "tabs" : std::string{'\''} + separator + '\'';
}

struct binary_format {
  std::string_view start;
  std::string_view what;
};
constexpr std::array<binary_format, 3> binary_formats{
    {{"PK\x03\x04",
      "is an Excel workbook or another ZIP file; save it as CSV UTF-8"},  // APPNOTE 4.3.7
     {"\xD0\xCF\x11\xE0",
      "is an old Excel workbook (.xls), or a new one that has a password; save it as CSV "
      "UTF-8"},                                               // MS-CFB 2.2
     {"\x1F\x8B", "is packed with gzip; unpack it first"}}};  // RFC 1952

std::string not_utf8(std::string_view text) {
  const auto byte = static_cast<unsigned char>(text[valid_utf8_prefix(text)]);
  return "is not UTF-8 (byte " + hex({&byte, 1}) + ", perhaps of Windows-1252 or Latin-1); " +
         std::string{remedy};
}

}  // namespace

std::string fault::message(std::string_view name) const {
  return std::string{name} + (line > 0 ? ", line " + std::to_string(line) + ": " : " ") + what;
}

table::table(std::string_view text, std::span<const column> columns)
    : columns_{columns}, trimmed_(columns.size()) {
  decode(text);
  if (!wrong_) find_header();
}

void table::fail(std::string what, std::size_t line) { wrong_ = fault{std::move(what), line}; }

void table::decode(std::string_view text) {
  for (const auto& format : binary_formats) {
    if (text.starts_with(format.start)) return fail(std::string{format.what});
  }
  const auto how = encoding_of(text);
  text_ = text.substr(how.mark);
  if (how.what == encoding::kind::utf8) return;
  if (how.what == encoding::kind::utf32) return fail("is UTF-32; " + std::string{remedy});
  if (how.mark == 0) return fail("is UTF-16 without a byte order mark; " + std::string{remedy});
  auto [utf8, whole] = utf8_of_utf16(text_, how.big_endian);
  if (!whole) return fail("this is not valid UTF-16; " + std::string{remedy}, 1 + line_ends(utf8));
  converted_ = std::move(utf8);
  text_ = converted_;
}

/// The separator that the first line sets, which is removed then; nothing if it is not such a line.
std::optional<char> table::take_separator_line() {
  const auto line = text_.substr(0, text_.find_first_of("\r\n"));
  const auto named = separator_named_by(line);
  if (!named) return std::nullopt;
  text_.remove_prefix(line.size());
  if (!text_.empty()) text_.remove_prefix(text_.starts_with("\r\n") ? 2 : 1);
  ++first_line_;
  return named;
}

table::header table::header_with(char separator) const {
  header made{reader{text_, separator, first_line_}, separator};
  bool is_there = false;
  do {
    is_there = made.rows.next(made.names);
  } while (is_there && is_blank_before_header(made.names));
  if (!is_there && made.rows.error().empty()) made.names.clear();
  for (auto& name : made.names) name = std::string{without_blanks_around(name)};
  made.positions.resize(columns_.size());
  if (!made.rows.error().empty()) return made;
  for (std::size_t wanted = 0; wanted < columns_.size(); ++wanted) {
    for (std::size_t position = 0; position < made.names.size(); ++position) {
      if (plain(made.names[position]) != plain(columns_[wanted].name)) continue;
      if (made.positions[wanted]) made.twice = wanted;
      made.positions[wanted] = position;
    }
    if (made.positions[wanted]) ++made.found;
  }
  return made;
}

/// With the separator that gives the header most of the columns.
table::header table::likeliest_header() const {
  const auto weight = [](const header& of) { return std::tuple{of.found, of.names.size()}; };
  auto likeliest = header_with(separators.front());
  for (const char separator : separators.substr(1)) {
    if (likeliest.found == columns_.size()) break;
    auto other = header_with(separator);
    if (weight(other) > weight(likeliest)) likeliest = std::move(other);
  }
  return likeliest;
}

void table::find_header() {
  const auto named = take_separator_line();
  header_ = named ? header_with(*named) : likeliest_header();
  if (named && header_.found < columns_.size()) {
    const auto other = likeliest_header();
    if (other.found > header_.found) {
      return fail("the header is separated by " + in_words(other.separator) +
                      ", but the sep line before it names " + in_words(*named),
                  other.rows.line());
    }
  }
  if (auto what = fault_of_header())
    return fail(*std::move(what), header_.names.empty() ? 0 : header_.rows.line());
}

std::optional<std::string> table::fault_of_header() const {
  const auto& names = header_.names;
  if (names.empty()) return "is empty";
  if (!header_.rows.error().empty())
    return "column " + std::to_string(names.size()) + ": " + header_.rows.error();
  if (header_.twice)
    return "the header names the column " + std::string{columns_[*header_.twice].name} + " twice";
  const bool not_split = names.size() == 1 && header_.found == 0;
  if (not_split && valid_utf8_prefix(names[0]) != names[0].size())
    return "the header " + not_utf8(names[0]);
  if (not_split) {
    return "the header has one column '" + shown(names[0]) +
           "': its cells are not separated by a comma, semicolon, tab or |";
  }
  for (std::size_t wanted = 0; wanted < columns_.size(); ++wanted) {
    if (!header_.positions[wanted])
      return "the header has no column " + std::string{columns_[wanted].name};
  }
  return std::nullopt;
}

bool table::next(std::vector<std::string>& cells) {
  if (wrong_) return false;
  auto& rows = header_.rows;
  do {
    if (!rows.next(row_)) {
      if (!rows.error().empty())
        fail("column " + named(row_.size() - 1) + ": " + rows.error(), rows.line());
      return false;
    }
  } while (is_blank(row_));
  if (auto what = fault_of_row(row_)) return fail(*std::move(what), rows.line()), false;
  cells.resize(columns_.size());
  for (std::size_t wanted = 0; wanted < columns_.size(); ++wanted) {
    auto& cell = row_[*header_.positions[wanted]];
    const auto text = without_blanks_around(cell);
    if (text.size() == cell.size()) {
      cells[wanted] = std::move(cell);
    } else {
      if (trimmed_[wanted].count++ == 0) trimmed_[wanted].first_line = rows.line();
      cells[wanted] = std::string{text};
    }
    if (auto what = fault_of_cell(wanted, cells[wanted])) {
      return fail("column " + named(*header_.positions[wanted]) + ": " + *what, rows.line()), false;
    }
  }
  return true;
}

std::optional<std::string> table::fault_of_row(const std::vector<std::string>& row) const {
  const auto columns = header_.names.size();
  std::optional<std::size_t> missing;  // the first of them
  for (const auto position : header_.positions) {
    if (*position >= row.size() && (!missing || *position < *missing)) missing = position;
  }
  if (missing) return "column " + named(*missing) + ": the row ends before it";
  if (row.size() > columns && std::ranges::any_of(std::span{row}.subspan(columns), has_text)) {
    return "column " + named(columns - 1) +
           ": the row goes on behind it, the last column of the header";
  }
  return std::nullopt;
}

std::optional<std::string> table::fault_of_cell(std::size_t column, std::string_view cell) const {
  const auto& wanted = columns_[column];
  if (cell.empty() && !wanted.may_be_empty) return "is empty";
  if (cell.size() > wanted.max_bytes)
    return "is longer than " + std::to_string(wanted.max_bytes) + " bytes";
  if (valid_utf8_prefix(cell) != cell.size()) return not_utf8(cell);
  if (cell.find('\0') != std::string_view::npos) return "contains a NUL character";
  return std::nullopt;
}

/// The name of a column in the file; its number, from 1, if the name cannot be shown.
std::string table::named(std::size_t position) const {
  const auto& names = header_.names;
  const bool has_name = position < names.size() && !names[position].empty() &&
                        valid_utf8_prefix(names[position]) == names[position].size();
  return has_name ? shown(names[position]) : std::to_string(position + 1);
}

std::string table::trimmed_in(std::size_t column, std::string_view one,
                              std::string_view many) const {
  const auto& cells = trimmed_[column];
  if (cells.count == 0) return {};
  const bool single = cells.count == 1;
  return std::to_string(cells.count) + " " + std::string{single ? one : many} +
         (single ? " has blanks around it" : " have blanks around them") +
         ", which were taken off (" + (single ? "" : "the first ") + "in line " +
         std::to_string(cells.first_line) + ")";
}

}  // namespace retail_pulse::csv
