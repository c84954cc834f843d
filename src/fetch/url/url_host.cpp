#include "fetch/url/url_host.hpp"

#include <algorithm>
#include <array>
#include <optional>
#include <vector>

#include "core/text.hpp"
#include "fetch/url/domain.hpp"
#include "fetch/url/ip_address.hpp"

namespace retail_pulse::fetch {
namespace {

constexpr std::size_t label_bytes = 63;  // RFC 1035
constexpr const char* no_host = "it has no host";

std::vector<std::string_view> labels_of(std::string_view domain) {
  std::vector<std::string_view> labels;
  std::size_t start = 0;
  for (std::size_t dot = domain.find('.'); dot != std::string_view::npos;
       dot = domain.find('.', start)) {
    labels.push_back(domain.substr(start, dot - start));
    start = dot + 1;
  }
  labels.push_back(domain.substr(start));
  return labels;
}

/// One part of an IPv4 address: decimal, octal (0...) or hex (0x...). Values beyond 32 bits are
/// returned as 2^32. Nothing: not a number.
std::optional<std::uint64_t> ipv4_number(std::string_view part) {
  if (part.empty()) return std::nullopt;
  int radix = 10;
  if (part.size() >= 2 && part[0] == '0' && (part[1] == 'x' || part[1] == 'X')) {
    radix = 16;
    part.remove_prefix(2);
  } else if (part.size() >= 2 && part[0] == '0') {
    radix = 8;
    part.remove_prefix(1);
  }
  constexpr std::uint64_t too_big = std::uint64_t{1} << 32;
  std::uint64_t value = 0;
  for (const char c : part) {
    const int digit = hex_digit(c);
    if (digit < 0 || digit >= radix) return std::nullopt;
    value = std::min(too_big,
                     value * static_cast<std::uint64_t>(radix) + static_cast<std::uint64_t>(digit));
  }
  return value;
}

/// Whether the WHATWG parser treats the host as an IPv4 address, valid or not: its last label is a
/// number.
bool ends_in_number(std::string_view domain) {
  if (domain.ends_with('.')) domain.remove_suffix(1);
  const auto last = domain.substr(domain.rfind('.') + 1);
  const bool all_digits = !last.empty() && std::all_of(last.begin(), last.end(),
                                                       [](char c) { return c >= '0' && c <= '9'; });
  return all_digits || ipv4_number(last).has_value();
}

std::optional<std::string> ipv4_in_dotted_decimal(std::string_view domain) {
  auto labels = labels_of(domain);
  if (labels.back().empty() && labels.size() > 1) labels.pop_back();
  if (labels.size() > 4) return std::nullopt;
  std::uint64_t address = 0;
  for (std::size_t i = 0; i < labels.size(); ++i) {
    const auto number = ipv4_number(labels[i]);
    if (!number) return std::nullopt;
    if (i + 1 < labels.size()) {
      if (*number > 255) return std::nullopt;
      address |= *number << (8 * (3 - i));
    } else {
      if (*number >= std::uint64_t{1} << (8 * (5 - labels.size())))
        return std::nullopt;  // the last part fills the rest
      address |= *number;
    }
  }
  ip_address v4;
  for (int i = 0; i < 4; ++i)
    v4.bytes[static_cast<std::size_t>(i)] = static_cast<std::uint8_t>(address >> (8 * (3 - i)));
  return v4.text();
}

bool dns_can_hold(std::string_view domain) {
  if (domain.ends_with('.')) domain.remove_suffix(1);
  if (domain.empty() || domain.size() > dns_name_bytes) return false;
  for (std::size_t start = 0; start <= domain.size();) {
    const auto end = std::min(domain.find('.', start), domain.size());
    if (end == start || end - start > label_bytes) return false;
    start = end + 1;
  }
  return true;
}

}  // namespace

std::variant<url_host, url_error> parse_host(std::string_view text) {
  if (text.empty()) return url_error{no_host};
  if (text.front() == '[') {
    if (text.back() != ']') return url_error{"the IPv6 address in it is not closed by a bracket"};
    const auto address = parse_address(text.substr(1, text.size() - 2));
    if (!address || !address->v6) return url_error{"the IPv6 address in it is malformed"};
    return url_host{address->text(), true};
  }
  if (const auto v4 = parse_address(text); v4 && !v4->v6)
    return url_host{v4->text(), true};  // already canonical, as nearly always
  const auto decoded = percent_decoded(text);
  if (!decoded) return url_error{forbidden_in_host};
  auto mapped = domain_to_ascii(*decoded);
  if (auto* error = std::get_if<url_error>(&mapped)) return std::move(*error);
  auto& domain = std::get<std::string>(mapped);
  if (domain.empty()) return url_error{no_host};
  if (ends_in_number(domain)) {
    auto v4 = ipv4_in_dotted_decimal(domain);
    if (!v4) return url_error{"the IPv4 address in it is malformed"};
    return url_host{std::move(*v4), true};
  }
  if (!dns_can_hold(domain)) return url_error{no_dns_name};
  return url_host{std::move(domain), false};
}

bool is_bad_port(std::uint16_t port) {
  // The Fetch standard, "port blocking". Sorted.
  static constexpr std::array<std::uint16_t, 83> bad_ports{
      0,    1,    7,    9,    11,   13,   15,   17,   19,   20,   21,   22,   23,   25,
      37,   42,   43,   53,   69,   77,   79,   87,   95,   101,  102,  103,  104,  109,
      110,  111,  113,  115,  117,  119,  123,  135,  137,  139,  143,  161,  179,  389,
      427,  465,  512,  513,  514,  515,  526,  530,  531,  532,  540,  548,  554,  556,
      563,  587,  601,  636,  989,  990,  993,  995,  1719, 1720, 1723, 2049, 3659, 4045,
      4190, 5060, 5061, 6000, 6566, 6665, 6666, 6667, 6668, 6669, 6679, 6697, 10080};
  static_assert(std::is_sorted(bad_ports.begin(), bad_ports.end()));
  return std::binary_search(bad_ports.begin(), bad_ports.end(), port);
}

}  // namespace retail_pulse::fetch
