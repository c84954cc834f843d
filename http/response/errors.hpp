// response: every status, header and text of a response, but for `Allow`.
// May use: actors/messages.hpp, src/core, nlohmann/json; request/ for what a response depends on.
// Never: a socket, an actor, a decision about what a client gets.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "http/message.hpp"
#include "http/request/accept.hpp"

namespace retail_pulse::http {

/// How the errors of a route look.
enum class error_style : std::uint8_t {
  plain,    ///< {"error": sentence}, as in the first version of the API
  problem,  ///< problem+json (RFC 9457), with a `code` for programs
  both,     ///< a problem with `error` beside it, where the route is not known yet
};

/// The one place where an error becomes a response. A 500 names the request, under whose id the log
/// has the cause.
response render(const rejection& why, error_style style, std::string_view path,
                std::string_view request_id);

// What several routes say.

rejection internal_error();                   ///< 500
rejection unavailable(std::string sentence);  ///< 503 with Retry-After: it may succeed later
rejection stopping();                         ///< 503
rejection not_in_time();                      ///< 503: no response at the deadline
rejection storage_unavailable(const std::string& reason);  ///< 503; `reason` may be empty
rejection invalid_parameter(std::string sentence);         ///< 400
rejection no_such_job(std::string_view name);              ///< 404, also for a malformed id

rejection not_found();  ///< 404: no route has this path
/// 405; `allow`: what the path allows ("GET, HEAD, OPTIONS").
rejection method_not_allowed(std::string_view method, std::string allow);
rejection encoded_body();                            ///< 415, with the only coding that is taken
rejection not_acceptable(const media_types& makes);  ///< 406

}  // namespace retail_pulse::http
