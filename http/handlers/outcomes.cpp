#include "http/handlers/outcomes.hpp"

#include "observe/log.hpp"

namespace retail_pulse::http {

void log_failure(const std::string& request_id, std::string_view what, std::string_view detail) {
  observe::log(observe::level::error, what, {{"request", request_id}, {"detail", detail}});
}

rejection lost(const std::string& request_id, std::string_view what) {
  log_failure(request_id, what, actor_ended);
  return internal_error();
}

rejection storage_failed(const std::string& request_id, std::string_view what,
                         const std::string& detail, const std::string& reason) {
  log_failure(request_id, what, detail);
  return storage_unavailable(reason);
}

}  // namespace retail_pulse::http
