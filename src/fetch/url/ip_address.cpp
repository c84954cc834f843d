#include "fetch/url/ip_address.hpp"

#include <arpa/inet.h>

#include <algorithm>
#include <span>

namespace retail_pulse::fetch {

std::string ip_address::text() const {
  if (!v6) {  // not inet_ntop, which calls vsnprintf: every fetch logs its address
    std::string decimal = std::to_string(bytes[0]);
    for (std::size_t i = 1; i < 4; ++i) decimal.append(1, '.').append(std::to_string(bytes[i]));
    return decimal;
  }
  char buffer[INET6_ADDRSTRLEN] = {};
  inet_ntop(AF_INET6, bytes.data(), buffer, sizeof buffer);
  return buffer;
}

std::optional<ip_address> parse_address(std::string_view text) {
  if (text.size() >= INET6_ADDRSTRLEN || text.find('\0') != std::string_view::npos)
    return std::nullopt;
  const std::string terminated{text};
  ip_address address;
  if (inet_pton(AF_INET, terminated.c_str(), address.bytes.data()) == 1) return address;
  address = {};
  address.v6 = true;
  if (inet_pton(AF_INET6, terminated.c_str(), address.bytes.data()) == 1) return address;
  return std::nullopt;
}

ip_address unmapped(const ip_address& address) {
  constexpr std::array<std::uint8_t, 12> prefix{0, 0, 0, 0,    0,   0, 0,
                                                0, 0, 0, 0xff, 0xff};  // RFC 4291, section 2.5.5.2
  if (!address.v6 || !std::ranges::equal(prefix, std::span{address.bytes}.first(prefix.size())))
    return address;
  ip_address v4;
  std::copy_n(address.bytes.begin() + prefix.size(), 4, v4.bytes.begin());
  return v4;
}

}  // namespace retail_pulse::fetch
