#include "core/time.hpp"

#include <cstdio>

namespace retail_pulse {

unix_millis system_wall_time() { return std::chrono::duration_cast<unix_millis>(std::chrono::system_clock::now().time_since_epoch()); }

std::string to_rfc3339(unix_millis time) {
  using namespace std::chrono;
  const auto day = floor<days>(sys_time<milliseconds>{time});
  const year_month_day date{day};
  const hh_mm_ss clock{sys_time<milliseconds>{time} - day};
  char text[40];
  std::snprintf(text, sizeof text, "%04d-%02u-%02uT%02d:%02d:%02d.%03dZ", static_cast<int>(date.year()),
                static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()), static_cast<int>(clock.hours().count()),
                static_cast<int>(clock.minutes().count()), static_cast<int>(clock.seconds().count()),
                static_cast<int>(clock.subseconds().count()));
  return text;
}

}  // namespace retail_pulse
