#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "fetch/url/ip_address.hpp"

namespace retail_pulse::fetch {

/// A range of addresses: those that share the first `prefix` bits.
struct cidr {
  ip_address base;
  int prefix = 0;  ///< bits; 0..32 for IPv4, 0..128 for IPv6

  /// An IPv4 range also holds its addresses in their IPv4-mapped form (::ffff:a.b.c.d).
  bool contains(const ip_address& address) const;
  bool operator==(const cidr&) const = default;
};

/// "10.0.0.0/8", "fd00::/8", or one address without a prefix; else an error sentence. Bits set
/// beyond the prefix are an error, because either the range or the single address could be meant.
std::variant<cidr, std::string> parse_cidr(std::string_view text);

/// The ranges of a setting that was validated before. Throws std::runtime_error if it was not.
std::vector<cidr> opened_ranges(const std::vector<std::string>& texts);

/// Whether the address belongs to the public Internet: not unspecified, loopback, private,
/// link-local, shared (CGNAT), benchmarking, documentation, multicast, reserved, unique or site
/// local, and not an IPv6 address that embeds a non-public IPv4 address.
bool is_public(const ip_address& address);

/// Decides which addresses may be connected to: public ones, and the ranges that an operator
/// opened. Immutable, so any thread may use it.
class address_guard {
 public:
  explicit address_guard(std::vector<cidr> opened) : opened_(std::move(opened)) {}
  bool permits(const ip_address& address) const;

 private:
  std::vector<cidr> opened_;
};

}  // namespace retail_pulse::fetch
