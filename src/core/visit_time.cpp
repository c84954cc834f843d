#include "core/visit_time.hpp"

#include <chrono>

namespace retail_pulse {
namespace {

/// Takes digits and marks from the front of a text; every take says whether it was there.
class scanner {
 public:
  explicit scanner(std::string_view text) : rest_{text} {}

  /// Exactly `count` digits; -1 when they are not there.
  int digits(std::size_t count) {
    if (rest_.size() < count) return -1;
    int value = 0;
    for (const char c : rest_.substr(0, count)) {
      if (c < '0' || c > '9') return -1;
      value = value * 10 + (c - '0');
    }
    rest_.remove_prefix(count);
    return value;
  }

  bool one_of(std::string_view marks) {
    if (rest_.empty() || marks.find(rest_.front()) == std::string_view::npos) return false;
    rest_.remove_prefix(1);
    return true;
  }

  void skip_digits() {
    while (!rest_.empty() && rest_.front() >= '0' && rest_.front() <= '9') rest_.remove_prefix(1);
  }

  bool at_end() const { return rest_.empty(); }

 private:
  std::string_view rest_;
};

bool is_clock(int hour, int minute) { return hour >= 0 && hour <= 23 && minute >= 0 && minute <= 59; }

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
  if (!year_month_day{year{y}, month{static_cast<unsigned>(m)}, day{static_cast<unsigned>(d)}}.ok()) return std::nullopt;
  if (!text.at_end() && !(text.one_of("Tt ") && reads_time(text))) return std::nullopt;
  return std::string{visit_time.substr(0, 10)};
}

}  // namespace retail_pulse
