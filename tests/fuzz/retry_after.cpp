// retry_after: the value of a Retry-After header.
// - A wait is never negative, and digits are seconds whatever the time is.
// - A date comes closer as time passes: the wait seen later is the one seen earlier, less the time
// between.
// - However long a server asks for, the pause before the next attempt stays bounded.
#include <algorithm>

#include "core/limits.hpp"
#include "fetch/engine/backoff.hpp"
#include "property.hpp"

namespace retail_pulse::fuzz {
namespace {

using namespace std::chrono_literals;

void check_any(std::string_view text) {
  constexpr unix_millis epoch{0};
  constexpr unix_millis later{std::int64_t{1'700'000'000'000}};
  const auto at_epoch = fetch::parse_retry_after(text, epoch);
  const auto at_later = fetch::parse_retry_after(text, later);
  check(at_epoch.has_value() == at_later.has_value(),
        "whether a text is a wait does not depend on the time");
  if (!at_epoch) return;
  check(*at_epoch >= 0ms && *at_later >= 0ms, "a wait is not negative");

  if (std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; })) {
    check(*at_epoch == *at_later && *at_epoch <= 1'000'000'000s,
          "seconds are bounded and do not depend on the time");
  } else {
    check(*at_later == std::max(0ms, *at_epoch - std::chrono::milliseconds{later}),
          "a date comes closer as time passes");
  }
  for (const auto code :
       {error_code::http_status, error_code::dns_failed, error_code::origin_unavailable}) {
    const auto pause = fetch::backoff(3, code, at_epoch, {text.size()});
    check(pause >= 0ms &&
              pause <= limits::retry_after_cap + limits::backoff_cap + limits::dns_failure_kept,
          "a pause is bounded");
    check(pause >= std::min(*at_epoch, limits::retry_after_cap),
          "a pause is what the server asked for, up to the bound");
  }
}

}  // namespace
}  // namespace retail_pulse::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  retail_pulse::fuzz::check_any(retail_pulse::fuzz::as_text(data, size));
  return 0;
}
