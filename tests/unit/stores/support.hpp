#pragma once

#include <boost/test/unit_test.hpp>
#include <string>
#include <string_view>
#include <variant>

#include "stores/store_table.hpp"

namespace retail_pulse::stores {

/// The table of a text that must be good.
inline loaded good(std::string_view text) {
  auto result = parse(text, "stores.csv");
  if (const auto* error = std::get_if<load_error>(&result))
    BOOST_FAIL("refused: " + error->message);
  return std::get<loaded>(std::move(result));
}

/// Why a text is refused; "accepted" when it is not.
inline std::string refusal(std::string_view text) {
  const auto result = parse(text, "stores.csv");
  const auto* error = std::get_if<load_error>(&result);
  return error != nullptr ? error->message : "accepted";
}

/// "id|name|area", or "none".
inline std::string describe_store(const store_table& table, std::string_view id) {
  const store* found = table.find(id);
  return found != nullptr ? found->id + "|" + found->name + "|" + found->area : "none";
}

}  // namespace retail_pulse::stores
