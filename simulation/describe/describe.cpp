#include "simulation/describe/description.hpp"

namespace retail_pulse::simulation {

perhaps_described describe(const message_content& content, bool is_answer, const work& at) {
  if (is_answer) return describe_answer(content);
  perhaps_described found;
  static_cast<void>(
      (found = describe_client_message(content)) || (found = describe_job_message(content, at)) ||
      (found = describe_pool_message(content, at)) ||
      (found = describe_image_message(content, at)) ||
      (found = describe_storage_message(content)) || (found = describe_herald_message(content)));
  return found;
}

}  // namespace retail_pulse::simulation
