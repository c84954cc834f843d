#include "http/server.hpp"

#include <algorithm>
#include <optional>
#include <utility>

#include "http/handlers/handlers.hpp"
#include "http/restinio/listener.hpp"
#include "http/routes.hpp"

namespace retail_pulse::http {
namespace {

handler_context context_of(const server_options& options, const backend& to) {
  const auto share = options.client_share;
  const auto statuses = std::make_shared<const status_readers>(to.readers);
  return {
      .options = options,
      .to = to,
      .parser = std::make_shared<parser_thread>(
          share_bounds{.total = options.parser_queue_bytes, .percent = share}, options.submissions),
      .audits = std::make_shared<audit_queue>(
          std::vector{to.audit_reader}, share_bounds{.total = limits::audits, .percent = share}),
      .reports = std::make_shared<report_queue>(
          to.report_readers, share_bounds{.total = limits::reads, .percent = share}),
      .report_streams = permits{{.total = limits::streams, .percent = share}},
      .statuses = statuses,
      .subscribers = std::make_shared<const subscriptions>(to.herald, statuses,
                                                           options.max_connections, share),
  };
}

route_table routes_of(const handler_context& with) {
  route_table table;
  add_submit_routes(table, with);
  add_status_routes(table, with);
  add_event_routes(table, with);
  add_control_routes(table, with);
  add_job_routes(table, with);
  add_origin_routes(table, with);
  add_audit_routes(table, with);
  add_visit_routes(table, with);
  add_store_routes(table, with);
  add_health_routes(table, with);
  add_document_routes(table, with);
  return table;
}

listener_options listening(const server_options& options) {
  return {.bind = options.bind,
          .port = options.port,
          .max_body_bytes = options.max_body_bytes,
          .max_connections = options.max_connections,
          .threads = options.threads,
          .received_bodies_bytes = options.received_bodies_bytes,
          .request_read = options.request_read,
          .idle = options.idle,
          .request_handle = options.request_handle,
          .longest_answer = limits::longest_wait,
          .request_head = options.request_head,
          .unread_answers_bytes = options.unread_answers_bytes,
          .client_percent = options.client_share,
          .trusts_client = options.trusts_client,
          .vital_paths = {"/healthz", "/readyz"}};
}

}  // namespace

class server::implementation {
 public:
  implementation(const server_options& options, const backend& to)
      : askers_{options.askers},
        context_{context_of(options, to)},
        routes_{routes_of(*context_)},
        names_{routes_->list()} {}
  ~implementation() { stop(); }

  /// Why it cannot listen, or nullopt.
  std::optional<std::string> listen() {
    auto opened =
        listener::open(listening(context_->options),
                       [this](request r, const responder& answer) { serve(std::move(r), answer); });
    if (auto* problem = std::get_if<std::string>(&opened)) return std::move(*problem);
    listener_ = std::get<std::unique_ptr<listener>>(std::move(opened));
    return std::nullopt;
  }

  std::uint16_t port() const { return listener_->port(); }
  const std::vector<std::string>& routes() const { return names_; }

  void stop() {
    if (!context_) return;
    if (listener_) listener_->stop();  // first: it answers the requests that wait for the parser
    context_->parser->stop();
    context_->audits->close();
    context_->reports->close();
    routes_.reset();  // which hold actors
    context_.reset();
  }

 private:
  void serve(request r, const responder& answer) const {
    if (const auto why = rejection_of_asker(r, askers_)) {
      answer.set_errors(error_style::both);
      return answer.reject(*why);
    }
    (*routes_)(std::move(r), answer);
  }

  const asker_rules askers_;
  std::optional<handler_context> context_;
  std::optional<route_table> routes_;
  const std::vector<std::string> names_;
  std::unique_ptr<listener> listener_;
};

server::server(std::unique_ptr<implementation> made) : implementation_{std::move(made)} {}
server::~server() = default;
std::uint16_t server::port() const { return implementation_->port(); }
const std::vector<std::string>& server::routes() const { return implementation_->routes(); }
void server::stop() { implementation_->stop(); }

std::variant<std::unique_ptr<server>, server::start_error> server::start(
    const server_options& options, const backend& backend) {
  auto made = std::make_unique<implementation>(options, backend);
  if (auto problem = made->listen()) return start_error{std::move(*problem)};
  return std::unique_ptr<server>{new server{std::move(made)}};
}

}  // namespace retail_pulse::http
