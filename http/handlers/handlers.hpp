// handlers: what each route does: from a request to a message to an actor, and from the actor's
// reply to a response. One file per resource, which adds its routes to the table. Handlers run on
// HTTP threads; the second half of each runs on the thread of the replying actor.
// May use: all of http but restinio/, actors/protocols.hpp, src/core, src/observe.
// Never: storage, or a wait for an actor.
#pragma once

#include <memory>

#include "actors/protocols.hpp"
#include "http/handlers/job_subscriber.hpp"
#include "http/handlers/status_readers.hpp"
#include "http/request/parser_thread.hpp"
#include "http/routes.hpp"
#include "http/server.hpp"
#include "http/shares/permit.hpp"
#include "http/shares/reader_queue.hpp"

namespace retail_pulse::http {

using report_queue = reader_queue<actors::report_reader_actor>;
using audit_queue = reader_queue<actors::reader_actor>;

/// What handlers are made from; they keep copies of what they need. The server ends the parser
/// thread and the queues when it stops.
struct handler_context {
  server_options options;
  backend to;
  std::shared_ptr<parser_thread> parser;
  std::shared_ptr<audit_queue> audits;
  std::shared_ptr<report_queue> reports;  ///< lists and reports, page by page
  permits report_streams;                 ///< reports that are sent as a whole
  status_readers_ptr statuses;
  subscriptions_ptr subscribers;
};

/// GET /api/jobs/{id}/audit
void add_audit_routes(route_table& to, const handler_context& with);
/// POST /api/jobs/{id}/cancel and /redrive
void add_control_routes(route_table& to, const handler_context& with);
/// GET /openapi.json and /docs
void add_document_routes(route_table& to, const handler_context& with);
/// GET /api/jobs/{id}/events
void add_event_routes(route_table& to, const handler_context& with);
/// GET /healthz and /readyz
void add_health_routes(route_table& to, const handler_context& with);
/// GET /api/jobs, /api/jobs/{id}, and its /images, /results.csv and /results.ndjson
void add_job_routes(route_table& to, const handler_context& with);
/// GET /api/jobs/{id}/origins
void add_origin_routes(route_table& to, const handler_context& with);
/// GET /api/status
void add_status_routes(route_table& to, const handler_context& with);
/// GET /api/stores/{id}, POST /api/stores/reload
void add_store_routes(route_table& to, const handler_context& with);
/// POST /api/submit
void add_submit_routes(route_table& to, const handler_context& with);
/// GET /api/visits
void add_visit_routes(route_table& to, const handler_context& with);

}  // namespace retail_pulse::http
