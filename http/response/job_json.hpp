#pragma once

#include <string>

#include "core/audit.hpp"
#include "core/ids.hpp"
#include "core/job.hpp"
#include "http/message.hpp"

namespace retail_pulse::actors {
struct load_report;
}

/// What clients get about one job, and about the service's health.
namespace retail_pulse::http {

response job_accepted(job_id job);
response job_accepted_before(
    job_id job);  ///< for a key that is known: the first response again, marked as such
response status_response(const job_status& status);
/// The message of a webhook: {"type", "timestamp", "data"}, the data as in the status.
std::string job_ended_message(const job_status& ended);
response audit_response(const job_audit& audit);
response job_cancelled(const job_brief& job);
response job_redriven(const job_brief& job);

response alive();
response readiness(
    const actors::load_report& load);  ///< 200 when ready, else 503; with the numbers either way
response supervisor_silent();          ///< 503 of /readyz

}  // namespace retail_pulse::http
