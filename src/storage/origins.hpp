#pragma once

#include <cstdint>
#include <string>
#include <string_view>

/// The queries about the origins of a job, as text, so that their query plans can be checked.
/// Parameters are listed in the order in which they are bound.
namespace retail_pulse::storage::queries {

/// Which images of a job are pending.
enum class pending_images_are : std::uint8_t {
  none,
  without_result,  ///< in the first run
  also_failed,     ///< of a later run: images that failed in an older one are pending, too
};

/// run, job, after, limit -> number, text, images, failed, last error, pending; in order of number.
std::string origins_of_job(pending_images_are which);
/// run, job, origin -> the same.
std::string origin_of_job(pending_images_are which);
/// run, job, limit -> the same with 0 pending; most failures first.
std::string_view worst_origins();
/// job -> number, URL, state, run, code, time of the result; in order of number.
std::string_view images_of_small_job();
/// job, origin -> its number.
std::string_view number_of_origin();
/// run, failures (a JSON array of [number, code], in the order in which they are recorded), job.
/// Runs before the images change, so that only pending ones are counted.
std::string_view count_failures_of_origins();

}  // namespace retail_pulse::storage::queries
