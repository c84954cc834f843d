#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

/// Text to values, as pure functions: nullopt unless the whole text has the accepted form and fits
/// the type.
namespace retail_pulse::config {

/// Decimal digits only: no sign, no blanks, no separators.
std::optional<std::int64_t> parse_count(std::string_view text);

/// A number with a unit: `500ms`, `10s`, `2m`, `1h`. Only `0` needs no unit.
std::optional<std::chrono::milliseconds> parse_duration(std::string_view text);

/// Both ends included.
struct duration_range {
  std::chrono::milliseconds low{0};
  std::chrono::milliseconds high{0};
  bool operator==(const duration_range&) const = default;
};
/// `100ms..400ms`, low end first, or one duration for both ends.
std::optional<duration_range> parse_duration_range(std::string_view text);

/// Plain bytes or a unit, with or without a blank between: `50MiB`, `10 GiB`, `1 kB`, `4096`. KiB,
/// MiB and GiB count in 1024s, kB, MB and GB in 1000s; case does not matter.
std::optional<std::int64_t> parse_bytes(std::string_view text);

/// A host in the form that a parsed URL has: a name in lower case, an IPv4 address in dotted
/// decimal, an IPv6 address without brackets (which are accepted). No wildcard, no port, no dot at
/// either end.
std::optional<std::string> parse_host(std::string_view text);

/// The secret in "whsec_<base64>", as Standard Webhooks writes it:
/// limits::callback_secret_min_bytes to ..._max_bytes.
std::optional<std::string> parse_webhook_secret(std::string_view text);

/// The parts between commas, trimmed. A blank text has no parts; an empty part is kept, for the
/// caller to refuse.
std::vector<std::string> split_list(std::string_view text);

}  // namespace retail_pulse::config
