#pragma once

#include <charconv>
#include <limits>
#include <optional>
#include <string_view>
#include <system_error>

/// Numbers as text: what clients, files and people write.
namespace retail_pulse {

/// The whole number that a text of decimal digits stands for; nullopt where it is out of range, or
/// the text is empty or has anything else in it: a sign, a blank, a point.
template <class Number>
std::optional<Number> whole_number(std::string_view text, Number least = 0,
                                   Number most = std::numeric_limits<Number>::max()) {
  if (text.empty() || text.front() < '0' || text.front() > '9') return std::nullopt;  // a sign
  Number value = 0;
  const auto* const end = text.data() + text.size();
  const auto [rest, error] = std::from_chars(text.data(), end, value);
  if (error != std::errc{} || rest != end || value < least || value > most) return std::nullopt;
  return value;
}

}  // namespace retail_pulse
