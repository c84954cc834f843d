#include "core/csv_cell.hpp"

#include <algorithm>

#include "core/text.hpp"

namespace retail_pulse {
namespace {

/// U+FF1D, U+FF0B, U+FF0D, U+FF20, which East Asian spreadsheets read as = + - @; their small forms
/// U+FE66, U+FE62, U+FE63, U+FE6B; and the minus sign U+2212.
constexpr std::string_view wide_signs[] = {"\xEF\xBC\x9D", "\xEF\xBC\x8B", "\xEF\xBC\x8D",
                                           "\xEF\xBC\xA0", "\xEF\xB9\xA6", "\xEF\xB9\xA2",
                                           "\xEF\xB9\xA3", "\xEF\xB9\xAB", "\xE2\x88\x92"};

constexpr std::string_view signs = "=+-@";
constexpr std::string_view beginnings =
    ";\t|\r\n";  ///< after which another program may begin a cell

/// Bytes of the control character at the front of a text: C0, DEL or C1. 0 if the text begins
/// otherwise.
std::size_t control_at_front(std::string_view text) {
  const auto byte = [text](std::size_t i) {
    return i < text.size() ? static_cast<unsigned char>(text[i]) : 0xFFU;
  };
  if (byte(0) < 0x20 || byte(0) == 0x7F) return 1;
  return byte(0) == 0xC2 && byte(1) >= 0x80 && byte(1) < 0xA0 ? 2 : 0;
}

/// The text without invisible characters and quotes at its front.
std::string_view from_first_visible(std::string_view text) {
  for (std::size_t before = text.size() + 1; text.size() != before;) {
    before = text.size();
    text.remove_prefix(text.starts_with('"') ? 1 : control_at_front(text));
    text = without_blanks_in_front(text);
  }
  return text;
}

bool has_sign_in_front(std::string_view text) {
  return !text.empty() && (signs.find(text.front()) != std::string_view::npos ||
                           std::ranges::any_of(wide_signs, [text](std::string_view sign) {
                             return text.starts_with(sign);
                           }));
}

/// Whether a formula begins at an offset of a text. The offsets must ascend; then characters that
/// may hide a sign are read only once, although a text may be all tabs, each of which begins a
/// cell.
class formula_finder {
 public:
  explicit formula_finder(std::string_view text) : text_(text) { look_from(0); }

  bool begins_at(std::size_t offset) {
    if (offset > visible_at_) look_from(offset);
    return has_sign_;
  }

 private:
  void look_from(std::size_t offset) {
    const auto visible = from_first_visible(text_.substr(offset));
    visible_at_ = text_.size() - visible.size();
    has_sign_ = has_sign_in_front(visible);
  }

  const std::string_view text_;
  std::size_t visible_at_ = 0;  ///< the first visible character from the last offset on
  bool has_sign_ = false;       ///< it is a sign
};

}  // namespace

void append_csv_cell(std::string& row, std::string_view text) {
  const bool quoted = text.find_first_of("\",\r\n") != std::string_view::npos;
  if (quoted) row += '"';
  formula_finder formula{text};
  if (control_at_front(text) > 0 || formula.begins_at(0)) row += '\'';
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (c == '"') row += '"';
    row += c;
    if (beginnings.find(c) != std::string_view::npos && formula.begins_at(i + 1)) row += '\'';
  }
  if (quoted) row += '"';
}

}  // namespace retail_pulse
