#pragma once

#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include "storage/session.hpp"

namespace retail_pulse::storage::test {

/// The steps by which SQLite would answer a query.
inline std::vector<std::string> plan_of(const location& where, std::string_view text) {
  session sql{where, {}, session::role::reader};
  std::vector<std::string> steps;
  long long id = 0, parent = 0, unused = 0;
  std::string step;
  sql.each("EXPLAIN QUERY PLAN " + std::string{text}, std::tie(id, parent, unused, step),
           [&] { steps.push_back(step); });
  return steps;
}

/// Walks over no table and sorts nothing; the expected steps are among its own.
inline void check_plan(const location& where, std::string_view text,
                       const std::vector<std::string>& expected) {
  const auto steps = plan_of(where, text);
  for (const auto& step : steps) {
    // the numbers that a query is given as JSON
    const bool walks = step.starts_with("SCAN ") && !step.starts_with("SCAN wanted VIRTUAL TABLE");
    BOOST_TEST(!walks, step);
    BOOST_TEST((step.find("TEMP B-TREE") == std::string::npos), step);
  }
  for (const auto& step : expected)
    BOOST_TEST((std::ranges::find(steps, step) != steps.end()), step);
}

}  // namespace retail_pulse::storage::test
