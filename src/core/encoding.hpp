#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace retail_pulse {

/// How the bytes of a text stand for characters.
struct encoding {
  enum class kind : std::uint8_t { utf8, utf16, utf32 };
  kind what = kind::utf8;   ///< also for whatever else has no mark, such as Latin-1: only reading it on tells
  bool big_endian = false;  ///< of UTF-16 and UTF-32
  std::size_t mark = 0;     ///< bytes of the byte order mark at the start; 0 where there is none
};

/// Told by the mark, or by the NUL bytes that two ASCII characters at the start have in UTF-16 and UTF-32 (RFC 4627, 3).
encoding encoding_of(std::string_view text);

struct decoded {
  std::string text;   ///< UTF-8, up to the first byte that is wrong
  bool whole = true;  ///< false: a surrogate stands alone, or the last character is cut
};

/// UTF-16 without a mark as UTF-8, which takes at most one and a half times the bytes.
decoded utf8_of_utf16(std::string_view bytes, bool big_endian);

}  // namespace retail_pulse
