#pragma once

#include <cstdint>
#include <initializer_list>

namespace retail_pulse {

/// SplitMix64 finaliser (Steele, Lea, Flood 2014): a 64-bit value whose every bit depends on every
/// bit of the input.
constexpr std::uint64_t mix(std::uint64_t x) {
  x += 0x9e3779b97f4a7c15ULL;
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9ULL;
  x = (x ^ (x >> 27)) * 0x94d049bb133111ebULL;
  return x ^ (x >> 31);
}

/// A random number drawn from names instead of a shared stream: the same (seed, job, image,
/// attempt) gives the same number whatever else runs, so that schedules can be replayed.
constexpr std::uint64_t draw(std::initializer_list<std::uint64_t> names) {
  std::uint64_t state = 0;
  for (const auto name : names) state = mix(state ^ name);
  return state;
}

/// A draw in [low, high], both included. Needs low <= high. The bias of the modulo is below 2^-32
/// for ranges that fit in 32 bits.
constexpr std::int64_t draw_between(std::int64_t low, std::int64_t high,
                                    std::initializer_list<std::uint64_t> names) {
  return low + static_cast<std::int64_t>(draw(names) % static_cast<std::uint64_t>(high - low + 1));
}

}  // namespace retail_pulse
