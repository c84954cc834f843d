#include "tests/support/origin.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <stdexcept>

namespace retail_pulse::test_support {
namespace {

struct socket_address {
  sockaddr_storage storage{};
  socklen_t size = 0;

  socket_address(const std::string& address, std::uint16_t port) {
    if (address.find(':') == std::string::npos) {
      auto& v4 = reinterpret_cast<sockaddr_in&>(storage);
      v4.sin_family = AF_INET;
      v4.sin_port = htons(port);
      inet_pton(AF_INET, address.c_str(), &v4.sin_addr);
      size = sizeof(sockaddr_in);
    } else {
      auto& v6 = reinterpret_cast<sockaddr_in6&>(storage);
      v6.sin6_family = AF_INET6;
      v6.sin6_port = htons(port);
      inet_pton(AF_INET6, address.c_str(), &v6.sin6_addr);
      size = sizeof(sockaddr_in6);
    }
  }

  std::uint16_t port() const {
    return ntohs(storage.ss_family == AF_INET
                     ? reinterpret_cast<const sockaddr_in&>(storage).sin_port
                     : reinterpret_cast<const sockaddr_in6&>(storage).sin6_port);
  }

  bool bind_to(int socket) {
    return bind(socket, reinterpret_cast<sockaddr*>(&storage), size) == 0;
  }
};

/// A port that is free at every IPv4 address, so that a test can have it at several addresses of
/// loopback.
std::uint16_t port_free_everywhere() {
  const int probe = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  socket_address anywhere{"0.0.0.0", 0};
  const bool bound = anywhere.bind_to(probe);
  getsockname(probe, reinterpret_cast<sockaddr*>(&anywhere.storage), &anywhere.size);
  close(probe);
  if (!bound) throw std::runtime_error("no port is free");
  return anywhere.port();
}

/// Binds to the port, or to a free one for 0, and tells it.
std::uint16_t bind_to(int socket, const std::string& address, std::uint16_t port) {
  if (port != 0) {
    if (!socket_address{address, port}.bind_to(socket))
      throw std::runtime_error("cannot bind to " + address);
    return port;
  }
  for (int tries = 0; tries < 16; ++tries) {  // somebody else may have been faster
    port = port_free_everywhere();
    if (socket_address{address, port}.bind_to(socket)) return port;
  }
  throw std::runtime_error("cannot bind to " + address);
}

}  // namespace

session::session(int socket, int stop, int number, SSL_CTX* tls,
                 std::function<void(std::string)> on_request)
    : socket_(socket), stop_(stop), number_(number), on_request_(std::move(on_request)) {
  if (tls == nullptr) return;
  tls_ = SSL_new(tls);
  SSL_set_fd(tls_, socket_);
}

session::~session() {
  if (tls_ != nullptr) SSL_free(tls_);
  if (socket_ >= 0) close(socket_);
}

bool session::wait(short events, int timeout_ms) {
  pollfd watched[] = {{socket_, events, 0}, {stop_, POLLIN, 0}};
  const int ready = poll(watched, 2, timeout_ms);
  return ready > 0 && watched[1].revents == 0;
}

bool session::shake_hands() {
  for (;;) {
    const int outcome = SSL_accept(tls_);
    if (outcome == 1) return true;
    const int why = SSL_get_error(tls_, outcome);
    if (why != SSL_ERROR_WANT_READ && why != SSL_ERROR_WANT_WRITE) return false;
    if (!wait(why == SSL_ERROR_WANT_READ ? POLLIN : POLLOUT)) return false;
  }
}

int session::read_some(char* data, int size) {
  while (socket_ >= 0) {
    if (tls_ != nullptr) {
      const int bytes = SSL_read(tls_, data, size);
      if (bytes > 0) return bytes;
      if (SSL_get_error(tls_, bytes) != SSL_ERROR_WANT_READ) return 0;
    } else {
      const auto bytes = recv(socket_, data, static_cast<std::size_t>(size), 0);
      if (bytes > 0) return static_cast<int>(bytes);
      if (bytes == 0 || errno != EAGAIN) return 0;
    }
    if (!wait(POLLIN)) return 0;
  }
  return 0;
}

std::optional<std::string> session::read_request() {
  for (;;) {
    if (const auto end = buffer_.find("\r\n\r\n"); end != std::string::npos) {
      auto head = buffer_.substr(0, end + 4);
      buffer_.erase(0, end + 4);
      on_request_(head);
      return head;
    }
    char data[4096];
    const int bytes = read_some(data, sizeof data);
    if (bytes == 0) return std::nullopt;
    buffer_.append(data, static_cast<std::size_t>(bytes));
  }
}

std::optional<std::string> session::read_body(std::size_t bytes) {
  while (buffer_.size() < bytes) {
    char data[4096];
    const int got = read_some(data, sizeof data);
    if (got == 0) return std::nullopt;
    buffer_.append(data, static_cast<std::size_t>(got));
  }
  auto body = buffer_.substr(0, bytes);
  buffer_.erase(0, bytes);
  return body;
}

bool session::send(std::string_view bytes) {
  while (!bytes.empty()) {
    if (socket_ < 0) return false;
    std::ptrdiff_t sent = 0;
    if (tls_ != nullptr) {
      sent = SSL_write(tls_, bytes.data(), static_cast<int>(bytes.size()));
      if (sent <= 0 && SSL_get_error(tls_, static_cast<int>(sent)) != SSL_ERROR_WANT_WRITE)
        return false;
    } else {
      sent = ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (sent < 0 && errno != EAGAIN) return false;
    }
    if (sent > 0) {
      bytes.remove_prefix(static_cast<std::size_t>(sent));
    } else if (!wait(POLLOUT)) {
      return false;
    }
  }
  return true;
}

void session::pause(std::chrono::milliseconds time) {
  pollfd watched{stop_, POLLIN, 0};
  poll(&watched, 1, static_cast<int>(time.count()));
}

bool session::drip(std::string_view bytes, std::chrono::milliseconds gap) {
  for (const char& byte : bytes) {
    if (!send({&byte, 1})) return false;
    pause(gap);
    pollfd stopped{stop_, POLLIN, 0};
    if (poll(&stopped, 1, 0) > 0) return false;
  }
  return true;
}

void session::wait_for_close() {
  char data[4096];
  while (read_some(data, sizeof data) > 0) {
  }
}

void session::reset() {
  const linger hard{1, 0};
  setsockopt(socket_, SOL_SOCKET, SO_LINGER, &hard, sizeof hard);
  close(socket_);
  socket_ = -1;
}

std::string path_of(const std::string& request_head) {
  const auto start = request_head.find(' ') + 1;
  return request_head.substr(start, request_head.find(' ', start) - start);
}

std::string http_response(int status, std::string_view body, const std::string& headers) {
  return "HTTP/1.1 " + std::to_string(status) +
         " Whatever\r\nContent-Length: " + std::to_string(body.size()) + "\r\n" + headers + "\r\n" +
         std::string{body};
}

origin::script origin::answering(std::function<std::string(const std::string&)> answer) {
  return [answer = std::move(answer)](session& with) {
    while (const auto request = with.read_request()) {
      if (!with.send(answer(path_of(*request)))) return;
    }
  };
}

origin::origin(script run, std::optional<tls_identity> tls, const std::string& address,
               std::uint16_t port)
    : run_(std::move(run)) {
  if (tls) {
    tls_.reset(SSL_CTX_new(TLS_server_method()), SSL_CTX_free);
    SSL_CTX_use_certificate(tls_.get(), tls->certificate.get());
    SSL_CTX_use_PrivateKey(tls_.get(), tls->key.get());
    if (tls->highest_version != 0) {
      SSL_CTX_set_security_level(tls_.get(), 0);  // old versions sign with SHA-1
      SSL_CTX_set_min_proto_version(tls_.get(), tls->highest_version);
      SSL_CTX_set_max_proto_version(tls_.get(), tls->highest_version);
    }
    if (tls->wants_client_certificate)
      SSL_CTX_set_verify(tls_.get(), SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nullptr);
  }
  listener_ = ::socket(address.find(':') == std::string::npos ? AF_INET : AF_INET6,
                       SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  stop_ = eventfd(0, EFD_CLOEXEC);
  port_ = bind_to(listener_, address, port);
  listen(listener_, 1024);
  acceptor_ = std::thread{[this] { accept_all(); }};
}

origin::~origin() {
  const std::uint64_t one = 1;
  if (write(stop_, &one, sizeof one) < 0) std::abort();
  acceptor_.join();
  for (auto& thread : sessions_) thread.join();
  close(listener_);
  close(stop_);
}

std::string origin::url(const std::string& path, const std::string& host) const {
  return (tls_ ? "https://" : "http://") + host + ':' + std::to_string(port_) + path;
}

std::vector<std::string> origin::requests() const {
  std::lock_guard lock{mutex_};
  return requests_;
}

void origin::accept_all() {
  for (;;) {
    pollfd watched[] = {{listener_, POLLIN, 0}, {stop_, POLLIN, 0}};
    poll(watched, 2, -1);
    if (watched[1].revents != 0) return;
    const int socket = accept4(listener_, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (socket >= 0)
      sessions_.emplace_back([this, socket, number = connections_++] { serve(socket, number); });
  }
}

void origin::serve(int socket, int number) {
  sigset_t pipe;  // OpenSSL writes without MSG_NOSIGNAL
  sigemptyset(&pipe);
  sigaddset(&pipe, SIGPIPE);
  pthread_sigmask(SIG_BLOCK, &pipe, nullptr);
  const int open = ++open_;
  for (int most = most_at_once_; open > most && !most_at_once_.compare_exchange_weak(most, open);) {
  }
  {
    session with{socket, stop_, number, tls_.get(), [this](std::string head) {
                   std::lock_guard lock{mutex_};
                   requests_.push_back(std::move(head));
                 }};
    if (!tls_ || with.shake_hands()) run_(with);
  }
  --open_;
}

silent_listener::silent_listener(const std::string& address, std::uint16_t port) {
  listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  port_ = bind_to(listener_, address, port);
  listen(listener_, 0);
  sockaddr_in to{};
  to.sin_family = AF_INET;
  to.sin_port = htons(port_);
  inet_pton(AF_INET, address.c_str(), &to.sin_addr);
  for (int i = 0; i < 8; ++i) {  // a queue of length 0 holds one or two; the rest keep knocking
    queued_.push_back(::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
    if (connect(queued_.back(), reinterpret_cast<sockaddr*>(&to), sizeof to) != 0 &&
        errno != EINPROGRESS)
      throw std::runtime_error("connect");
  }
}

silent_listener::~silent_listener() {
  for (const int socket : queued_) close(socket);
  close(listener_);
}

closed_port::closed_port(const std::string& address, std::uint16_t port)
    : socket_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
  port_ = bind_to(socket_, address, port);
}
closed_port::~closed_port() { close(socket_); }

std::string tiny_gif(std::uint16_t width, std::uint16_t height) {
  const auto side = [](std::uint16_t value) {
    return std::string{static_cast<char>(value & 255), static_cast<char>(value >> 8)};
  };
  using namespace std::string_literals;
  return "GIF89a" + side(width) + side(height) + "\0\0\0"s + ",\0\0\0\0"s + side(width) +
         side(height) + "\0"s + "\x02\x01\x2c\0"s + ";";
}

}  // namespace retail_pulse::test_support
