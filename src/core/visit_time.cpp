#include "core/visit_time.hpp"

#include <chrono>

#include "core/scanner.hpp"

namespace retail_pulse {
namespace {

bool is_clock(int hour, int minute) {
  return hour >= 0 && hour <= 23 && minute >= 0 && minute <= 59;
}

bool reads_zone(scanner& text) {
  if (text.at_end() || text.one_of("Zz")) return true;
  if (!text.one_of("+-")) return false;
  const int hour = text.digits(2);
  text.one_of(":");
  const int minute = text.at_end() ? 0 : text.digits(2);
  return is_clock(hour, minute);
}

bool reads_time(scanner& text) {
  const int hour = text.digits(2);
  if (!text.one_of(":")) return false;
  const int minute = text.digits(2);
  if (!is_clock(hour, minute)) return false;
  if (text.one_of(":")) {
    const int second = text.digits(2);
    if (second < 0 || second > 60) return false;  // 60: a leap second
    if (text.one_of(".,")) {
      if (text.digits(1) < 0) return false;
      text.skip_digits();
    }
  }
  return reads_zone(text) && text.at_end();
}

}  // namespace

std::optional<std::string> visit_date(std::string_view visit_time) {
  using namespace std::chrono;
  scanner text{visit_time};
  const int y = text.digits(4);
  if (y < 0 || !text.one_of("-")) return std::nullopt;
  const int m = text.digits(2);
  if (m < 0 || !text.one_of("-")) return std::nullopt;
  const int d = text.digits(2);
  if (d < 0) return std::nullopt;
  if (!year_month_day{year{y}, month{static_cast<unsigned>(m)}, day{static_cast<unsigned>(d)}}.ok())
    return std::nullopt;
  if (!text.at_end() && !(text.one_of("Tt ") && reads_time(text))) return std::nullopt;
  return std::string{visit_time.substr(0, 10)};
}

}  // namespace retail_pulse
