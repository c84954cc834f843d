#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

/// Text to values, as pure functions: nothing where the text is not wholly of the accepted form, or does not fit the type.
namespace retail_pulse::config {

/// Decimal digits only: no sign, no blanks, no separators.
std::optional<std::int64_t> parse_count(std::string_view text);

/// A count with a unit: `500ms`, `10s`, `2m`, `1h`; a plain `0` needs none. A plain `10` is refused: ten what?
std::optional<std::chrono::milliseconds> parse_duration(std::string_view text);

/// Both ends included.
struct duration_range {
  std::chrono::milliseconds low{0};
  std::chrono::milliseconds high{0};
  bool operator==(const duration_range&) const = default;
};
/// `100ms..400ms`, low end first, or one duration for both ends.
std::optional<duration_range> parse_duration_range(std::string_view text);

/// Plain bytes or a unit, with or without a blank between: `50MiB`, `10 GiB`, `1 kB`, `4096`. KiB, MiB and GiB count in 1024s,
/// kB, MB and GB in 1000s; case does not matter.
std::optional<std::int64_t> parse_bytes(std::string_view text);

/// A host as it stands in a parsed URL, whatever form it came in: a name in lower case, an IPv4 address in dotted decimal, an IPv6 address
/// without brackets (they may be given). No wildcard, no port, no dot at either end.
std::optional<std::string> parse_host(std::string_view text);

/// The secret in "whsec_<base64>", as Standard Webhooks writes it: limits::callback_secret_min_bytes to ..._max_bytes.
std::optional<std::string> parse_webhook_secret(std::string_view text);

/// The parts between commas without the blanks around them. A text of blanks has no parts; an empty part stays, for others to refuse.
std::vector<std::string> split_list(std::string_view text);

}  // namespace retail_pulse::config
