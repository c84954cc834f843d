#include "config/values.hpp"

namespace retail_pulse::config::values {

std::string refused(std::string_view text, std::string_view why) {
  return "'" + std::string{text} + "' " + std::string{why};
}

std::string text_of(std::chrono::milliseconds time) {
  const auto count = time.count();
  if (count == 0) return "0";
  constexpr std::array<std::pair<std::int64_t, const char*>, 3> units{
      {{3'600'000, "h"}, {60'000, "m"}, {1000, "s"}}};
  for (const auto& [unit, name] : units) {
    if (count % unit == 0) return std::to_string(count / unit) + name;
  }
  return std::to_string(count) + "ms";
}

std::string size_text(std::int64_t bytes) {
  constexpr std::array<std::pair<std::int64_t, const char*>, 3> units{
      {{std::int64_t{1} << 30, "GiB"},
       {std::int64_t{1} << 20, "MiB"},
       {std::int64_t{1} << 10, "KiB"}}};
  for (const auto& [unit, name] : units) {
    if (bytes != 0 && bytes % unit == 0) return std::to_string(bytes / unit) + name;
  }
  return std::to_string(bytes);
}

}  // namespace retail_pulse::config::values
