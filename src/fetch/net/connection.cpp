#include "fetch/net/connection.hpp"

#include <linux/rtnetlink.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <optional>
#include <system_error>
#include <thread>
#include <utility>

#include "core/limits.hpp"

namespace retail_pulse::fetch {
namespace {

std::string error_text(int number) { return std::generic_category().message(number); }

io wait_for(int socket, short events, const io_deadline& until) {
  for (;;) {
    const auto now = std::chrono::steady_clock::now();
    if (now >= until.at) return io::timed_out;
    auto next = until.at;
    if (until.gives_way != nullptr) {
      if (now >= until.gives_way_from && (*until.gives_way)()) return io::gave_way;
      next = std::min(next, std::max(until.gives_way_from, now + limits::give_way_check));
    }
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(next - now).count();
    pollfd watched[] = {{socket, events, 0}, {until.cancelled, POLLIN, 0}};
    const int ready = poll(watched, 2, static_cast<int>(std::min<std::int64_t>(left, 3'600'000)));
    if (ready < 0 && errno != EINTR) return io::broken;
    if (ready <= 0) continue;
    if (watched[1].revents != 0) return io::cancelled;
    return io::ok;
  }
}

fault fault_of(io how, error_code broken, const std::string& doing, const std::string& why) {
  if (how == io::timed_out) return {error_code::timed_out, "no time left while " + doing};
  if (how == io::gave_way) return gave_way_while(doing);
  if (how == io::cancelled) return {error_code::internal, "the fetch engine is shutting down"};
  return {broken, doing + ": " + why};
}

struct endpoint {
  sockaddr_storage storage{};
  socklen_t size = sizeof storage;
  sockaddr* get() { return reinterpret_cast<sockaddr*>(&storage); }
};

endpoint endpoint_of(const ip_address& address, std::uint16_t port) {
  endpoint result;
  if (address.v6) {
    auto& v6 = reinterpret_cast<sockaddr_in6&>(result.storage);
    v6.sin6_family = AF_INET6;
    v6.sin6_port = htons(port);
    std::memcpy(&v6.sin6_addr, address.bytes.data(), 16);
    result.size = sizeof v6;
  } else {
    auto& v4 = reinterpret_cast<sockaddr_in&>(result.storage);
    v4.sin_family = AF_INET;
    v4.sin_port = htons(port);
    std::memcpy(&v4.sin_addr, address.bytes.data(), 4);
    result.size = sizeof v4;
  }
  return result;
}

/// Compares address and port only.
bool same_endpoint(const endpoint& a, const endpoint& b) {
  if (a.storage.ss_family != b.storage.ss_family) return false;
  if (a.storage.ss_family == AF_INET6) {
    const auto& x = reinterpret_cast<const sockaddr_in6&>(a.storage);
    const auto& y = reinterpret_cast<const sockaddr_in6&>(b.storage);
    return x.sin6_port == y.sin6_port && std::memcmp(&x.sin6_addr, &y.sin6_addr, 16) == 0;
  }
  const auto& x = reinterpret_cast<const sockaddr_in&>(a.storage);
  const auto& y = reinterpret_cast<const sockaddr_in&>(b.storage);
  return x.sin_port == y.sin_port && x.sin_addr.s_addr == y.sin_addr.s_addr;
}

bool has_run_out(int error) {
  return error == EMFILE || error == ENFILE || error == ENOBUFS || error == ENOMEM;
}

/// A kernel without IPv6 fails here too. That is not a fault of the service, and closing idle
/// connections would not help.
fault no_socket(const ip_address& to, int error) {
  const auto detail = "no socket to connect to " + to.text() + ": " + error_text(error);
  if (!has_run_out(error)) return {error_code::connect_failed, detail};
  fault scarce{error_code::internal, detail};
  scarce.ran_out = true;
  return scarce;
}

std::variant<descriptor, fault> connect_to(const ip_address& address, std::uint16_t port,
                                           const io_deadline& until) {
  descriptor socket{
      ::socket(address.v6 ? AF_INET6 : AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0)};
  if (!socket) return no_socket(address, errno);
  const int on = 1;
  setsockopt(
      socket.get(), IPPROTO_TCP, TCP_NODELAY, &on,
      sizeof on);  // a request is one small write that must not wait; failing costs only time
  auto to = endpoint_of(address, port);
  const std::string doing = "connecting to " + address.text();
  if (::connect(socket.get(), to.get(), to.size) != 0) {
    if (errno != EINPROGRESS)
      return fault{error_code::connect_failed, doing + ": " + error_text(errno)};
    if (const io how = wait_for(socket.get(), POLLOUT, until); how != io::ok) {
      return fault_of(how, error_code::connect_failed, doing, "the wait failed");
    }
    int error = 0;
    socklen_t size = sizeof error;
    getsockopt(socket.get(), SOL_SOCKET, SO_ERROR, &error, &size);
    if (error != 0) return fault{error_code::connect_failed, doing + ": " + error_text(error)};
  }
  endpoint peer;
  endpoint self;
  if (getpeername(socket.get(), peer.get(), &peer.size) != 0)
    return fault{error_code::connect_failed, doing + ": " + error_text(errno)};
  if (!same_endpoint(peer, to))
    return fault{error_code::blocked_address, doing + ": the peer has another address"};
  // The kernel may pick a port that nothing listens on as our own; the socket then is connected to
  // itself.
  if (getsockname(socket.get(), self.get(), &self.size) == 0 && same_endpoint(self, peer)) {
    return fault{error_code::connect_failed, doing + ": " + error_text(ECONNREFUSED)};
  }
  return socket;
}

/// The type of the kernel's route to an address, see rtnetlink(7). Nothing if the kernel has no
/// route or does not say.
std::optional<std::uint8_t> route_type_of(const ip_address& address) {
  const std::size_t bytes = address.v6 ? 16 : 4;
  struct {
    nlmsghdr head{};
    rtmsg route{};
    rtattr attribute{};
    std::array<std::uint8_t, 16> to{};
  } question;
  question.head.nlmsg_len =
      static_cast<std::uint32_t>(NLMSG_LENGTH(sizeof question.route) + RTA_LENGTH(bytes));
  question.head.nlmsg_type = RTM_GETROUTE;
  question.head.nlmsg_flags = NLM_F_REQUEST;
  question.route.rtm_family = address.v6 ? AF_INET6 : AF_INET;
  question.route.rtm_dst_len = static_cast<std::uint8_t>(bytes * 8);
  question.attribute = {static_cast<std::uint16_t>(RTA_LENGTH(bytes)), RTA_DST};
  question.to = address.bytes;
  struct {
    nlmsghdr head{};
    rtmsg route{};
  } answer;  // the attributes after it are cut off
  const descriptor kernel{::socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE)};
  if (!kernel || send(kernel.get(), &question, question.head.nlmsg_len, 0) < 0) return std::nullopt;
  if (recv(kernel.get(), &answer, sizeof answer, MSG_DONTWAIT) != sizeof answer)
    return std::nullopt;  // the answer is there when `send` returns
  if (answer.head.nlmsg_type != RTM_NEWROUTE) return std::nullopt;
  return answer.route.rtm_type;
}

/// Waits for what an unfinished TLS call needs. `broken` and `ended` are final.
io wait_for_tls(SSL* session, int outcome, int socket, const io_deadline& until) {
  switch (SSL_get_error(session, outcome)) {
    case SSL_ERROR_WANT_READ:
      return wait_for(socket, POLLIN, until);
    case SSL_ERROR_WANT_WRITE:
      return wait_for(socket, POLLOUT, until);
    case SSL_ERROR_ZERO_RETURN:
      return io::ended;
    default:
      return io::broken;
  }
}

std::optional<fault> shake_hands(SSL* session, int socket, const io_deadline& until) {
  const std::string doing = "the TLS handshake";
  for (;;) {
    ERR_clear_error();
    errno = 0;
    const int outcome = SSL_connect(session);
    if (outcome == 1) return std::nullopt;
    const int system_error = errno;
    const io how = wait_for_tls(session, outcome, socket, until);
    if (how == io::ok) continue;
    if (const auto verified = SSL_get_verify_result(session); verified != X509_V_OK) {
      ERR_clear_error();
      return fault{error_code::tls_failed, doing + ": " + X509_verify_cert_error_string(verified)};
    }
    const bool peer_objected =
        ERR_peek_error() != 0;  // else the peer hung up, and another attempt may succeed
    if (!peer_objected && (how == io::ended || how == io::broken)) {
      return fault{
          error_code::connect_failed,
          doing + ": " + (system_error != 0 ? error_text(system_error) : "the peer hung up")};
    }
    return fault_of(how, error_code::tls_failed, doing, last_tls_error());
  }
}

}  // namespace

bool has_route_to(const ip_address& address) {
  const descriptor socket{::socket(address.v6 ? AF_INET6 : AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0)};
  if (!socket) return has_run_out(errno);
  constexpr std::uint16_t any_port = 9;
  auto to = endpoint_of(address, any_port);
  return ::connect(socket.get(), to.get(), to.size) == 0 || errno == EAGAIN || has_run_out(errno);
}

bool is_of_this_machine(const ip_address& address) {
  if (const auto type = route_type_of(address)) return *type == RTN_LOCAL;
  const descriptor socket{::socket(address.v6 ? AF_INET6 : AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0)};
  if (!socket) return has_run_out(errno);
  constexpr std::uint16_t any_port = 0;
  auto at = endpoint_of(address, any_port);
  return ::bind(socket.get(), at.get(), at.size) == 0 || errno != EADDRNOTAVAIL;
}

std::variant<std::unique_ptr<connection>, fault> connection::open(const url& to,
                                                                  const ip_address& address,
                                                                  const tls_context& tls,
                                                                  const io_deadline& until) {
  auto connected = connect_to(address, to.port, until);
  if (auto* error = std::get_if<fault>(&connected)) return std::move(*error);
  auto socket = std::move(std::get<descriptor>(connected));
  tls_context::session session;
  if (to.tls) {
    session = tls.new_session(socket.get(), to.host, to.host_is_address);
    if (!session) return fault{error_code::internal, "no TLS session: " + last_tls_error()};
    if (auto error = shake_hands(session.get(), socket.get(), until)) return std::move(*error);
  }
  return std::unique_ptr<connection>{new connection{std::move(socket), std::move(session)}};
}

io_result connection::read(char* data, std::size_t size, const io_deadline& until) {
  for (;;) {
    if (std::chrono::steady_clock::now() >= until.at)
      return {io::timed_out};  // data that is always there would never make us wait
    io how = io::ok;
    if (session_) {
      ERR_clear_error();
      std::size_t bytes = 0;
      const int outcome = SSL_read_ex(session_.get(), data, size, &bytes);
      if (outcome == 1) return {io::ok, bytes};
      how = wait_for_tls(session_.get(), outcome, socket_.get(), until);
    } else {
      if (std::exchange(has_asked_, false))
        std::this_thread::yield();  // the response is often here after that, without a poll
      const auto bytes = recv(socket_.get(), data, size, 0);
      if (bytes > 0) return {io::ok, static_cast<std::size_t>(bytes)};
      if (bytes == 0) return {io::ended};
      if (errno == EINTR) continue;
      how = errno == EAGAIN ? wait_for(socket_.get(), POLLIN, until) : io::broken;
    }
    if (how != io::ok) return {how};
  }
}

io_result connection::write(const char* data, std::size_t size, const io_deadline& until) {
  for (;;) {
    if (std::chrono::steady_clock::now() >= until.at) return {io::timed_out};
    io how = io::ok;
    if (session_) {
      ERR_clear_error();
      std::size_t bytes = 0;
      const int outcome = SSL_write_ex(session_.get(), data, size, &bytes);
      if (outcome == 1) return {io::ok, bytes};
      how = wait_for_tls(session_.get(), outcome, socket_.get(), until);
    } else {
      const auto bytes = send(socket_.get(), data, size, MSG_NOSIGNAL);
      if (bytes > 0) {
        has_asked_ = true;
        return {io::ok, static_cast<std::size_t>(bytes)};
      }
      if (bytes < 0 && errno == EINTR) continue;
      how = bytes < 0 && errno == EAGAIN ? wait_for(socket_.get(), POLLOUT, until) : io::broken;
    }
    if (how != io::ok) return {how == io::ended ? io::broken : how};
  }
}

bool connection::is_idle_and_open() {
  char byte = 0;
  if (session_) {  // the bytes may belong to TLS itself, such as a session ticket; OpenSSL consumes
                   // those
    ERR_clear_error();
    std::size_t bytes = 0;
    const int outcome = SSL_peek_ex(session_.get(), &byte, 1, &bytes);
    const bool waiting =
        outcome != 1 && SSL_get_error(session_.get(), outcome) == SSL_ERROR_WANT_READ;
    ERR_clear_error();
    return waiting;
  }
  return recv(socket_.get(), &byte, 1, MSG_PEEK | MSG_DONTWAIT) < 0 && errno == EAGAIN;
}

}  // namespace retail_pulse::fetch
