#include <algorithm>

#include "tests/hostile/cases.hpp"
#include "tests/unit/imaging/samples.hpp"

namespace retail_pulse::hostile {

cases damage_cases() {
  cases all;
  const auto damaged = [&](const imaging::sample& of, const char* how, std::size_t bytes) {
    const auto other_ends = of.other_ends();
    const bool may_end = std::ranges::find(other_ends, bytes) != other_ends.end();
    all.push_back({.name = std::string{"damage: "} + how + of.name,
                   .expected = may_end ? error_code::none : error_code::truncated,
                   .width = of.expected.width,
                   .height = of.expected.height,
                   .run = test_support::serving(
                       http_response(200, std::string_view{of.file}.substr(0, bytes)))});
  };
  for (const auto& each : imaging::all_samples()) {
    if (each.is_large()) continue;
    damaged(each, "half of ", each.file.size() / 2);
    damaged(each, "no last byte of ", each.file.size() - 1);
  }
  return all;
}

}  // namespace retail_pulse::hostile
