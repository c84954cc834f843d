#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace retail_pulse::fetch {

/// An IPv4 or IPv6 address, without port and without zone. IPv4 sorts before IPv6, then by value.
struct ip_address {
  bool v6 = false;
  std::array<std::uint8_t, 16>
      bytes{};  ///< network order; IPv4 uses the first four, the rest is zero

  std::string text() const;
  auto operator<=>(const ip_address&) const = default;
};

/// Dotted decimal with four parts, or IPv6 as in RFC 4291 without zone id. Nothing for any other
/// text.
std::optional<ip_address> parse_address(std::string_view text);

/// The IPv4 address of an IPv4-mapped one (::ffff:a.b.c.d), else the address itself, so that each
/// endpoint has one name.
ip_address unmapped(const ip_address& address);

}  // namespace retail_pulse::fetch
