#include "app/output.hpp"

#include <sys/ioctl.h>
#include <unistd.h>

#include <cstdio>

#include "core/terminal_text.hpp"
#include "core/text.hpp"

namespace retail_pulse::app {
namespace {

constexpr std::size_t default_columns = 80;  ///< of a terminal that does not report its width

/// Whether a sequence of UTF-8 is one of the control characters U+0000..U+001F, U+007F..U+009F.
bool is_control(std::string_view sequence) {
  const auto first = static_cast<unsigned char>(sequence.front());
  if (sequence.size() == 1) return first < 0x20 || first == 0x7F;
  return sequence.size() == 2 && first == 0xC2 && static_cast<unsigned char>(sequence[1]) < 0xA0;
}

}  // namespace

void say(std::string_view text) {
  static const bool to_terminal = isatty(STDERR_FILENO) == 1;
  const auto safe = to_terminal ? for_terminal(text) : std::string{text};
  std::fwrite(safe.data(), 1, safe.size(), stderr);
}

std::optional<std::size_t> terminal_columns(int descriptor) {
  if (isatty(descriptor) != 1) return std::nullopt;
  winsize size{};
  if (ioctl(descriptor, TIOCGWINSZ, &size) != 0 || size.ws_col == 0) return default_columns;
  return size.ws_col;
}

std::string printable(std::string_view text) {
  std::string result;
  while (!text.empty()) {
    const auto length = utf8_sequence(text);
    const auto sequence = text.substr(0, length == 0 ? 1 : length);
    if (length == 0 || is_control(sequence)) {
      result += '?';
    } else {
      result += sequence;
    }
    text.remove_prefix(sequence.size());
  }
  return result;
}

}  // namespace retail_pulse::app
