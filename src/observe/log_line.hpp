#pragma once

#include <span>
#include <string>
#include <string_view>

#include "core/time.hpp"
#include "observe/log.hpp"

namespace retail_pulse::observe {

struct log_line {
  unix_millis time{0};
  level at = level::info;
  std::string_view message;
  std::span<const field> fields;
};

/// `2026-11-22T05:27:06.123Z info    job accepted job=7 images=20`, without the newline. Values
/// with other than plain characters are quoted; quotes, backslashes, characters that mislead a
/// terminal (misleads_terminal) and bytes that are not UTF-8 are escaped.
std::string as_text(const log_line& line);

/// One JSON object in ASCII, without the newline: time, level, message, then the fields. Bytes that
/// are not UTF-8 become U+FFFD.
std::string as_json(const log_line& line);

}  // namespace retail_pulse::observe
