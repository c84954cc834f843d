#include "core/encoding.hpp"

#include "core/text.hpp"

namespace retail_pulse {
namespace {

using namespace std::string_view_literals;

void append(std::string& text, std::uint32_t character) {
  const auto add = [&text](std::uint32_t byte) { text += static_cast<char>(byte); };
  const auto continuation = [character](int shift) { return 0x80 | (character >> shift & 0x3F); };
  if (character < 0x80) {
    add(character);
  } else if (character < 0x800) {
    add(0xC0 | character >> 6);
    add(continuation(0));
  } else if (character < 0x10000) {
    add(0xE0 | character >> 12);
    add(continuation(6));
    add(continuation(0));
  } else {
    add(0xF0 | character >> 18);
    add(continuation(12));
    add(continuation(6));
    add(continuation(0));
  }
}

/// Which of the first four bytes are not NUL, as bits from the first one on.
unsigned letters_in(std::string_view text) {
  unsigned letters = 0;
  for (std::size_t i = 0; i < 4; ++i) letters = letters << 1 | (text[i] != '\0' ? 1 : 0);
  return letters;
}

}  // namespace

encoding encoding_of(std::string_view text) {
  using enum encoding::kind;
  if (text.starts_with(byte_order_mark)) return {utf8, false, byte_order_mark.size()};
  if (text.starts_with("\xFF\xFE\0\0"sv)) return {utf32, false, 4};
  if (text.starts_with("\0\0\xFE\xFF"sv)) return {utf32, true, 4};
  if (text.starts_with("\xFF\xFE"sv)) return {utf16, false, 2};
  if (text.starts_with("\xFE\xFF"sv)) return {utf16, true, 2};
  switch (text.size() < 4 ? 0 : letters_in(text)) {
    case 0b1010:
      return {utf16, false, 0};
    case 0b0101:
      return {utf16, true, 0};
    case 0b1000:
      return {utf32, false, 0};
    case 0b0001:
      return {utf32, true, 0};
    default:
      return {};
  }
}

decoded utf8_of_utf16(std::string_view bytes, bool big_endian) {
  const auto unit_at = [&](std::size_t at) -> std::uint32_t {
    const auto first = static_cast<unsigned char>(bytes[at]),
               second = static_cast<unsigned char>(bytes[at + 1]);
    return big_endian ? first << 8 | second : second << 8 | first;
  };
  const auto is_high = [](std::uint32_t unit) { return unit >= 0xD800 && unit < 0xDC00; };
  const auto is_low = [](std::uint32_t unit) { return unit >= 0xDC00 && unit < 0xE000; };
  decoded result;
  result.text.reserve(bytes.size() / 2);
  std::size_t at = 0;
  for (; at + 1 < bytes.size(); at += 2) {
    auto character = unit_at(at);
    if (is_high(character)) {
      if (at + 3 >= bytes.size() || !is_low(unit_at(at + 2))) break;
      character = 0x10000 + ((character & 0x3FF) << 10 | (unit_at(at + 2) & 0x3FF));
      at += 2;
    } else if (is_low(character)) {
      break;
    }
    append(result.text, character);
  }
  result.whole = at == bytes.size();
  return result;
}

}  // namespace retail_pulse
