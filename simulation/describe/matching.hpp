#pragma once

#include <type_traits>
#include <utility>

#include "simulation/describe/description.hpp"

namespace retail_pulse::simulation {

template <class Case, class... Ts>
perhaps_described described_by(const message_content& content, const Case& each,
                               description (Case::*)(Ts...) const) {
  if (!content.match_elements<std::decay_t<Ts>...>()) return std::nullopt;
  return [&]<std::size_t... I>(std::index_sequence<I...>) {
    return each(content.get_as<std::decay_t<Ts>>(I)...);
  }
  (std::index_sequence_for<Ts...>{});
}

/// The description by the first of the functions whose parameters have the types of the content.
template <class... Cases>
perhaps_described first_match(const message_content& content, const Cases&... cases) {
  perhaps_described found;
  static_cast<void>(((found = described_by(content, cases, &Cases::operator())) || ...));
  return found;
}

}  // namespace retail_pulse::simulation
