#include "core/time.hpp"

#include <cstdio>

#include "core/scanner.hpp"

namespace retail_pulse {
namespace {

using std::chrono::hours, std::chrono::minutes, std::chrono::seconds;

bool is_clock(int hour, int minute) {
  return hour >= 0 && hour <= 23 && minute >= 0 && minute <= 59;
}

/// "Z" or "+01:00": the time to subtract.
std::optional<minutes> offset_of(scanner& text) {
  if (text.one_of("Zz")) return minutes{0};
  const bool west = text.one_of("-");
  if (!west && !text.one_of("+ ")) return std::nullopt;
  const int hour = text.digits(2);
  const int minute = text.one_of(":") ? text.digits(2) : -1;
  if (!is_clock(hour, minute)) return std::nullopt;
  const minutes offset = hours{hour} + minutes{minute};
  return west ? -offset : offset;
}

/// "12:30:00.5Z", as the time since the beginning of the day in UTC.
std::optional<unix_millis> time_of_day(scanner& text) {
  const int hour = text.digits(2);
  const int minute = text.one_of(":") ? text.digits(2) : -1;
  const int second = text.one_of(":") ? text.digits(2) : -1;
  if (!is_clock(hour, minute) || second < 0 || second > 60)
    return std::nullopt;  // 60: a leap second
  int fraction = 0;
  if (text.one_of(".")) {
    const int tenth = text.digits(1);
    if (tenth < 0) return std::nullopt;
    fraction = tenth * 100 + text.thousandths() / 10;
  }
  const auto offset = offset_of(text);
  if (!offset) return std::nullopt;
  return hours{hour} + minutes{minute} + seconds{second} + unix_millis{fraction} - *offset;
}

}  // namespace

unix_millis system_wall_time() {
  return std::chrono::duration_cast<unix_millis>(
      std::chrono::system_clock::now().time_since_epoch());
}

std::string to_rfc3339(unix_millis time) {
  using namespace std::chrono;
  const auto day = floor<days>(sys_time<milliseconds>{time});
  const year_month_day date{day};
  const hh_mm_ss clock{sys_time<milliseconds>{time} - day};
  char text[40];
  std::snprintf(
      text, sizeof text, "%04d-%02u-%02uT%02d:%02d:%02d.%03dZ", static_cast<int>(date.year()),
      static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
      static_cast<int>(clock.hours().count()), static_cast<int>(clock.minutes().count()),
      static_cast<int>(clock.seconds().count()), static_cast<int>(clock.subseconds().count()));
  return text;
}

std::optional<unix_millis> from_rfc3339(std::string_view given) {
  using namespace std::chrono;
  scanner text{given};
  const int y = text.digits(4);
  const int m = text.one_of("-") ? text.digits(2) : -1;
  const int d = text.one_of("-") ? text.digits(2) : -1;
  if (y < 0 || m < 0 || d < 0) return std::nullopt;
  const year_month_day date{year{y}, month{static_cast<unsigned>(m)},
                            day{static_cast<unsigned>(d)}};
  if (!date.ok()) return std::nullopt;
  const auto midnight = duration_cast<unix_millis>(sys_days{date}.time_since_epoch());
  if (text.at_end()) return midnight;
  if (!text.one_of("Tt ")) return std::nullopt;
  const auto time = time_of_day(text);
  if (!time || !text.at_end()) return std::nullopt;
  return midnight + *time;
}

}  // namespace retail_pulse
