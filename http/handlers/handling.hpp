#pragma once

#include <cstddef>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

#include "core/ids.hpp"
#include "http/message.hpp"
#include "http/shares/client_shares.hpp"

/// What the handlers of all routes share.
namespace retail_pulse::http {

inline constexpr std::string_view actor_ended = "the actor ended without an answer";

/// Tells the log why a request came to nothing, under the request's id.
void log_failure(const std::string& request_id, std::string_view what, std::string_view detail);

/// What a client reads when storage failed; `reason` may be empty.
std::string storage_sentence(const std::string& reason);

/// The job that a path or a parameter names; nothing for what can be no job's id.
std::optional<job_id> job_named(std::string_view text);

/// 400 where the query of a path without parameters has one or cannot be read; nothing where all is well. For where passing it over would
/// mislead: who redrives with `?code=timed_out` does not mean all images.
std::optional<response> stray_parameter(const request& r);

/// Requests of a kind that wait or run, so many at once, and of them a share for each client. Any thread.
class places {
 public:
  explicit places(const share_bounds& bounds) : taken_{std::make_shared<book>(bounds)} {}

  /// A place, given back with the last copy; nullptr when all are taken, or the client has its share.
  std::shared_ptr<void> take(const client_address& who) const;

 private:
  struct book {
    explicit book(const share_bounds& bounds) : shares{bounds} {}
    std::mutex mutex;
    client_shares shares;
  };
  std::shared_ptr<book> taken_;  ///< shared: places may outlive this
};

}  // namespace retail_pulse::http
