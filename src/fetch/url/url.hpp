// url: URLs, host names and IP addresses, parsed as browsers parse them.
// May use: src/core, libidn2.
// Never: looks a name up, or decides whether an address may be fetched from.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>

namespace retail_pulse::fetch {

/// An absolute http or https URL in canonical form. Only parse_url and parse_location make one.
struct url {
  bool tls = false;  ///< https
  /// Lower case ASCII, Unicode as punycode; an IPv6 literal without brackets; an IPv4 literal in
  /// dotted decimal, however it was written.
  std::string host;
  bool host_is_address = false;
  std::uint16_t port = 80;
  std::string target;  ///< path and query as sent to the server, starts with '/', percent-encoded
                       ///< ASCII; no fragment

  /// "https://example.com:443": scheme, host and port, always with the port. The key of limits per
  /// origin.
  std::string origin() const;
  /// "example.com" or "[::1]:8080": the Host header; the port only where it is not the scheme's
  /// own.
  std::string authority() const;
  /// The whole URL in canonical form.
  std::string text() const;
  /// The URL for logs: without query and fragment.
  std::string for_log() const;

  bool operator==(const url&) const = default;
};

struct url_error {
  /// A short clause about the URL ("it has no host") that quotes nothing of it but a port; see
  /// image_result::reason.
  std::string reason;
};

/// Parses by the WHATWG URL standard's rules for http(s): case, default ports, names in Unicode,
/// IPv4 in decimal, octal, hex and short forms, IPv6, percent-encoding of what is not allowed raw,
/// dot segments, backslashes as slashes, blanks and controls around the text dropped, tabs and line
/// ends dropped anywhere. Errors: other schemes, relative URLs, user info (even empty), an empty
/// host, names that DNS cannot hold, ports on the Fetch standard's bad-port list, names that are
/// invalid in Unicode or punycode (see domain.hpp), text over limits::url_bytes.
std::variant<url, url_error> parse_url(std::string_view text);

/// Resolves a `Location` header against the URL it came from. Same rules, same errors.
std::variant<url, url_error> parse_location(const url& base, std::string_view location);

/// A `Location` that could not be parsed, in a form that can be logged and stored: printable ASCII,
/// at most 256 bytes, without user info, query and fragment. May be empty.
std::string loggable_location(std::string_view location);

}  // namespace retail_pulse::fetch
