#pragma once

#include <string>
#include <string_view>

#include "core/job.hpp"
#include "core/report.hpp"
#include "http/message.hpp"

/// Conditional requests (RFC 9110, 13): a client that polls need not be sent again what it has.
namespace retail_pulse::http {

/// W/"...": another one whenever the answer about the job is another one, also where it is about a job of the same number in another
/// database, which was submitted at another time. Weak, because nobody compares its bytes.
std::string etag_of(const job_status& status);
/// Likewise; but the rate and what follows from it, which change with time alone, are as old as the last result.
std::string etag_of(const job_report& report);

/// Whether one of the entity tags that a client lists matches, by weak comparison; `*` matches any. What is malformed matches nothing.
bool lists_etag(std::string_view if_none_match, std::string_view etag);

/// A 200 with its ETag, to be kept but asked about before each use; or the 304 that stands for it, when the client has it already.
/// Other answers stay as they are.
response conditional(const request& to, std::string etag, response full);

}  // namespace retail_pulse::http
