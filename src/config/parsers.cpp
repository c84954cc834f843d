#include "config/parsers.hpp"

#include <algorithm>
#include <array>
#include <limits>
#include <utility>
#include <variant>

#include "core/limits.hpp"
#include "core/number.hpp"
#include "core/text.hpp"
#include "crypto/base64.hpp"
#include "fetch/url/url_host.hpp"

namespace retail_pulse::config {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }

struct unit {
  std::string_view name;
  std::int64_t factor;
};

/// A number times the factor of its unit; nullopt if the unit is unknown or the product overflows.
template <std::size_t N>
std::optional<std::int64_t> scaled(std::string_view digits, std::string_view name,
                                   const std::array<unit, N>& units) {
  const auto found = std::ranges::find(units, name, &unit::name);
  const auto count = parse_count(digits);
  if (found == units.end() || !count ||
      *count > std::numeric_limits<std::int64_t>::max() / found->factor)
    return std::nullopt;
  return *count * found->factor;
}

std::pair<std::string_view, std::string_view> split_unit(std::string_view text) {
  const auto digits =
      static_cast<std::size_t>(std::ranges::find_if_not(text, is_digit) - text.begin());
  return {text.substr(0, digits), text.substr(digits)};
}

}  // namespace

std::optional<std::int64_t> parse_count(std::string_view text) {
  return whole_number<std::int64_t>(text);
}

std::optional<std::chrono::milliseconds> parse_duration(std::string_view text) {
  static constexpr std::array units{unit{"ms", 1}, unit{"s", 1000}, unit{"m", 60'000},
                                    unit{"h", 3'600'000}};
  if (text == "0") return std::chrono::milliseconds{0};
  const auto [digits, name] = split_unit(text);
  const auto value = scaled(digits, name, units);
  if (!value) return std::nullopt;
  return std::chrono::milliseconds{*value};
}

std::optional<duration_range> parse_duration_range(std::string_view text) {
  const auto dots = text.find("..");
  const auto low = parse_duration(text.substr(0, dots));
  const auto high = dots == std::string_view::npos ? low : parse_duration(text.substr(dots + 2));
  if (!low || !high || *low > *high) return std::nullopt;
  return duration_range{*low, *high};
}

std::optional<std::int64_t> parse_bytes(std::string_view text) {
  static constexpr std::array units{unit{"", 1},
                                    unit{"b", 1},
                                    unit{"kb", 1000},
                                    unit{"mb", 1'000'000},
                                    unit{"gb", 1'000'000'000},
                                    unit{"kib", 1 << 10},
                                    unit{"mib", 1 << 20},
                                    unit{"gib", 1 << 30}};
  const auto [digits, rest] = split_unit(text);
  return scaled(digits, lower(rest.starts_with(' ') && rest.size() > 1 ? rest.substr(1) : rest),
                units);
}

std::optional<std::string> parse_host(std::string_view text) {
  const bool bare_v6 = text.find(':') != std::string_view::npos && !text.starts_with('[');
  auto parsed = fetch::parse_host(bare_v6 ? '[' + std::string{text} + ']' : std::string{text});
  auto* host = std::get_if<fetch::url_host>(&parsed);
  if (host == nullptr) return std::nullopt;
  // Valid in a URL, but here the operator means something else: every subdomain, or the host
  // without the dot.
  if (host->text.find('*') != std::string::npos || host->text.ends_with('.')) return std::nullopt;
  return std::move(host->text);
}

std::optional<std::string> parse_webhook_secret(std::string_view text) {
  constexpr std::string_view prefix = "whsec_";
  if (!text.starts_with(prefix)) return std::nullopt;
  auto secret = crypto::from_base64(text.substr(prefix.size()));
  if (!secret || secret->size() < limits::callback_secret_min_bytes ||
      secret->size() > limits::callback_secret_max_bytes)
    return std::nullopt;
  return secret;
}

std::vector<std::string> split_list(std::string_view text) {
  std::vector<std::string> parts;
  if (trimmed(text).empty()) return parts;
  for (;;) {
    const auto comma = text.find(',');
    parts.emplace_back(trimmed(text.substr(0, comma)));
    if (comma == std::string_view::npos) return parts;
    text.remove_prefix(comma + 1);
  }
}

}  // namespace retail_pulse::config
