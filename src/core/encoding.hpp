#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace retail_pulse {

/// The character encoding of a text.
struct encoding {
  enum class kind : std::uint8_t { utf8, utf16, utf32 };
  kind what = kind::utf8;   ///< also for other encodings without a mark, such as Latin-1
  bool big_endian = false;  ///< of UTF-16 and UTF-32
  std::size_t mark = 0;     ///< bytes of the byte order mark at the start; 0 without a mark
};

/// Detected by the byte order mark, or by the NUL bytes that two ASCII characters at the start have
/// in UTF-16 and UTF-32 (RFC 4627, 3).
encoding encoding_of(std::string_view text);

struct decoded {
  std::string text;   ///< UTF-8, up to the first invalid byte
  bool whole = true;  ///< false: a lone surrogate, or the last character is cut
};

/// Converts UTF-16 without a mark to UTF-8, which takes at most one and a half times the bytes.
decoded utf8_of_utf16(std::string_view bytes, bool big_endian);

}  // namespace retail_pulse
