#include "fetch/net/address_guard.hpp"

#include <algorithm>
#include <charconv>
#include <stdexcept>

namespace retail_pulse::fetch {
namespace {

bool same_prefix(const ip_address& a, const ip_address& b, int bits) {
  const auto whole = static_cast<std::size_t>(bits / 8);
  if (!std::equal(a.bytes.begin(), a.bytes.begin() + whole, b.bytes.begin())) return false;
  const int rest = bits % 8;
  return rest == 0 || ((a.bytes[whole] ^ b.bytes[whole]) >> (8 - rest)) == 0;
}

struct range {
  std::array<std::uint8_t, 6> start;  ///< the first bytes of the address; all prefixes below are at
                                      ///< most 48 bits long, or end in zeros
  int bits;
};

bool in(const ip_address& address, const range& r) {
  ip_address start;
  start.v6 = address.v6;
  std::copy(r.start.begin(), r.start.end(), start.bytes.begin());
  return same_prefix(address, start, r.bits);
}

/// Sources: the IANA IPv4 special-purpose address registry (RFC 6890 and its updates), RFC 5771,
/// RFC 1112.
constexpr range closed_v4[] = {
    {{0}, 8},              // "this network", unspecified
    {{10}, 8},             // private
    {{100, 64}, 10},       // shared by carriers (CGNAT)
    {{127}, 8},            // loopback
    {{169, 254}, 16},      // link-local, where cloud metadata lives
    {{172, 16}, 12},       // private
    {{192, 0, 0}, 24},     // IETF protocol assignments
    {{192, 0, 2}, 24},     // documentation
    {{192, 88, 99}, 24},   // 6to4 relays, withdrawn
    {{192, 168}, 16},      // private
    {{198, 18}, 15},       // benchmarking
    {{198, 51, 100}, 24},  // documentation
    {{203, 0, 113}, 24},   // documentation
    {{224}, 4},            // multicast
    {{240}, 4},            // reserved, broadcast
};

/// Within 2000::/3, the only block of global unicast addresses. Source: the IANA IPv6
/// special-purpose address registry.
constexpr range closed_v6[] = {
    {{0x20, 0x01, 0x00},
     23},  // IETF protocol assignments (Teredo is decided before, by the addresses that it embeds)
    {{0x20, 0x01, 0x0d, 0xb8}, 32},  // documentation
    {{0x3f, 0xff, 0x00}, 20},        // documentation
};

constexpr range global_unicast{{0x20}, 3};
constexpr range nat64{{0x00, 0x64, 0xff, 0x9b}, 96};
constexpr range six_to_four{{0x20, 0x02}, 16};
constexpr range teredo{{0x20, 0x01, 0x00, 0x00}, 32};

ip_address v4_at(const ip_address& address, std::size_t offset, std::uint8_t flip = 0) {
  ip_address v4;
  for (std::size_t i = 0; i < 4; ++i)
    v4.bytes[i] = static_cast<std::uint8_t>(address.bytes[offset + i] ^ flip);
  return v4;
}

bool all_zero(const ip_address& address, std::size_t from, std::size_t to) {
  return std::all_of(address.bytes.begin() + static_cast<std::ptrdiff_t>(from),
                     address.bytes.begin() + static_cast<std::ptrdiff_t>(to),
                     [](std::uint8_t byte) { return byte == 0; });
}

/// ::ffff:a.b.c.d, which the kernel connects to as IPv4.
bool is_mapped(const ip_address& address) { return unmapped(address).v6 != address.v6; }

/// ::ffff:0:a.b.c.d (RFC 2765).
bool is_translated(const ip_address& address) {
  return all_zero(address, 0, 8) && address.bytes[8] == 0xff && address.bytes[9] == 0xff &&
         all_zero(address, 10, 12);
}

/// ...:0:5efe:a.b.c.d or ...:200:5efe:a.b.c.d under any prefix (RFC 5214).
bool is_isatap(const ip_address& address) {
  return (address.bytes[8] & 0xfd) == 0 && address.bytes[9] == 0 && address.bytes[10] == 0x5e &&
         address.bytes[11] == 0xfe;
}

bool is_public_v4(const ip_address& address) {
  return std::none_of(std::begin(closed_v4), std::end(closed_v4),
                      [&](const range& r) { return in(address, r); });
}

bool is_public_v6(const ip_address& address) {
  const auto tail_is_public = [&] { return is_public_v4(v4_at(address, 12)); };
  // ::/96 is IPv4-compatible; :: and ::1 fall in it and embed 0.0.0.0 and 0.0.0.1, which are
  // closed.
  if (is_mapped(address) || is_translated(address) || all_zero(address, 0, 12) ||
      in(address, nat64))
    return tail_is_public();
  // 64:ff9b:1::/48 (local NAT64) lies outside: each network embeds the IPv4 address at another
  // offset, so all of it stays closed.
  if (!in(address, global_unicast)) return false;
  if (is_isatap(address) && !tail_is_public()) return false;
  if (in(address, six_to_four)) return is_public_v4(v4_at(address, 2));
  if (in(address, teredo))
    return is_public_v4(v4_at(address, 4)) &&
           is_public_v4(v4_at(address, 12, 0xff));  // server, and client inverted
  return std::none_of(std::begin(closed_v6), std::end(closed_v6),
                      [&](const range& r) { return in(address, r); });
}

}  // namespace

bool cidr::contains(const ip_address& address) const {
  if (address.v6 == base.v6) return same_prefix(address, base, prefix);
  return is_mapped(address) && same_prefix(v4_at(address, 12), base, prefix);
}

std::variant<cidr, std::string> parse_cidr(std::string_view text) {
  const auto quoted = "'" + std::string{text} + "'";
  const auto slash = text.find('/');
  const auto address = parse_address(text.substr(0, slash));
  if (!address) return "'" + std::string{text.substr(0, slash)} + "' is not an address";
  cidr result{*address, address->v6 ? 128 : 32};
  if (slash != std::string_view::npos) {
    const auto digits = text.substr(slash + 1);
    int bits = -1;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), bits);
    const bool number =
        error == std::errc{} && end == digits.data() + digits.size() && digits.front() != '-';
    if (!number || bits > result.prefix)
      return quoted + " needs a prefix of 0 to " + std::to_string(result.prefix) + " bits";
    result.prefix = bits;
  }
  if (is_mapped(result.base) && result.prefix >= 96)
    result = {v4_at(result.base, 12), result.prefix - 96};
  for (int bit = result.prefix; bit < (result.base.v6 ? 128 : 32); ++bit) {
    if ((result.base.bytes[static_cast<std::size_t>(bit / 8)] >> (7 - bit % 8)) & 1)
      return quoted + " has bits set beyond its prefix";
  }
  return result;
}

std::vector<cidr> opened_ranges(const std::vector<std::string>& texts) {
  std::vector<cidr> ranges;
  for (const auto& text : texts) {
    auto parsed = parse_cidr(text);
    if (const auto* error = std::get_if<std::string>(&parsed)) throw std::runtime_error(*error);
    ranges.push_back(std::get<cidr>(parsed));
  }
  return ranges;
}

bool is_public(const ip_address& address) {
  return address.v6 ? is_public_v6(address) : is_public_v4(address);
}

bool address_guard::permits(const ip_address& address) const {
  return is_public(address) || std::any_of(opened_.begin(), opened_.end(), [&](const cidr& range) {
           return range.contains(address);
         });
}

}  // namespace retail_pulse::fetch
