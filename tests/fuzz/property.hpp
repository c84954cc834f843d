// fuzz: what must hold of any input from strangers, one file per parser. libFuzzer looks for inputs
// that break it (scripts/fuzz); the corpus, what was found so far and the seeds of make-seeds, is
// run by every test run (replay.cpp). May use: the parsers of src and http. Never: a clock, chance
// that the input does not decide, files, network.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <span>
#include <string_view>

#include "core/random.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace retail_pulse::fuzz {

/// Ends the process when a property does not hold, which is how libFuzzer learns of it.
inline void check(bool holds, const char* property) {
  if (holds) return;
  std::fprintf(stderr, "broken property: %s\n", property);
  std::abort();
}

inline std::string_view as_text(const std::uint8_t* data, std::size_t size) {
  return {reinterpret_cast<const char*>(data), size};
}

/// Chance that depends on the input alone, so that an input fails always or never.
class dice {
 public:
  explicit dice(std::string_view input) : state_{input.size()} {
    for (const char c : input) state_ = mix(state_ ^ static_cast<std::uint8_t>(c));
  }
  std::size_t below(std::size_t bound) {
    return static_cast<std::size_t>((state_ = mix(state_)) % bound);
  }
  /// The size of the next piece of a stream of which `left` bytes are left: mostly a few bytes,
  /// sometimes none or all.
  std::size_t piece(std::size_t left) {
    const std::size_t size = below(8) == 0 ? left : below(24);
    return size < left ? size : left;
  }

 private:
  std::uint64_t state_;
};

}  // namespace retail_pulse::fuzz
