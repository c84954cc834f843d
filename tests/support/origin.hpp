// A scriptable image host on loopback for tests: real sockets, one thread per connection, and it
// misbehaves exactly as told. May use: sockets, OpenSSL. Never: the product's own code, so that it
// cannot share its mistakes.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "tests/support/origin_tls.hpp"

namespace retail_pulse::test_support {

/// One accepted connection. Everything that waits also ends when the origin ends.
class session {
 public:
  session(int socket, int stop, int number, SSL_CTX* tls,
          std::function<void(std::string)> on_request);
  ~session();
  session(const session&) = delete;
  session& operator=(const session&) = delete;

  bool shake_hands();  ///< TLS only; called before the script
  std::optional<std::string>
  read_request();  ///< the next request's head; nothing when the client is gone
  std::optional<std::string> read_body(
      std::size_t bytes);  ///< of a request whose head was read; nothing when the client is gone
  bool send(std::string_view bytes);  ///< false when the client is gone
  bool drip(std::string_view bytes, std::chrono::milliseconds gap);  ///< byte by byte
  void pause(std::chrono::milliseconds time);
  void wait_for_close();                  ///< reads and forgets until the client closes
  void reset();                           ///< closes with a TCP reset
  int number() const { return number_; }  ///< of the connection, from 0

 private:
  bool wait(short events, int timeout_ms = -1);
  int read_some(char* data, int size);  ///< 0: gone

  int socket_;
  int stop_;
  int number_;
  SSL* tls_ = nullptr;
  std::string buffer_;
  std::function<void(std::string)> on_request_;
};

/// Path of a request's head ("GET /a HTTP/1.1..." gives "/a").
std::string path_of(const std::string& request_head);

/// A whole response: status line, Content-Length, further header lines ("Name: value\r\n"), body.
std::string http_response(int status, std::string_view body, const std::string& headers = {});

class origin {
 public:
  using script = std::function<void(session&)>;

  /// Listens on a port of `address` ("127.0.0.1" or "::1"); 0: on a free one.
  explicit origin(script run, std::optional<tls_identity> tls = std::nullopt,
                  const std::string& address = "127.0.0.1", std::uint16_t port = 0);
  ~origin();
  origin(const origin&) = delete;
  origin& operator=(const origin&) = delete;

  /// Keeps connections alive and answers every request by its path.
  static script answering(std::function<std::string(const std::string& path)> answer);

  std::uint16_t port() const { return port_; }
  std::string url(const std::string& path, const std::string& host = "127.0.0.1") const;
  int connections() const { return connections_; }
  int most_at_once() const { return most_at_once_; }
  int open_now() const { return open_; }
  std::vector<std::string> requests() const;  ///< the heads, in order of arrival

 private:
  void accept_all();
  void serve(int socket, int number);

  script run_;
  std::shared_ptr<SSL_CTX> tls_;
  int listener_ = -1;
  int stop_ = -1;
  std::uint16_t port_ = 0;
  std::atomic<int> connections_ = 0;
  std::atomic<int> open_ = 0;
  std::atomic<int> most_at_once_ = 0;
  mutable std::mutex mutex_;
  std::vector<std::string> requests_;
  std::vector<std::thread> sessions_;
  std::thread acceptor_;
};

/// A listener that never accepts and whose queue is full: a connection attempt gets no answer at
/// all.
class silent_listener {
 public:
  explicit silent_listener(const std::string& address = "127.0.0.1", std::uint16_t port = 0);
  ~silent_listener();
  silent_listener(const silent_listener&) = delete;
  silent_listener& operator=(const silent_listener&) = delete;
  std::uint16_t port() const { return port_; }

 private:
  int listener_ = -1;
  std::vector<int> queued_;
  std::uint16_t port_ = 0;
};

/// A port of an address of 127.0.0.0/8 nobody listens on; stays reserved while the object lives.
class closed_port {
 public:
  explicit closed_port(const std::string& address = "127.0.0.1", std::uint16_t port = 0);
  ~closed_port();
  closed_port(const closed_port&) = delete;
  closed_port& operator=(const closed_port&) = delete;
  std::uint16_t port() const { return port_; }

 private:
  int socket_ = -1;
  std::uint16_t port_ = 0;
};

/// A whole GIF of these dimensions with one empty frame: 28 bytes.
std::string tiny_gif(std::uint16_t width, std::uint16_t height);

}  // namespace retail_pulse::test_support
