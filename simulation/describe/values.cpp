#include "simulation/describe/values.hpp"

namespace retail_pulse::simulation {

std::string text_of(job_id job) { return "job " + std::to_string(job.value); }

std::string text_of(image_number image) { return "image " + std::to_string(image.value); }

std::string text_of(job_id job, image_number image) { return text_of(job) + " " + text_of(image); }

std::string name_of(const work& what) {
  if (!what.job) return {};
  return what.image ? text_of(*what.job, *what.image) : text_of(*what.job);
}

std::string count_of(std::uint64_t count, std::string_view noun) {
  return std::to_string(count) + " " + std::string{noun} + (count == 1 ? "" : "s");
}

std::string attempt_of(const image_task& task) {
  std::string text;
  if (task.history.attempt > 1) text += ", attempt " + std::to_string(task.history.attempt);
  if (task.history.postponed > 0)
    text += ", postponed " + count_of(static_cast<std::uint64_t>(task.history.postponed), "time");
  return text;
}

std::string text_of(const image_counts& images, job_state state) {
  return std::to_string(images.done()) + " of " +
         count_of(static_cast<std::uint64_t>(images.total), "image") + " done, " +
         std::string{retail_pulse::name_of(state)};
}

std::string outcome_of(error_code code, const measurement& measured, int http_status) {
  if (code == error_code::none)
    return "measured " + std::to_string(measured.width) + "x" + std::to_string(measured.height);
  std::string text = "failed: " + std::string{describe(code).name};
  if (code == error_code::http_status) text += " " + std::to_string(http_status);
  return text;
}

}  // namespace retail_pulse::simulation
