#include "fetch/engine/backoff.hpp"

#include <algorithm>
#include <ctime>
#include <iomanip>
#include <locale>
#include <sstream>
#include <string>

#include "core/limits.hpp"
#include "core/random.hpp"

namespace retail_pulse::fetch {
namespace {

/// The three forms of RFC 9110, section 5.6.7; the last two are obsolete and must still be read.
constexpr const char* date_forms[] = {"%a, %d %b %Y %H:%M:%S GMT", "%A, %d-%b-%y %H:%M:%S GMT",
                                      "%a %b %e %H:%M:%S %Y"};

std::optional<unix_millis> parse_http_date(const std::string& text) {
  for (const char* form : date_forms) {
    std::istringstream stream{text};
    stream.imbue(std::locale::classic());
    std::tm parts{};
    stream >> std::get_time(&parts, form);
    if (stream.fail()) continue;
    // get_time also accepts a text that ends early; a date must read the same when written back.
    std::ostringstream written;
    written.imbue(std::locale::classic());
    written << std::put_time(&parts, form);
    if (written.str() != text) continue;
    const auto seconds = timegm(&parts);
    return unix_millis{std::chrono::seconds{seconds}};
  }
  return std::nullopt;
}

static_assert(limits::breaker_open_cap <= limits::retry_after_cap,
              "an image waits until the next probe may pass");

}  // namespace

std::chrono::milliseconds backoff(int attempt, error_code code,
                                  std::optional<std::chrono::milliseconds> retry_after,
                                  std::initializer_list<std::uint64_t> names) {
  auto longest = limits::backoff_base;
  for (int i = 1; i < attempt && longest < limits::backoff_cap; ++i) longest *= 2;
  longest = std::min(longest, limits::backoff_cap);
  std::chrono::milliseconds drawn{draw_between(0, longest.count(), names)};
  if (code == error_code::dns_failed) drawn += limits::dns_failure_kept;
  if (!retry_after) return drawn;
  const auto asked = std::min(*retry_after, limits::retry_after_cap);
  return code == error_code::origin_unavailable ? asked + drawn : std::max(drawn, asked);
}

std::optional<std::chrono::milliseconds> parse_retry_after(std::string_view text, unix_millis now) {
  constexpr std::int64_t most_seconds = 1'000'000'000;  // 31 years; more digits mean the same
  constexpr std::size_t longest_date = 64;              // the longest form has 33 characters
  if (text.empty()) return std::nullopt;
  if (std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; })) {
    std::int64_t seconds = 0;
    for (const char c : text) seconds = std::min(most_seconds, seconds * 10 + (c - '0'));
    return std::chrono::seconds{seconds};
  }
  if (text.size() > longest_date) return std::nullopt;
  const auto date = parse_http_date(std::string{text});
  if (!date) return std::nullopt;
  return std::max(std::chrono::milliseconds{0}, std::chrono::milliseconds{*date - now});
}

}  // namespace retail_pulse::fetch
