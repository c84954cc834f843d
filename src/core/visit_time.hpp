#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace retail_pulse {

/// The calendar day ("2023-03-09") of a visit time, local to the store, if the text is an ISO 8601
/// date or date-time: `YYYY-MM-DD`, then optionally `T` or a blank, `hh:mm`, `:ss`, a fraction, and
/// `Z` or an offset. Nothing for any other text, and for days and times that do not exist. Any text
/// is a legal visit time; filters use this day.
std::optional<std::string> visit_date(std::string_view visit_time);

}  // namespace retail_pulse
