#include "core/terminal_text.hpp"

#include <algorithm>
#include <array>
#include <cstdint>

#include "core/text.hpp"

namespace retail_pulse {
namespace {

struct range {
  char32_t first;
  char32_t last;
};

/// C0; DEL and C1; soft hyphen; combining grapheme joiner; Arabic letter mark; fillers of Hangul,
/// among them a half-width one; inherent vowels of Khmer; Mongolian vowel separator; zero-width
/// space; left-to-right and right-to-left marks; separators, embeddings and overrides; word joiner
/// and what is invisible behind it, isolates and deprecated format characters; Braille without a
/// dot; byte order mark; interlinear annotation; beams, ties and slurs of music; tags.
constexpr std::array<range, 19> misleading{{{0x00, 0x1F},
                                            {0x7F, 0x9F},
                                            {0xAD, 0xAD},
                                            {0x34F, 0x34F},
                                            {0x61C, 0x61C},
                                            {0x115F, 0x1160},
                                            {0x17B4, 0x17B5},
                                            {0x180E, 0x180E},
                                            {0x200B, 0x200B},
                                            {0x200E, 0x200F},
                                            {0x2028, 0x202E},
                                            {0x2060, 0x206F},
                                            {0x2800, 0x2800},
                                            {0x3164, 0x3164},
                                            {0xFEFF, 0xFEFF},
                                            {0xFFA0, 0xFFA0},
                                            {0xFFF9, 0xFFFB},
                                            {0x1D173, 0x1D17A},
                                            {0xE0000, 0xE007F}}};

char32_t code_point(std::string_view character) {
  const auto lead = static_cast<unsigned char>(character.front());
  if (character.size() == 1) return lead;
  char32_t value = lead & (0xFFU >> (character.size() + 1));
  for (const char c : character.substr(1))
    value = value << 6 | (static_cast<unsigned char>(c) & 0x3FU);
  return value;
}

void append_unit(std::string& to, std::uint32_t unit) {
  constexpr std::string_view digits = "0123456789abcdef";
  to += "\\u";
  for (int shift = 12; shift >= 0; shift -= 4) to += digits[(unit >> shift) & 15];
}

void append_escape(std::string& to, char32_t c) {
  constexpr char32_t supplementary = 0x10000;
  if (c < supplementary) return append_unit(to, c);
  append_unit(to,
              0xD800 + ((c - supplementary) >> 10));  // a pair of surrogates (RFC 8259, section 7)
  append_unit(to, 0xDC00 + ((c - supplementary) & 0x3FF));
}

/// Whether this text is an incomplete character, which more bytes could complete.
bool may_go_on(std::string_view text) {
  const auto lead = static_cast<unsigned char>(text.front());
  const std::size_t length = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2;
  return lead >= 0xC2 && lead <= 0xF4 && text.size() < length &&
         std::ranges::all_of(text.substr(1),
                             [](char c) { return (static_cast<unsigned char>(c) & 0xC0) == 0x80; });
}

}  // namespace

bool misleads_terminal(std::string_view character) {
  const auto c = code_point(character);
  return std::ranges::any_of(misleading,
                             [c](const range& r) { return r.first <= c && c <= r.last; });
}

std::string terminal_text::shown(std::string_view part) {
  constexpr char32_t replacement = 0xFFFD;
  held_ += part;
  std::string_view left = held_;
  std::string result;
  while (!left.empty()) {
    const auto length = utf8_sequence(left);
    const bool unfinished = length == 0 ? may_go_on(left) : left == "\r";
    if (unfinished) break;
    const auto character = left.substr(0, std::max<std::size_t>(length, 1));
    if (left.starts_with("\r\n")) {
      result += "\r\n";
      left.remove_prefix(2);
      continue;
    }
    if (length == 0) {
      append_escape(result, replacement);
    } else if (character != "\n" && character != "\t" && misleads_terminal(character)) {
      append_escape(result, code_point(character));
    } else {
      result += character;
    }
    left.remove_prefix(character.size());
  }
  held_ = std::string{left};
  return result;
}

std::string terminal_text::rest() {
  std::string result;
  if (held_ == "\r") {
    append_escape(result, U'\r');
  } else if (!held_.empty()) {
    append_escape(result, 0xFFFD);
  }
  held_.clear();
  return result;
}

std::string for_terminal(std::string_view text) {
  terminal_text whole;
  auto result = whole.shown(text);
  return result + whole.rest();
}

}  // namespace retail_pulse
