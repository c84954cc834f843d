#pragma once

#include <string>
#include <string_view>
#include <variant>

#include "fetch/url.hpp"

namespace retail_pulse::fetch {

/// A host name as it is looked up, sent and compared: lower case ASCII, each label beyond ASCII as punycode ("xn--..."). `name` is UTF-8
/// without percent-encoding. Mapped as the URL standard's "domain to ASCII" does: UTS 46, non-transitional, without its length and hyphen
/// rules for labels that are ASCII anyway. Refused: text that is not UTF-8, labels UTS 46 does not allow, punycode that decodes to such a
/// label, and whatever ends with a code point that the standard forbids in a domain. What comes back may be empty, or an IPv4 address in
/// any spelling. Any thread.
std::variant<std::string, url_error> domain_to_ascii(std::string_view name);

}  // namespace retail_pulse::fetch
