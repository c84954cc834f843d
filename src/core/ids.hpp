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

/// The number of an image's origin (scheme, host and port) within its job: from 1, in order of
/// first appearance. 0: the URL cannot be fetched. -1: not numbered, as in a small job.
struct origin_number {
  std::int32_t value = 0;
  auto operator<=>(const origin_number&) const = default;
};

inline constexpr origin_number not_fetchable{0};
inline constexpr origin_number not_numbered{-1};
inline constexpr origin_number before_origins{-2};  ///< before all others

}  // namespace retail_pulse
