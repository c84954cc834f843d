#pragma once

#include <cstddef>
#include <string_view>

namespace retail_pulse {

/// Takes digits and marks from the front of a text; every call returns whether they were there.
class scanner {
 public:
  explicit scanner(std::string_view text) : rest_{text} {}

  /// Exactly `count` digits; -1 if they are not there.
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

  /// All digits that follow; the value of the first three as thousandths.
  int thousandths() {
    int value = 0;
    for (int place = 100; !rest_.empty() && rest_.front() >= '0' && rest_.front() <= '9';
         place /= 10) {
      value += (rest_.front() - '0') * place;
      rest_.remove_prefix(1);
    }
    return value;
  }

  void skip_digits() {
    while (!rest_.empty() && rest_.front() >= '0' && rest_.front() <= '9') rest_.remove_prefix(1);
  }

  bool at_end() const { return rest_.empty(); }

 private:
  std::string_view rest_;
};

}  // namespace retail_pulse
