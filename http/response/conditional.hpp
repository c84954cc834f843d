#pragma once

#include <string>
#include <string_view>

#include "core/job.hpp"
#include "core/report.hpp"
#include "http/message.hpp"

/// Conditional requests (RFC 9110, 13): a client that polls is not sent again what it has.
namespace retail_pulse::http {

struct origins_now;

/// W/"...": it changes whenever the response changes, and differs for the job of the same number in
/// another database, which was submitted at another time. Weak, because the bytes are not compared.
std::string etag_of(const job_status& status);
/// Likewise; but the rate and the estimated end, which change with time alone, do not change it.
std::string etag_of(const job_report& report, const origins_now& known);

/// Whether one of the entity tags of an If-None-Match matches, by weak comparison; `*` matches any.
/// A malformed list matches nothing.
bool lists_etag(std::string_view if_none_match, std::string_view etag);
/// Whether an If-None-Match of the request has the entity tag: the client has this content.
bool is_known(const request& r, std::string_view etag);

/// A 200 with its ETag, which may be cached but is revalidated before each use; or the 304 instead,
/// when the client has it already. Other responses stay as they are.
response conditional(const request& to, std::string etag, response full);

}  // namespace retail_pulse::http
