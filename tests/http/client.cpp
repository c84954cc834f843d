#include "tests/http/client.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstdio>
#include <stdexcept>
#include <thread>

#include "tests/http/recorder.hpp"

namespace retail_pulse::tests {

std::optional<std::string> answer::header(std::string_view name) const {
  for (const auto& [n, value] : headers) {
    if (n == name) return value;
  }
  return std::nullopt;
}

client::client(std::uint16_t port, const char* from)
    : descriptor_{::socket(AF_INET, SOCK_STREAM, 0)}, recorded_{recorder::records(port)} {
  if (descriptor_ < 0) throw std::runtime_error{"no socket"};
  const timeval patience{.tv_sec = 20, .tv_usec = 0};
  ::setsockopt(descriptor_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  ::setsockopt(descriptor_, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
  sockaddr_in source{};
  source.sin_family = AF_INET;
  ::inet_pton(AF_INET, from, &source.sin_addr);
  const int late = 1;  // the port is chosen with the connection, so that it may serve several
  ::setsockopt(descriptor_, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &late, sizeof late);
  if (::bind(descriptor_, reinterpret_cast<const sockaddr*>(&source), sizeof source) != 0)
    throw std::runtime_error{"cannot bind"};
  sockaddr_in to{};
  to.sin_family = AF_INET;
  to.sin_port = htons(port);
  to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (::connect(descriptor_, reinterpret_cast<const sockaddr*>(&to), sizeof to) != 0)
    throw std::runtime_error{"cannot connect"};
}

client::~client() {
  record_streamed(false);
  if (descriptor_ >= 0) ::close(descriptor_);
}

bool client::send(std::string_view bytes) {
  if (recorded_) sent_ += bytes;
  while (!bytes.empty()) {
    const auto sent = ::send(descriptor_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent <= 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
  return true;
}

bool client::fill() {
  char buffer[16 << 10];
  const auto got = ::recv(descriptor_, buffer, sizeof buffer, 0);
  if (got > 0) unread_.append(buffer, static_cast<std::size_t>(got));
  if (got < 0) failed_ = true;
  return got > 0;
}

bool client::closed() {
  char next = 0;
  if (!unread_.empty()) return false;
  const auto got = ::recv(descriptor_, &next, 1, 0);
  return got == 0 || (got < 0 && errno != EAGAIN);
}

bool client::has_data() {
  char next = 0;
  return !unread_.empty() || ::recv(descriptor_, &next, 1, MSG_PEEK | MSG_DONTWAIT) > 0;
}

void client::end_of_requests() { ::shutdown(descriptor_, SHUT_WR); }

void client::reset() {
  const linger now{.l_onoff = 1, .l_linger = 0};
  ::setsockopt(descriptor_, SOL_SOCKET, SO_LINGER, &now, sizeof now);
  ::close(descriptor_);
  descriptor_ = -1;
}

answer client::read(bool to_head) {
  answer a;
  std::size_t end = 0;
  while ((end = unread_.find("\r\n\r\n")) == std::string::npos) {
    if (!fill()) return a;
  }
  std::string head = unread_.substr(0, end + 2);
  unread_.erase(0, end + 4);
  if (std::sscanf(head.c_str(), "HTTP/1.1 %d ", &a.status) != 1)
    throw std::runtime_error{"not an answer: " + head};
  for (std::size_t at = head.find("\r\n") + 2; at < head.size();) {
    const auto line_end = head.find("\r\n", at);
    const auto colon = head.find(": ", at);
    a.headers.emplace_back(head.substr(at, colon - at),
                           head.substr(colon + 2, line_end - colon - 2));
    at = line_end + 2;
  }
  const bool bodiless = to_head || a.status == 100 || a.status == 204 || a.status == 304;
  const auto length = bodiless ? 0 : std::stoul(a.header("Content-Length").value());
  while (unread_.size() < length && fill()) {
  }
  a.body = unread_.substr(0, length);
  unread_.erase(0, length);
  if (recorded_ && a.status != 100) record(a, to_head, a.body.size() == length);
  return a;
}

void client::record(const answer& got, bool to_head, bool whole) {
  record_streamed(false);
  auto request = recorder::take_request(sent_);
  if (to_head && request && request->method != "HEAD") {
    streamed_ = {std::move(request), got};
  } else {
    recorder::write(request, got, whole);
  }
}

void client::record_streamed(bool whole) {
  if (const auto over = std::exchange(streamed_, std::nullopt))
    recorder::write(over->request, over->got, whole);
}

std::optional<std::string> client::read_chunk() {
  std::size_t end = 0;
  while ((end = unread_.find("\r\n")) == std::string::npos) {
    if (!fill()) return std::nullopt;
  }
  const auto size = std::stoul(unread_, nullptr, 16);
  while (unread_.size() < end + size + 4) {
    if (!fill()) return std::nullopt;
  }
  auto chunk = unread_.substr(end + 2, size);
  if (unread_.compare(end + 2 + size, 2, "\r\n") != 0) throw std::runtime_error{"not a chunk"};
  unread_.erase(0, end + size + 4);
  if (streamed_) streamed_->got.body += chunk;
  if (chunk.empty()) record_streamed(true);
  return chunk;
}

std::optional<std::string> client::read_chunks() {
  std::string body;
  while (auto chunk = read_chunk()) {
    if (chunk->empty()) return body;
    body += *chunk;
  }
  return std::nullopt;
}

std::optional<std::string> client::read_until_closed() {
  while (fill()) {
  }
  if (failed_) return std::nullopt;
  if (streamed_) streamed_->got.body += unread_;
  record_streamed(true);
  return std::exchange(unread_, {});
}

client& first_with_data(std::vector<client>& clients) {
  for (int i = 0; i < 2000; ++i) {
    for (auto& c : clients) {
      if (c.has_data()) return c;
    }
    std::this_thread::sleep_for(std::chrono::milliseconds{10});
  }
  throw std::runtime_error{"nothing came"};
}

answer ask(std::uint16_t port, std::string_view bytes) { return client{port}.ask(bytes); }
answer get(std::uint16_t port, std::string_view target) { return ask(port, get_text(target)); }
answer post(std::uint16_t port, std::string_view target, std::string_view body) {
  return ask(port, post_text(target, body));
}

std::string get_text(std::string_view target, std::string_view more_headers) {
  return "GET " + std::string{target} + " HTTP/1.1\r\nHost: h\r\n" + std::string{more_headers} +
         "\r\n";
}

std::string post_text(std::string_view target, std::string_view body,
                      std::string_view more_headers) {
  return "POST " + std::string{target} +
         " HTTP/1.1\r\nHost: h\r\nUser-Agent: curl/7.88.1\r\nAccept: */*\r\nContent-Length: " +
         std::to_string(body.size()) + "\r\nContent-Type: application/x-www-form-urlencoded\r\n" +
         std::string{more_headers} + "\r\n" + std::string{body};
}

std::string in_chunks(std::string_view body, std::size_t chunk) {
  std::string text;
  while (!body.empty()) {
    const auto part = body.substr(0, chunk);
    char size[20];
    std::snprintf(size, sizeof size, "%zx\r\n", part.size());
    text.append(size).append(part).append("\r\n");
    body.remove_prefix(part.size());
  }
  return text + "0\r\n\r\n";
}

}  // namespace retail_pulse::tests
