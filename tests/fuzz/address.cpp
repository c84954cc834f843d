// address: the input as the text of an address and of a range, and its first 17 bytes as an IPv6
// address (the first four of them as an IPv4 address, too) and a prefix.
// - Address and text lead to each other, and a range holds exactly the addresses that share its
// bits.
// - Every spelling of an IPv4 address is judged as the address itself, and no form that carries a
// closed one is ever let through.
// - What an operator opens is open, and nothing else.
#include <algorithm>
#include <initializer_list>
#include <optional>
#include <string>
#include <variant>

#include "fetch/net/address_guard.hpp"
#include "property.hpp"

namespace retail_pulse::fuzz {
namespace {

using namespace fetch;

const address_guard nothing_opened{{}};

bool bit_of(const ip_address& address, int bit) {
  return (address.bytes[static_cast<std::size_t>(bit / 8)] >> (7 - bit % 8) & 1) != 0;
}

void check_address(const ip_address& address) {
  const auto again = parse_address(address.text());
  check(again.has_value() && *again == address, "the text of an address is that address");
  const auto place = unmapped(address);
  check(unmapped(place) == place, "one place has one name");
  check(is_public(place) == is_public(address), "a place is judged alike under all its names");
  check(nothing_opened.permits(address) == is_public(address),
        "without an opened range the public addresses are permitted");
  const int bits = address.v6 ? 128 : 32;
  const cidr itself{address, bits};
  check(itself.contains(address), "a range of one address holds it");
  check(address_guard{{itself}}.permits(address), "an opened address is permitted");
}

/// `first` and `rest` are byte for byte what stands before and behind the IPv4 address; what is
/// missing is taken from `filler`.
ip_address carrier(std::initializer_list<int> first, const ip_address& v4, const ip_address& filler,
                   std::uint8_t flip = 0) {
  ip_address made = filler;
  made.v6 = true;
  std::size_t at = 0;
  for (const int byte : first) made.bytes[at++] = static_cast<std::uint8_t>(byte);
  for (std::size_t i = 0; i < 4; ++i)
    made.bytes[at + i] = static_cast<std::uint8_t>(v4.bytes[i] ^ flip);
  return made;
}

void check_carriers(const ip_address& v4, const ip_address& filler) {
  const bool open = is_public(v4);
  const auto mapped = carrier({0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff}, v4, filler);
  check(unmapped(mapped) == v4, "a mapped address is its IPv4 address");
  for (const auto& spelling : {
           mapped, carrier({0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 0, 0}, v4, filler),  // translated
           carrier({0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0}, v4, filler),                // compatible
           carrier({0, 0x64, 0xff, 0x9b, 0, 0, 0, 0, 0, 0, 0, 0}, v4, filler),       // NAT64
       }) {
    check_address(spelling);
    check(is_public(spelling) == open, "a spelling of an IPv4 address is judged as the address");
  }
  if (open) return;
  auto isatap = carrier({0x20, 0x01, 0x0b, 0xb8, filler.bytes[0], filler.bytes[1], filler.bytes[2],
                         filler.bytes[3], filler.bytes[4] & 2, 0, 0x5e, 0xfe},
                        v4, filler);
  for (const auto& form : {
           carrier({0x20, 0x02}, v4, filler),        // 6to4
           carrier({0x20, 0x01, 0, 0}, v4, filler),  // Teredo, its server
           carrier({0x20, 0x01, 0, 0, 8, 8, 8, 8, 0, 0, 0, 0}, v4, filler,
                   0xff),  // Teredo, its client
           isatap,
       }) {
    check(!is_public(form) && !nothing_opened.permits(form),
          "a form that carries a closed IPv4 address is not permitted");
  }
}

void check_range(const cidr& range, const ip_address& other) {
  const int bits = range.base.v6 ? 128 : 32;
  check(range.prefix >= 0 && range.prefix <= bits, "a prefix is within the address");
  check(range.contains(range.base), "a range holds its base");
  for (int bit = range.prefix; bit < bits; ++bit)
    check(!bit_of(range.base, bit), "a base has no bits beyond the prefix");
  check(unmapped(range.base) == range.base || range.prefix < 96,
        "a range of mapped addresses is one of IPv4 addresses");
  const auto again = parse_cidr(range.base.text() + "/" + std::to_string(range.prefix));
  check(std::holds_alternative<cidr>(again) && std::get<cidr>(again) == range,
        "the text of a range is that range");

  const auto compared = range.base.v6 ? other : unmapped(other);
  bool shares = compared.v6 == range.base.v6;
  for (int bit = 0; shares && bit < range.prefix; ++bit)
    shares = bit_of(compared, bit) == bit_of(range.base, bit);
  check(range.contains(other) == shares, "a range holds what shares its prefix");
  check(address_guard{{range}}.permits(other) == (is_public(other) || shares),
        "public or opened is what is permitted");
}

void check_any(std::string_view text) {
  ip_address v6;
  v6.v6 = true;
  std::copy_n(text.begin(), std::min<std::size_t>(text.size(), 16), v6.bytes.begin());
  ip_address v4;
  std::copy_n(v6.bytes.begin(), 4, v4.bytes.begin());
  check_address(v6);
  check_address(v4);
  check_carriers(v4, v6);

  if (text.size() > 16) {
    const int prefix = static_cast<std::uint8_t>(text[16]) % 129;
    cidr range{v6, prefix};
    for (int bit = prefix; bit < 128; ++bit) {
      auto& byte = range.base.bytes[static_cast<std::size_t>(bit / 8)];
      byte = static_cast<std::uint8_t>(byte & ~(1 << (7 - bit % 8)));
    }
    check(range.contains(v6), "a range holds the address it was cut from");
  }
  if (const auto address = parse_address(text)) {
    check_address(*address);
    if (!address->v6)
      check(std::all_of(address->bytes.begin() + 4, address->bytes.end(),
                        [](auto b) { return b == 0; }),
            "IPv4 has 4 bytes");
    if (!address->v6) check_carriers(*address, v6);
  }
  const auto range = parse_cidr(text);
  if (const auto* accepted = std::get_if<cidr>(&range)) {
    check_range(*accepted, v6);
    check_range(*accepted, v4);
    check_range(*accepted, carrier({0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff}, v4, v6));
  } else {
    check(!std::get<std::string>(range).empty(), "a range is refused with a reason");
  }
}

}  // namespace
}  // namespace retail_pulse::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  retail_pulse::fuzz::check_any(retail_pulse::fuzz::as_text(data, size));
  return 0;
}
