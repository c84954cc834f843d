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

namespace retail_pulse::http {

struct listener_options {
  std::string bind;                 ///< an IP address
  std::uint16_t port = 0;           ///< 0 picks a free one
  std::size_t max_body_bytes = 0;   ///< 413 beyond it
  std::size_t max_connections = 0;  ///< beyond it, or a little below, those without a complete request make room
  std::size_t threads = 1;
  std::size_t received_bodies_bytes = 0;        ///< of all requests together, but at least 1.5 x max_body_bytes; 503 beyond it
  std::chrono::milliseconds request_read{0};    ///< 408 beyond it; looked at once a second
  std::chrono::milliseconds idle{0};            ///< a connection that is in no request is closed after this
  std::chrono::milliseconds request_handle{0};  ///< 503 beyond it
  std::chrono::milliseconds longest_answer{0};  ///< of requests whose handler may take longer, as `responder::within` has it
  std::chrono::milliseconds request_head = limits::request_head;          ///< 408 beyond it
  std::size_t unread_answers_bytes = limits::unread_answers_bytes;        ///< of all answers that are being written
  std::size_t client_percent = limits::default_client_share;              ///< of what others leave, for one client
  std::function<bool(std::string_view address)> trusts_client = nullptr;  ///< whether no share holds for it. Any thread
  std::vector<std::string> vital_paths = {};                              ///< answered even where there is no place for a request

  // What only tests change. RESTinio looks at both once a second, and ends the connection beyond them.
  /// An answer, or a chunk of one, is not taken by its client.
  std::chrono::milliseconds response_write = limits::response_write;
  /// There is no answer, not even our 503, or no further chunk: so long after the longest time for one.
  std::chrono::milliseconds hang_up_after{10'000};
};

/// HTTP/1.1 over RESTinio: connections, limits, and an answer for everything that arrives, well-formed or not.
/// It knows nothing about routes and actors.
class listener {
 public:
  /// Gets every request that is within the limits. Runs on one of the listener's threads and must not wait. What it throws becomes a 500.
  using handler = std::function<void(request, const responder&)>;

  /// A listening server, or why there is none: "cannot listen on 127.0.0.1:8080: Address already in use".
  static std::variant<std::unique_ptr<listener>, std::string> open(const listener_options& options, handler handle);

  /// Stops, if `stop` did not.
  ~listener();

  std::uint16_t port() const;

  /// Takes no more connections, answers every open request with 503, breaks every open stream off, waits up to limits::stop_flush for
  /// answers that are being written, answers what is half received with 503, too, closes all connections, and waits as long again for each:
  /// for the connections to end, and for the refused clients to read why. After it no handler runs, and an answer, or a chunk, of whoever
  /// still holds a responder or a body_writer goes nowhere.
  void stop();

 private:
  class implementation;
  explicit listener(std::unique_ptr<implementation> made);
  std::unique_ptr<implementation> implementation_;
};

}  // namespace retail_pulse::http
