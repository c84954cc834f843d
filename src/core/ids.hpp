// core: the vocabulary of the service: ids, images, submissions, errors, limits, time, random
// numbers, text.
// May use: the standard library.
// Never: I/O, threads, or any other folder of this project.
#pragma once

#include <compare>
#include <cstdint>

namespace retail_pulse {

/// The id of a job in the API: a positive JSON integer below 2^53, never reused.
struct job_id {
  std::int64_t value = 0;
  auto operator<=>(const job_id&) const = default;
};

/// Largest id that survives a JSON reader with doubles.
inline constexpr std::int64_t max_job_id = (std::int64_t{1} << 53) - 1;

/// 1 for a submission, plus one for every redrive. Results carry it, so that a late result of an
/// older run changes nothing.
struct run_number {
  std::int32_t value = 1;
  auto operator<=>(const run_number&) const = default;
};

/// Position of an image in its job, from 0, in the order of submission: visits first, then URLs
/// within a visit.
struct image_number {
  std::int64_t value = 0;
  auto operator<=>(const image_number&) const = default;
};

}  // namespace retail_pulse
