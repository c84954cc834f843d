// http: the REST API over RESTinio: limits, routes, JSON on one side and messages to actors on the other.
//   restinio/  connections and limits; the only folder that includes RESTinio and Asio
//   request/   what a client sends: parameters, headers, submissions
//   response/  every status, header and JSON text that a client gets
//   shares/    the part of a bounded resource that one client may use
//   handlers/  one pair of files per resource; from a request to a message to an actor and back
// May use: actors/protocols.hpp, src/core, src/observe, nlohmann/json, OpenSSL (in request/digest.cpp).
// Never: storage, the fetch engine, or a wait for an actor on an HTTP thread.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "actors/protocols.hpp"
#include "core/limits.hpp"
#include "core/time.hpp"
#include "http/request/asker.hpp"

namespace retail_pulse::http {

/// Whether a folder has the files of Swagger UI that /docs needs.
bool has_swagger_ui(const std::string& folder);

struct server_options {
  std::string bind = "127.0.0.1";
  std::uint16_t port = 8080;  ///< 0 picks a free one
  std::size_t max_body_bytes = limits::default_body_bytes;
  std::size_t max_connections = limits::api_connections;
  std::size_t threads = 2;
  asker_rules askers{};  ///< who may ask
  std::size_t max_job_images = limits::default_job_images;
  std::vector<std::string> docs_folders;  ///< the first that has Swagger UI is used for /docs
  /// Of what others leave of the places for requests, followers, streams, reads, audits and wishes, and of bodies on their way: how much
  /// one client may have, in percent.
  std::size_t client_share = limits::default_client_share;
  /// Whether no such share holds for the client at this address, because it speaks for many. Any thread. Empty: for none.
  std::function<bool(std::string_view address)> trusts_client = {};

  // What only tests change.
  std::size_t parser_queue_bytes = limits::parser_queue_bytes;
  std::size_t received_bodies_bytes = limits::received_bodies_bytes;  ///< at least 1.5 x max_body_bytes is used
  std::chrono::milliseconds request_read = limits::request_read;
  std::chrono::milliseconds request_head = limits::request_head;
  std::size_t unread_answers_bytes = limits::unread_answers_bytes;
  std::chrono::milliseconds idle = limits::api_idle;
  std::chrono::milliseconds request_handle = limits::request_handle;
  std::chrono::milliseconds readiness_answer = limits::readiness_answer;
  wall_clock wall_time = system_wall_time;
  std::function<void()> before_parse;  ///< runs on the parser thread before each large submission
};

/// Whom the handlers talk to.
struct backend {
  actors::supervisor_actor supervisor;
  std::vector<actors::reader_actor> readers;  ///< asked in turn; at least one
  actors::reader_actor audit_reader;          ///< another one: a long audit holds up nobody but the next audit
  actors::herald_actor herald;
  std::vector<actors::report_reader_actor> report_readers;  ///< lists and reports: asked in turn; at least one
  actors::store_master_actor store_master;
  actors::store_loader_actor store_loader;
  /// Why nobody can be told at this URL that a job has ended, in a sentence that begins with `callback_url`; nothing: it can be tried.
  /// Any thread. Without it nobody can be told at all.
  std::function<std::optional<std::string>(std::string_view url)> callback_problem = {};
};

/// A listening server. All members are for the thread that owns it; handlers run on the server's own threads.
class server {
 public:
  struct refused {
    std::string message;  ///< "cannot listen on 127.0.0.1:8080: Address already in use"
  };

  static std::variant<std::unique_ptr<server>, refused> start(server_options options, backend backend);

  /// Stops, if `stop` did not. The actor system must still be there.
  ~server();

  std::uint16_t port() const;
  /// "GET /api/jobs/{id}/audit" for every route, in no order.
  const std::vector<std::string>& routes() const;

  /// Stops taking connections and requests, answers what is open or half received with 503, breaks streams off, lets answers that are being
  /// written go out, closes every connection and lets go of the actors. Returns when no handler runs any more; takes at most 3 x
  /// limits::stop_flush and the parsing of one submission. Actors may answer at any later time, even after the server is destroyed: those
  /// answers go nowhere.
  void stop();

 private:
  class implementation;
  explicit server(std::unique_ptr<implementation> made);
  std::unique_ptr<implementation> implementation_;
};

}  // namespace retail_pulse::http
