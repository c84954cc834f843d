#include "http/server.hpp"

#include <optional>
#include <utility>

#include "http/handlers/control.hpp"
#include "http/handlers/documents.hpp"
#include "http/handlers/jobs.hpp"
#include "http/handlers/status.hpp"
#include "http/handlers/submit.hpp"
#include "http/request/parser_thread.hpp"
#include "http/response/responses.hpp"
#include "http/restinio/listener.hpp"

namespace retail_pulse::http {

class server::implementation {
 public:
  implementation(const server_options& options, const backend& to)
      : parser_{{.total = options.parser_queue_bytes, .percent = options.client_share}, options.before_parse, options.max_job_images},
        documents_{options.docs_folders},
        follow_handlers_{std::in_place, to, options.max_connections, options.request_handle, options.client_share},
        control_{std::in_place, to.supervisor, options.request_handle, options.client_share},
        handlers_{std::in_place,       to, parser_, options.max_job_images, options.readiness_answer, options.request_handle,
                  options.client_share},
        reports_{std::in_place, to, options.request_handle, options.wall_time, options.client_share} {}

  /// Why it cannot listen, or nothing.
  std::optional<std::string> listen(const server_options& options) {
    listener_options how{.bind = options.bind,
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
    auto routes = handlers_->routes();
    documents_.add_routes(routes);
    follow_handlers_->add_routes(routes);
    control_->add_routes(routes);
    reports_->add_routes(routes);
    routes_ = routes.list();
    auto opened = listener::open(how, [routes = std::move(routes), askers = options.askers](request r, const responder& answer) {
      if (const auto why = objection_to_asker(r, askers)) return answer(turned_down(*why, r.path));
      routes(std::move(r), answer);
    });
    if (auto* problem = std::get_if<std::string>(&opened)) return std::move(*problem);
    listener_ = std::get<std::unique_ptr<listener>>(std::move(opened));
    return std::nullopt;
  }

  ~implementation() { stop(); }

  std::uint16_t port() const { return listener_->port(); }
  const std::vector<std::string>& routes() const { return routes_; }

  void stop() {
    if (listener_) listener_->stop();  // first: what waits for the parser is answered there
    parser_.stop();
    control_.reset();
    handlers_.reset();
    follow_handlers_.reset();
    reports_.reset();
  }

 private:
  parser_thread parser_;
  const document_handlers documents_;
  std::vector<std::string> routes_;
  std::optional<follow_handlers> follow_handlers_;
  std::optional<control_handlers> control_;
  std::optional<handlers> handlers_;
  std::optional<report_handlers> reports_;
  std::unique_ptr<listener> listener_;
};

server::server(std::unique_ptr<implementation> made) : implementation_{std::move(made)} {}
server::~server() = default;
std::uint16_t server::port() const { return implementation_->port(); }
const std::vector<std::string>& server::routes() const { return implementation_->routes(); }
void server::stop() { implementation_->stop(); }

std::variant<std::unique_ptr<server>, server::refused> server::start(server_options options, backend backend) {
  auto made = std::make_unique<implementation>(options, backend);
  if (auto problem = made->listen(options)) return refused{std::move(*problem)};
  return std::unique_ptr<server>{new server{std::move(made)}};
}

}  // namespace retail_pulse::http
