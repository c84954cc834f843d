#pragma once

#include <string>
#include <string_view>
#include <utility>

#include "actors/messages.hpp"
#include "http/responder.hpp"
#include "http/response/errors.hpp"

/// From the outcome of a query to a response.
namespace retail_pulse::http {

inline constexpr std::string_view actor_ended = "the actor ended without an answer";

/// Logs why a request failed, under the request's id.
void log_failure(const std::string& request_id, std::string_view what, std::string_view detail);

/// For an actor that ended without an answer: 500, and a line in the log.
rejection lost(const std::string& request_id, std::string_view what);

/// For a failure of storage: 503, and a line in the log with what the client does not get. `reason`
/// may be empty.
rejection storage_failed(const std::string& request_id, std::string_view what,
                         const std::string& detail, const std::string& reason);

/// Of a query that found nothing: `absent` when there is nothing, else why it failed, which is
/// logged. `what` could not be read.
template <class T>
rejection rejection_of(const actors::query_outcome<T>& outcome, const rejection& absent,
                       std::string_view what, const responder& answer) {
  using kind = typename actors::query_outcome<T>::kind;
  if (outcome.what == kind::answered) return absent;
  if (outcome.what == kind::lost) return lost(answer.request_id(), what);
  return storage_failed(answer.request_id(), what, outcome.detail, outcome.reason);
}

/// Sends the response that `make` makes of what a query found, or the rejection of an outcome
/// without it.
template <class T, class Make>
void respond(const responder& answer, const actors::query_outcome<T>& outcome,
             const rejection& absent, std::string_view what, Make make) {
  if (outcome.found) return answer(make(*outcome.found));
  if (!answer.waits())
    return;  // the query was dropped because its client is gone: that is no failure
  answer.reject(rejection_of(outcome, absent, what, answer));
}

}  // namespace retail_pulse::http
