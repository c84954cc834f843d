#pragma once

#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace retail_pulse {

/// Milliseconds since 1970-01-01T00:00:00Z, without leap seconds. What storage holds.
using unix_millis = std::chrono::duration<std::int64_t, std::milli>;

/// Wall time is read through this, so that a test can set it.
using wall_clock = std::function<unix_millis()>;

/// The machine's clock.
unix_millis system_wall_time();

/// "2026-11-22T05:27:06.123Z" (RFC 3339, UTC, milliseconds).
std::string to_rfc3339(unix_millis time);

/// A time of RFC 3339 ("2026-11-22T05:27:06.123+01:00"), or the beginning in UTC of a date
/// ("2026-11-22"). What is finer than a millisecond is cut off. A blank is taken for the `+` of the
/// offset, which is what a `+` in a query string is read as. Nothing for any other text.
std::optional<unix_millis> from_rfc3339(std::string_view text);

}  // namespace retail_pulse
