#include "simulation/setting.hpp"

#include <atomic>
#include <memory>
#include <vector>

namespace retail_pulse::simulation {
namespace {

storage::location new_database() {
  static std::atomic<std::uint64_t> count = 0;
  return storage::location::shared_memory("simulation " + std::to_string(++count));
}

}  // namespace

setting::setting(const options& wanted)
    : plan{scenario_of(wanted.seed, wanted.allowed)},
      tell{wanted.reader},
      where{new_database()},
      database{storage::writer{where, {millis{0}, nullptr}},
               storage::reader{where, {millis{0}, nullptr}}},
      watched{plan, tell},
      writing{tell, [this] { return now(); }},
      reading{[this] { return now(); }},
      web{plan, watched, tell},
      stores{stores_with(true)} {}

stores::store_table_ptr stores_with(bool passing) {
  std::vector<stores::store> rows;
  for (const char* id : known_stores) rows.push_back({id, "name", "area"});
  if (passing) rows.push_back({passing_store, "name", "area"});
  return std::make_shared<const stores::store_table>(std::move(rows));
}

}  // namespace retail_pulse::simulation
