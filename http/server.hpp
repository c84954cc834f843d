// http: the REST API over RESTinio: limits, routes, JSON on one side and messages to actors on the
// other. A request goes from restinio/ over the route table to a handler, which sends a message to
// an actor; the actor's reply becomes the response.
//   restinio/  connections and limits; the only folder that includes RESTinio and Asio
//   request/   what a client sends: parameters, headers, submissions
//   response/  every status, header and JSON text that a client gets
//   shares/    the part of a bounded resource that one client may use
//   handlers/  one file per resource
// May use: actors/protocols.hpp, src/core, src/observe, src/crypto, src/fetch/url, nlohmann/json.
// Never: storage, the fetch engine, or a wait for an actor on an HTTP thread.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "actors/protocols.hpp"
#include "core/limits.hpp"
#include "core/time.hpp"
#include "http/request/asker.hpp"
#include "http/request/submission_parser.hpp"

namespace retail_pulse::http {

/// Whether a folder has the files of Swagger UI that /docs needs.
bool has_swagger_ui(const std::string& folder);

struct server_options {
  std::string bind = "127.0.0.1";
  std::uint16_t port = 8080;  ///< 0 picks a free one
  std::size_t max_body_bytes = limits::default_body_bytes;
  std::size_t max_connections = limits::api_connections;
  std::size_t threads = 2;
  asker_rules askers{};  ///< which requests of browsers are accepted
  submission_rules submissions{};
  std::vector<std::string> docs_folders;  ///< the first that has Swagger UI is used for /docs
  /// In percent: the part that one client may have of what others leave, of every kind of permit
  /// and of the bytes of bodies.
  std::size_t client_share = limits::default_client_share;
  /// Whether the client at this address passes on the requests of many, so that no share holds for
  /// it. Any thread. Empty: none does.
  std::function<bool(std::string_view address)> trusts_client = {};

  // Bounds of bytes.
  std::size_t parser_queue_bytes =
      limits::parser_queue_bytes;  ///< large submissions that wait or are being parsed; 503 beyond
  std::size_t received_bodies_bytes =
      limits::received_bodies_bytes;  ///< of all requests; at least 1.25 x max_body_bytes; 503
                                      ///< beyond
  std::size_t unread_answers_bytes =
      limits::unread_answers_bytes;  ///< responses being sent; beyond, the largest is broken off

  // Deadlines.
  std::chrono::milliseconds request_head =
      limits::request_head;  ///< for the head of a request; 408 beyond
  std::chrono::milliseconds request_read =
      limits::request_read;  ///< for a whole request; 408 beyond
  std::chrono::milliseconds request_handle =
      limits::request_handle;  ///< for the response; 503 beyond
  std::chrono::milliseconds readiness_answer =
      limits::readiness_answer;  ///< for /readyz; 503 beyond
  std::chrono::milliseconds idle =
      limits::api_idle;  ///< a connection without a request is closed after this

  wall_clock wall_time = system_wall_time;  ///< for the rate and the estimated end in reports
};

/// The actors that the handlers send to.
struct backend {
  actors::supervisor_actor supervisor;
  actors::image_pool_actor pool;
  std::vector<actors::reader_actor> readers;  ///< asked in turn; at least one
  actors::reader_actor audit_reader;  ///< of its own: a long audit holds up other audits only
  actors::herald_actor herald;
  std::vector<actors::report_reader_actor>
      report_readers;  ///< lists and reports: asked in turn; at least one
  actors::store_master_actor store_master;
  actors::store_loader_actor store_loader;
};

/// A listening server. All members are for the thread that owns it; handlers run on the server's
/// threads.
class server {
 public:
  struct start_error {
    std::string message;  ///< "cannot listen on 127.0.0.1:8080: Address already in use"
  };

  static std::variant<std::unique_ptr<server>, start_error> start(const server_options& options,
                                                                  const backend& backend);

  /// Stops, if `stop` did not. The actor system must still be there.
  ~server();

  std::uint16_t port() const;
  /// "GET /api/jobs/{id}/audit" for every route, in no order.
  const std::vector<std::string>& routes() const;

  /// Accepts no more connections and requests, answers open and half received requests with 503,
  /// breaks streams off, sends the responses that are being written, closes every connection and
  /// releases the actors. Returns when no handler runs any more; takes at most 3 x
  /// limits::stop_flush and the parsing of one submission. Actors may answer later, even after the
  /// server is destroyed: those answers are dropped.
  void stop();

 private:
  class implementation;
  explicit server(std::unique_ptr<implementation> made);
  std::unique_ptr<implementation> implementation_;
};

}  // namespace retail_pulse::http
