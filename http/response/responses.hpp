#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/audit.hpp"
#include "core/ids.hpp"
#include "core/job.hpp"
#include "http/message.hpp"
#include "http/request/accept.hpp"
#include "http/request/asker.hpp"
#include "http/response/fixed_content.hpp"

namespace retail_pulse::actors {
struct load_report;
}

/// The one place that makes responses: every status, header and JSON text a client sees, but for the routes' `Allow`.
namespace retail_pulse::http {

/// A body of another file that makes JSON.
response json_text(int status, std::string body);

/// {"error": "..."}
response error_response(int status, std::string_view sentence);

/// 500. The client gets the request's id, under which the log tells more.
response internal_error(std::string_view request_id);

/// 503 with Retry-After: the same request can succeed later.
response unavailable(std::string_view sentence);

response stopping();           ///< 503: the server ends
response not_in_time();        ///< 503: nobody answered the request in time
response supervisor_silent();  ///< 503 of /readyz

/// `path` with what it allows ("GET, HEAD, OPTIONS").
response method_not_allowed(std::string_view method, std::string allow);
response options_of(std::string allow);
response not_found();
response encoded_body();  ///< 415, with the only coding that is taken

response job_accepted(job_id job);
response job_accepted_before(job_id job);  ///< the first answer of its key again, marked as such
response job_standing(const job_status& status);
response no_such_job(std::string_view jobid);
/// What a job's callback URL is sent when a run has ended: {"type", "timestamp", "data"}, the data as the status answers. No response.
std::string job_ended_message(const job_status& ended);

// Problem details (RFC 9457, application/problem+json): the errors of layer 2. `path` is the request's, `code` what a program reads.

response problem(int status, std::string_view code, std::string_view detail, std::string_view path);
response problem_unavailable(std::string_view detail, std::string_view path);   ///< 503 with Retry-After
response problem_internal(std::string_view request_id, std::string_view path);  ///< 500
response problem_not_in_time(std::string_view path);                            ///< 503: nobody answered the request in time
response problem_no_such_job(std::string_view id, std::string_view path);       ///< 404, also for what is no job id
response problem_method_not_allowed(std::string_view method, std::string allow, std::string_view path);
response problem_not_found(std::string_view path);                                 ///< 404: no route has this path
response problem_encoded_body(std::string_view path);                              ///< 415
response problem_not_acceptable(const media_types& makes, std::string_view path);  ///< 406

/// A request that must not come from where it comes from, on whatever path: a problem of layer 2 that has the `error` of layer 1, too.
response turned_down(const objection& why, std::string_view path);

response job_audited(const job_audit& audit);

response job_cancelled(const job_brief& job);
response job_redriven(const job_brief& job);

/// `content`, or 304 where the request has it already.
response fixed_answer(const fixed_content& content, const request& to);

response alive();
/// 200 when ready, else 503; the numbers are there either way.
response readiness(const actors::load_report& load);

}  // namespace retail_pulse::http
