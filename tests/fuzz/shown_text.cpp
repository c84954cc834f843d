// shown_text: a text of a stranger, on its way to a terminal and into a cell of CSV.
// - A terminal gets UTF-8 without anything that misleads it, and the same however the text comes in
// parts.
// - What needs no escape is shown as it is.
// - A reader of our rows finds the text again, but for apostrophes; and no reader of any separator
// finds a formula.
#include <algorithm>
#include <array>
#include <string>
#include <vector>

#include "core/csv_cell.hpp"
#include "core/terminal_text.hpp"
#include "core/text.hpp"
#include "csv/reader.hpp"
#include "property.hpp"

namespace retail_pulse::fuzz {
namespace {

/// Without the line ends and tabs that may stay.
bool misleads(std::string_view text) {
  while (!text.empty()) {
    const auto length = text.starts_with("\r\n") ? std::size_t{2} : utf8_sequence(text);
    if (length == 0) return true;
    const auto character = text.substr(0, length);
    if (character != "\r\n" && character != "\n" && character != "\t" &&
        misleads_terminal(character))
      return true;
    text.remove_prefix(length);
  }
  return false;
}

void check_terminal(std::string_view text) {
  const auto whole = for_terminal(text);
  check(!misleads(whole), "nothing misleads a terminal");
  if (!misleads(text)) check(whole == text, "what misleads nobody is shown as it is");
  dice chance{text};
  terminal_text parts;
  std::string shown;
  for (auto left = text; !left.empty();) {
    const auto size = chance.piece(left.size());
    shown += parts.shown(left.substr(0, size));
    left.remove_prefix(size);
  }
  check(shown + parts.rest() == whole, "parts are shown as the whole is");
}

bool is_formula(std::string_view cell) {
  constexpr std::array<std::string_view, 8> signs{
      "=", "+", "-", "@", "\xEF\xBC\x9D", "\xEF\xBC\x8B", "\xEF\xBC\x8D", "\xEF\xBC\xA0"};
  cell = without_blanks_in_front(cell);
  return std::ranges::any_of(signs,
                             [cell](std::string_view sign) { return cell.starts_with(sign); });
}

void check_cells(std::string_view text) {
  std::string row{"0,"};
  append_csv_cell(row, text);
  row += ",x\r\n";
  for (const char separator : {',', ';', '\t', '|'}) {
    csv::reader reader{row, separator};
    for (std::vector<std::string> cells; reader.next(cells);) {
      for (const auto& cell : cells) check(!is_formula(cell), "no cell is a formula");
      if (separator != ',') continue;
      check(cells.size() == 3, "a cell stays one");
      std::string found = cells[1], given{text};
      std::erase(found, '\'');
      std::erase(given, '\'');
      check(found == given, "a cell holds its text");
    }
    if (separator == ',') check(reader.error().empty(), "a row is one");
  }
}

}  // namespace
}  // namespace retail_pulse::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto text = retail_pulse::fuzz::as_text(data, size);
  retail_pulse::fuzz::check_terminal(text);
  retail_pulse::fuzz::check_cells(text);
  return 0;
}
