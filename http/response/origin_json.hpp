#pragma once

#include <string>
#include <string_view>

#include "actors/messages.hpp"
#include "core/report.hpp"
#include "core/time.hpp"
#include "http/message.hpp"
#include "http/response/json.hpp"

/// The origins of a job as clients get them: what storage counts, with what the pool knows.
namespace retail_pulse::http {

/// What the pool knew about the origins of a job, and when.
struct origins_now {
  actors::live_origins live;
  unix_millis at{0};
};

/// Without the port where it is the scheme's own: "https://cdn.example.com".
std::string_view shown_origin(std::string_view origin);

/// The time of a change, as clients get it: of a whole second, because `at` and the duration come
/// from two clocks, and two responses about one outage should not differ.
unix_millis whole_second(unix_millis at);

response origins_listed(const origin_summaries& page, const origins_now& known);
/// The origins of a job's report.
json worst_origins(const job_report& report, const origins_now& known);

/// Changes whenever what `worst_origins` shows of `known` does.
std::string etag_part(const job_report& report, const origins_now& known);

}  // namespace retail_pulse::http
