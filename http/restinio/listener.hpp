// restinio: HTTP/1.1 over RESTinio: connections, parsing, limits, and the sending of responses.
// README.md says what of RESTinio is changed here, and why.
// May use: RESTinio, Asio, http_parser, src/core, src/observe; messages, errors and shares of http.
// Never: a route, an actor, a body's content. No other folder includes RESTinio or Asio.
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

#include "core/limits.hpp"
#include "http/message.hpp"
#include "http/responder.hpp"

namespace retail_pulse::http {

struct listener_options {
  std::string bind;                ///< an IP address
  std::uint16_t port = 0;          ///< 0 picks a free one
  std::size_t max_body_bytes = 0;  ///< 413 beyond it
  std::size_t max_connections =
      0;  ///< from a little below it, connections without a complete request are closed
  std::size_t threads = 1;
  std::size_t received_bodies_bytes =
      0;  ///< of all requests together, but at least 1.25 x max_body_bytes; 503 beyond it
  std::chrono::milliseconds request_read{0};  ///< 408 beyond it; checked once a second
  std::chrono::milliseconds idle{0};  ///< a connection without a request is closed after this
  std::chrono::milliseconds request_handle{0};  ///< 503 beyond it
  std::chrono::milliseconds longest_answer{
      0};  ///< of requests with a longer deadline (`responder::within`)
  std::chrono::milliseconds request_head = limits::request_head;  ///< 408 beyond it
  std::size_t unread_answers_bytes =
      limits::unread_answers_bytes;  ///< of all responses that are being sent
  std::size_t client_percent =
      limits::default_client_share;  ///< the part of what others leave that one client may have
  std::function<bool(std::string_view address)> trusts_client =
      nullptr;  ///< whether the client passes on the requests of many. Any thread
  std::vector<std::string> vital_paths =
      {};  ///< served even when too many requests are being served

  // RESTinio checks both once a second, and closes the connection beyond them.
  /// For the client to receive a response, or a chunk of one.
  std::chrono::milliseconds response_write = limits::response_write;
  /// After the longest deadline, for a response (should even our 503 be missing) or the next chunk.
  std::chrono::milliseconds hang_up_after{10'000};
};

/// HTTP/1.1 over RESTinio: connections, limits, and a response to every request, well-formed or
/// not.
class listener {
 public:
  /// Gets every request that is within the limits. Runs on one of the listener's threads and must
  /// not wait. What it throws becomes a 500.
  using handler = std::function<void(request, const responder&)>;

  /// A listening server, or an error sentence: "cannot listen on 127.0.0.1:8080: Address already in
  /// use".
  static std::variant<std::unique_ptr<listener>, std::string> open(const listener_options& options,
                                                                   handler handle);

  /// Stops, if `stop` did not.
  ~listener();

  std::uint16_t port() const;

  /// Accepts no more connections, answers every open request with 503, breaks off every open
  /// stream, waits up to limits::stop_flush for responses that are being sent, answers half
  /// received requests with 503, closes all connections, and waits as long again twice: for the
  /// connections to end, and for rejected clients to read why. After it no handler runs, and
  /// responders and body_writers that are still held have no effect.
  void stop();

 private:
  class implementation;
  explicit listener(std::unique_ptr<implementation> made);
  std::unique_ptr<implementation> implementation_;
};

}  // namespace retail_pulse::http
