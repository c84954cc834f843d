#include "client/bounded_stream.hpp"

#include <fcntl.h>
#include <openssl/ssl.h>
#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <climits>

#include "core/limits.hpp"
#include "core/text.hpp"

namespace retail_pulse::client {
namespace {

constexpr std::string_view status_line = "HTTP/";

int least(std::size_t size) { return static_cast<int>(std::min<std::size_t>(size, INT_MAX)); }

}  // namespace

bounded_stream::bounded_stream(socket_t socket, SSL* tls, exchange_bounds& bounds)
    : socket_{socket}, tls_{tls}, bounds_{bounds} {
  fcntl(socket_, F_SETFL, fcntl(socket_, F_GETFL) | O_NONBLOCK);
}

bool bounded_stream::is_readable() const { return at_ < end_ || wait_for(POLLIN); }
bool bounded_stream::is_writable() const { return wait_for(POLLOUT); }

bool bounded_stream::wait_for(short events) const {
  using std::chrono::milliseconds;
  const auto began = std::chrono::steady_clock::now();
  // A stream has a deadline for its head; after it, only a long pause ends it.
  const bool has_deadline = bounds_.deadline != exchange_bounds::time_point::max() &&
                            !(bounds_.is_stream && content_bytes_ > 0);
  for (;;) {
    const auto now = std::chrono::steady_clock::now();
    auto left = std::chrono::ceil<milliseconds>(began + bounds_.pause - now);
    if (has_deadline)
      left = std::min(left, std::chrono::ceil<milliseconds>(bounds_.deadline - now));
    if (left.count() <= 0) return false;
    pollfd waited{.fd = socket_, .events = events, .revents = 0};
    const int ready = poll(&waited, 1, least(static_cast<std::size_t>(left.count())));
    if (ready > 0) return true;
    if (ready < 0 && errno != EINTR) return false;
  }
}

/// Waits for bytes and reads them into the empty buffer. 0 at the end, -1 after an error or a
/// timeout.
int bounded_stream::fill() {
  at_ = end_ = 0;
  for (;;) {
    short awaited = POLLIN;
    if (tls_ != nullptr) {
      const int count = SSL_read(tls_, buffer_.data(), least(buffer_.size()));
      if (count > 0) return end_ = static_cast<std::size_t>(count), 1;
      const int error = SSL_get_error(tls_, count);
      if (error == SSL_ERROR_ZERO_RETURN) return 0;
      if (error != SSL_ERROR_WANT_READ && error != SSL_ERROR_WANT_WRITE) return -1;
      if (error == SSL_ERROR_WANT_WRITE) awaited = POLLOUT;
    } else {
      const auto count = recv(socket_, buffer_.data(), buffer_.size(), 0);
      if (count > 0) return end_ = static_cast<std::size_t>(count), 1;
      if (count == 0) return 0;
      if (errno == EINTR) continue;
      if (errno != EAGAIN && errno != EWOULDBLOCK) return -1;
    }
    if (!wait_for(awaited)) return -1;
  }
}

ssize_t bounded_stream::read(char* to, std::size_t size) {
  if (!bounds_.exceeded.empty()) return -1;
  if (size == 0) return 0;
  if (at_ == end_) {
    if (const int filled = fill(); filled <= 0) return filled;
  }
  const auto count = std::min(size, end_ - at_);
  const bool taken = size == 1 ? take_byte_of_line(buffer_[at_]) : take_content(count);
  if (!taken) return -1;
  std::copy_n(buffer_.data() + at_, count, to);
  at_ += count;
  return static_cast<ssize_t>(count);
}

bool bounded_stream::take_byte_of_line(char c) {
  ++lines_bytes_;
  ++line_bytes_;
  if (line_start_.size() < status_line.size()) line_start_ += c;
  const bool is_status = line_start_ == status_line;
  if (is_status && line_bytes_ > limits::answer_status_line_bytes) {
    return refuse("has a status line of more than " + size_text(limits::answer_status_line_bytes));
  }
  if (line_bytes_ > limits::answer_line_bytes)
    return refuse("has a header of more than " + size_text(limits::answer_line_bytes));
  // Every chunk has a line with its size, so the limit grows with the content.
  if (lines_bytes_ > limits::answer_head_bytes + limits::answer_framing_factor * content_bytes_) {
    return refuse("has more than " + size_text(limits::answer_head_bytes) + " of headers");
  }
  if (c == '\n') {
    line_start_.clear();
    line_bytes_ = 0;
  }
  return true;
}

bool bounded_stream::take_content(std::size_t bytes) {
  content_bytes_ += bytes;
  if (bounds_.is_stream || content_bytes_ <= bounds_.body_bytes) return true;
  return refuse("is longer than " + size_text(bounds_.body_bytes));
}

bool bounded_stream::refuse(const std::string& what) {
  bounds_.exceeded = what;
  return false;
}

ssize_t bounded_stream::write(const char* from, std::size_t size) {
  for (;;) {
    short awaited = POLLOUT;
    if (tls_ != nullptr) {
      const int count = SSL_write(tls_, from, least(size));
      if (count > 0) return count;
      const int error = SSL_get_error(tls_, count);
      if (error != SSL_ERROR_WANT_READ && error != SSL_ERROR_WANT_WRITE) return -1;
      if (error == SSL_ERROR_WANT_READ) awaited = POLLIN;
    } else {
      const auto count = send(socket_, from, size, MSG_NOSIGNAL);
      if (count >= 0) return count;
      if (errno == EINTR) continue;
      if (errno != EAGAIN && errno != EWOULDBLOCK) return -1;
    }
    if (!wait_for(awaited)) return -1;
  }
}

// Called only by proxies and loggers of cpp-httplib, which are not used.
void bounded_stream::get_remote_ip_and_port(std::string& ip, int& port) const {
  ip.clear();
  port = 0;
}
void bounded_stream::get_local_ip_and_port(std::string& ip, int& port) const {
  get_remote_ip_and_port(ip, port);
}

}  // namespace retail_pulse::client
