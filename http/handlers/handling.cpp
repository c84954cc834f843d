#include "http/handlers/handling.hpp"

#include "core/number.hpp"
#include "http/request/parameters.hpp"
#include "http/response/responses.hpp"
#include "observe/log.hpp"

namespace retail_pulse::http {

void log_failure(const std::string& request_id, std::string_view what, std::string_view detail) {
  observe::log(observe::level::error, what, {{"request", request_id}, {"detail", detail}});
}

std::string storage_sentence(const std::string& reason) {
  std::string sentence{"storage is not available"};
  if (!reason.empty()) sentence.append(": ").append(reason);
  return sentence;
}

std::optional<job_id> job_named(std::string_view text) {
  const auto number = whole_number<std::int64_t>(text, 1, max_job_id);
  return number ? std::optional{job_id{*number}} : std::nullopt;
}

std::optional<response> stray_parameter(const request& r) {
  parameters given{r.query};
  const auto& wrong = given.what_is_wrong();
  return wrong.empty() ? std::nullopt : std::optional{problem(400, "invalid_parameter", wrong, r.path)};
}

std::shared_ptr<void> places::take(const client_address& who) const {
  {
    const std::lock_guard lock{taken_->mutex};
    if (!taken_->shares.allows(who, 1)) return nullptr;
    taken_->shares.take(who, 1);
  }
  return {taken_.get(), [taken = taken_, who](void*) {
            const std::lock_guard lock{taken->mutex};
            taken->shares.give_back(who, 1);
          }};
}

}  // namespace retail_pulse::http
