#pragma once

#include <cstdint>
#include <string_view>

#include "core/random.hpp"

namespace retail_pulse::simulation {

/// What draws are for. Each has a stream of its own, so that a fault that is left out changes no
/// other draw.
enum class stream : std::uint64_t {
  scenario = 1,
  schedule,
  jobs,
  origins,
  incidents,
  web,
  clients
};

/// A number that stands for a text in draws.
inline std::uint64_t number_of(std::string_view text) {
  std::uint64_t number = 0;
  for (const char c : text) number = mix(number ^ static_cast<std::uint8_t>(c));
  return number;
}

/// The draws of one stream of one seed, in order.
class chance {
 public:
  chance(std::uint64_t seed, stream of, std::uint64_t name = 0)
      : seed_{seed}, stream_{static_cast<std::uint64_t>(of)}, name_{name} {}

  std::uint64_t next() { return draw({seed_, stream_, name_, ++count_}); }
  /// Below `bound`, which is at least 1.
  std::uint64_t below(std::uint64_t bound) { return next() % bound; }
  std::int64_t between(std::int64_t low, std::int64_t high) {
    return low + static_cast<std::int64_t>(below(static_cast<std::uint64_t>(high - low + 1)));
  }
  bool one_in(std::uint64_t n) { return below(n) == 0; }

 private:
  std::uint64_t seed_;
  std::uint64_t stream_;
  std::uint64_t name_;
  std::uint64_t count_ = 0;
};

}  // namespace retail_pulse::simulation
