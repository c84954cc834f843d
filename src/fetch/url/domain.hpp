#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <variant>

#include "fetch/url/url.hpp"

namespace retail_pulse::fetch {

inline constexpr std::size_t dns_name_bytes =
    253;  ///< RFC 1035: 255 octets on the wire, two of them framing; without the final dot
inline constexpr const char* forbidden_in_host = "its host has a character that is not allowed";
inline constexpr const char* no_dns_name = "its host is not a name that DNS can hold";

/// A host name as it is looked up, sent and compared: lower case ASCII, each label beyond ASCII as
/// punycode ("xn--..."). `name` is UTF-8 without percent-encoding. This is the URL standard's
/// "domain to ASCII": UTS 46, non-transitional, without its length and hyphen rules for labels that
/// are ASCII anyway. Errors: text that is not UTF-8, labels that UTS 46 does not allow, punycode
/// that decodes to such a label, a result with a code point that the standard forbids in a domain,
/// and a name beyond ASCII that becomes too long for DNS. The result may be empty, or an IPv4
/// address in any spelling. Any thread.
std::variant<std::string, url_error> domain_to_ascii(std::string_view name);

}  // namespace retail_pulse::fetch
