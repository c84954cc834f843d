#pragma once

#include <string>
#include <string_view>

#include "core/image.hpp"
#include "core/job.hpp"
#include "fetch/engine/engine.hpp"
#include "simulation/describe/description.hpp"

namespace retail_pulse::simulation {

std::string text_of(job_id job);          ///< "job 2"
std::string text_of(image_number image);  ///< "image 17"
/// "job 2 image 17", with what is known of it.
std::string text_of(job_id job, image_number image);
/// "3 images", "1 image".
std::string count_of(std::uint64_t count, std::string_view noun);
/// ", attempt 2"; nothing for the first.
std::string attempt_of(const image_task& task);
/// "12 of 40 images done, ongoing".
std::string text_of(const image_counts& images, job_state state);
/// "measured 640x480" or "failed: timed_out".
std::string outcome_of(error_code code, const measurement& measured, int http_status);

}  // namespace retail_pulse::simulation
