#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace retail_pulse::fetch {

/// An IPv4 or IPv6 address, without port and without zone. IPv4 sorts before IPv6, then by value.
struct ip_address {
  bool v6 = false;
  std::array<std::uint8_t, 16> bytes{};  ///< network order; IPv4 uses the first four, the rest is zero

  std::string text() const;
  auto operator<=>(const ip_address&) const = default;
};

/// Dotted decimal with four parts, or IPv6 as in RFC 4291 without zone id. Nothing for any other text.
std::optional<ip_address> parse_address(std::string_view text);

/// The address itself, or the IPv4 address that an IPv4-mapped one (::ffff:a.b.c.d) leads to, so that one place has one name.
ip_address unmapped(const ip_address& address);

/// A range of addresses: those that share the first `prefix` bits.
struct cidr {
  ip_address base;
  int prefix = 0;  ///< bits; 0..32 for IPv4, 0..128 for IPv6

  /// An IPv4 range also holds its addresses in their IPv4-mapped form (::ffff:a.b.c.d).
  bool contains(const ip_address& address) const;
  bool operator==(const cidr&) const = default;
};

/// "10.0.0.0/8", "fd00::/8", or one address without a prefix. Otherwise a sentence that says what is wrong; bits set beyond the prefix are
/// wrong too, because nobody can tell whether the range or the one address was meant.
std::variant<cidr, std::string> parse_cidr(std::string_view text);

/// The ranges of a setting that was checked before. Throws std::runtime_error where it was not.
std::vector<cidr> opened_ranges(const std::vector<std::string>& texts);

/// Whether the address is one of the public Internet: not unspecified, loopback, private, link-local, shared (CGNAT), benchmarking,
/// documentation, multicast, reserved, unique or site local, and not an IPv6 form that carries an IPv4 address which is none either.
bool is_public(const ip_address& address);

/// What may be connected to: public addresses and the ranges an operator opened. Immutable, so any thread may ask.
class address_guard {
 public:
  explicit address_guard(std::vector<cidr> opened) : opened_(std::move(opened)) {}
  bool permits(const ip_address& address) const;

 private:
  std::vector<cidr> opened_;
};

}  // namespace retail_pulse::fetch
