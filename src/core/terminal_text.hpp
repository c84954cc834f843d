#pragma once

#include <string>
#include <string_view>

namespace retail_pulse {

/// Whether a terminal takes this character (one sequence of UTF-8) for an order, or shows other
/// text than there is because of it: the control characters C0, DEL and C1, line and paragraph
/// separators, what turns the direction of text, and what is not seen. Not among them are the
/// joiners U+200C and U+200D and the variation selectors, without which words of Persian, Hindi and
/// Mongolian, and many emoji, are not themselves.
bool misleads_terminal(std::string_view character);

/// Text of strangers for a terminal: what misleads it, and what is not UTF-8 ("\ufffd"), becomes an
/// escape as JSON has it, so that JSON stays JSON. Line ends, LF and CR LF, and tabs stay. Text may
/// come in parts that begin and end anywhere.
class terminal_text {
 public:
  /// What of the text so far can be shown and was not given yet.
  std::string shown(std::string_view part);
  /// The rest, where the text has ended.
  std::string rest();

 private:
  std::string held_;  ///< a carriage return or the beginning of a character, at the end of a part
};

/// Of a text that is whole.
std::string for_terminal(std::string_view text);

}  // namespace retail_pulse
