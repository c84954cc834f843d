#include "tests/support/origin_dns.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <stdexcept>

namespace retail_pulse::test_support {
namespace {

constexpr std::size_t header_bytes = 12;

std::string u16(unsigned value) {
  return {static_cast<char>(value >> 8), static_cast<char>(value & 255)};
}

/// A record of the name in the question, good for one second.
std::string record_of(unsigned type, const std::string& data) {
  constexpr unsigned name_in_question = 0xc00c;
  return u16(name_in_question) + u16(type) + u16(1) + u16(0) + u16(1) +
         u16(static_cast<unsigned>(data.size())) + data;
}

}  // namespace

std::string alias_record(const std::string& alias) {
  std::string labels;
  for (std::size_t at = 0; at <= alias.size();) {
    const auto dot = std::min(alias.find('.', at), alias.size());
    labels += static_cast<char>(dot - at) + alias.substr(at, dot - at);
    at = dot + 1;
  }
  return record_of(5, labels + '\0');
}

dns_stub::dns_stub(script answer) : answer_(std::move(answer)) {
  socket_ = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  stop_ = eventfd(0, EFD_CLOEXEC);
  sockaddr_in here{};
  here.sin_family = AF_INET;
  here.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof here;
  if (bind(socket_, reinterpret_cast<sockaddr*>(&here), size) != 0)
    throw std::runtime_error("cannot bind");
  getsockname(socket_, reinterpret_cast<sockaddr*>(&here), &size);
  port_ = ntohs(here.sin_port);
  thread_ = std::thread{[this] { serve(); }};
}

dns_stub::~dns_stub() {
  const std::uint64_t one = 1;
  if (write(stop_, &one, sizeof one) < 0) std::abort();
  thread_.join();
  close(socket_);
  close(stop_);
}

int dns_stub::queries(const std::string& name, bool v6) const {
  std::lock_guard lock{mutex_};
  return static_cast<int>(std::count(asked_.begin(), asked_.end(), std::pair{name, v6}));
}

void dns_stub::serve() {
  for (;;) {
    pollfd watched[] = {{socket_, POLLIN, 0}, {stop_, POLLIN, 0}};
    poll(watched, 2, -1);
    if (watched[1].revents != 0) return;
    char data[1500];
    sockaddr_in from{};
    socklen_t size = sizeof from;
    const auto bytes =
        recvfrom(socket_, data, sizeof data, 0, reinterpret_cast<sockaddr*>(&from), &size);
    if (bytes < static_cast<std::ptrdiff_t>(header_bytes)) continue;
    if (const auto reply = reply_to({data, static_cast<std::size_t>(bytes)})) {
      sendto(socket_, reply->data(), reply->size(), 0, reinterpret_cast<sockaddr*>(&from), size);
    }
  }
}

std::optional<std::string> dns_stub::reply_to(const std::string& packet) {
  std::string name;
  std::size_t at = header_bytes;
  while (at < packet.size() && packet[at] != 0) {
    const auto length = static_cast<unsigned char>(packet[at]);
    if (!name.empty()) name += '.';
    name += packet.substr(at + 1, length);
    at += length + 1u;
  }
  const auto question_end = at + 5;  // the closing zero, type, class
  if (question_end > packet.size()) return std::nullopt;
  const bool v6 = packet[at + 2] == 28;
  const int before = queries(name, v6);
  {
    std::lock_guard lock{mutex_};
    asked_.emplace_back(name, v6);
  }
  const auto answer = answer_(name, v6, before);
  if (!answer) return std::nullopt;
  const auto number = answer->to_another_query
                          ? std::string{static_cast<char>(packet[0] + 1), packet[1]}
                          : packet.substr(0, 2);
  if (!answer->instead.empty()) return number + answer->instead;
  std::string records;
  for (const auto& record : answer->records) records += record;
  auto count = static_cast<unsigned>(answer->records.size());
  for (const auto& text : answer->addresses) {
    char address[16];
    if (inet_pton(v6 ? AF_INET6 : AF_INET, text.c_str(), address) != 1) continue;
    records += record_of(v6 ? 28 : 1, {address, v6 ? 16u : 4u});
    ++count;
  }
  const unsigned flags =
      0x8180u | static_cast<unsigned>(answer->rcode) | (answer->is_cut ? 0x0200u : 0u);
  return number + u16(flags) + u16(1) + u16(count) + u16(0) + u16(0) +
         packet.substr(header_bytes, question_end - header_bytes) + records;
}

}  // namespace retail_pulse::test_support
