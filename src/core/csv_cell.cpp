#include "core/csv_cell.hpp"

#include <algorithm>

#include "core/text.hpp"

namespace retail_pulse {
namespace {

/// U+FF1D, U+FF0B, U+FF0D, U+FF20: what East Asian spreadsheets take for = + - @; their small forms U+FE66, U+FE62, U+FE63, U+FE6B; and
/// the minus sign U+2212.
constexpr std::string_view wide_signs[] = {"\xEF\xBC\x9D", "\xEF\xBC\x8B", "\xEF\xBC\x8D", "\xEF\xBC\xA0", "\xEF\xB9\xA6",
                                           "\xEF\xB9\xA2", "\xEF\xB9\xA3", "\xEF\xB9\xAB", "\xE2\x88\x92"};

constexpr std::string_view signs = "=+-@";
constexpr std::string_view beginnings = ";\t|\r\n";  ///< what the next cell of some reader begins behind

bool is_control(char c) { return static_cast<unsigned char>(c) < 0x20; }

bool begins_as_formula(std::string_view text) {
  for (;;) {
    const auto before = text.size();
    while (!text.empty() && (is_control(text.front()) || text.front() == '"')) text.remove_prefix(1);
    text = without_blanks_in_front(text);
    if (text.size() == before) break;
  }
  if (text.empty()) return false;
  return signs.find(text.front()) != std::string_view::npos ||
         std::ranges::any_of(wide_signs, [text](std::string_view sign) { return text.starts_with(sign); });
}

}  // namespace

void append_csv_cell(std::string& row, std::string_view text) {
  const bool quoted = text.find_first_of("\",\r\n") != std::string_view::npos;
  if (quoted) row += '"';
  if (!text.empty() && (is_control(text.front()) || begins_as_formula(text))) row += '\'';
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (c == '"') row += '"';
    row += c;
    if (beginnings.find(c) != std::string_view::npos && begins_as_formula(text.substr(i + 1))) row += '\'';
  }
  if (quoted) row += '"';
}

}  // namespace retail_pulse
