// url: `parse_url` on a text, and `parse_location` on what follows its first line.
// - What is accepted is canonical: parsing its text again, alone or against any base, gives the
// same URL.
// - Host, port and target hold nothing but what may be sent: no user info, controls, blanks,
// fragments, dot segments, blocked ports.
// - A host that is an address is one in its canonical spelling; one that is not is no address in
// any.
// - What is kept of a refused location holds no user info, query or fragment.
#include "fetch/url/url.hpp"

#include <algorithm>
#include <string>
#include <variant>

#include "core/limits.hpp"
#include "core/text.hpp"
#include "fetch/net/address_guard.hpp"
#include "fetch/url/url_host.hpp"
#include "property.hpp"

namespace retail_pulse::fuzz {
namespace {

using namespace fetch;

bool holds_any(std::string_view text, std::string_view characters) {
  return text.find_first_of(characters) != std::string_view::npos;
}

bool is_visible_ascii(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c > 0x20 && c < 0x7f; });
}

void check_host(const url& u) {
  check(!u.host.empty() && is_visible_ascii(u.host), "a host is visible ASCII");
  check(u.host == lower(u.host), "a host is in lower case");
  const auto address = parse_address(u.host);
  check(address.has_value() == u.host_is_address, "a host is an address exactly when it says so");
  if (address) {
    check(address->text() == u.host, "an address is written in its canonical form");
  } else {
    check(!holds_any(u.host, "#/:<>?@[\\]^|%"), "a name holds no forbidden character");
    check(u.host.size() <= 254 && u.host.front() != '.' && u.host.find("..") == std::string::npos,
          "DNS can hold a name");
  }
  const auto again = parse_host(address && address->v6 ? '[' + u.host + ']' : u.host);
  check(std::holds_alternative<url_host>(again), "a host is accepted again");
  check(std::get<url_host>(again).text == u.host &&
            std::get<url_host>(again).is_address == u.host_is_address,
        "a host stays as it is");
}

void check_target(std::string_view target) {
  check(target.starts_with('/') && is_visible_ascii(target), "a target is a path of visible ASCII");
  check(!holds_any(target, "\"#<>"), "a target holds nothing that is always percent-encoded");
  const auto path = target.substr(0, target.find('?'));
  check(!holds_any(path, "\\^`{}"),
        "a path holds no backslash and nothing that is percent-encoded there");
  for (std::size_t start = 1; start <= path.size();) {
    const auto end = std::min(path.find('/', start), path.size());
    auto segment = lower(path.substr(start, end - start));
    for (auto dot = segment.find("%2e"); dot != std::string::npos; dot = segment.find("%2e"))
      segment.replace(dot, 3, ".");
    check(segment != "." && segment != "..", "a path holds no dot segment");
    start = end + 1;
  }
}

void check_accepted(const url& u) {
  check_host(u);
  check(!is_bad_port(u.port), "a port is not on the list of blocked ones");
  check_target(u.target);
  check(u.text() == (u.tls ? "https://" : "http://") + u.authority() + u.target,
        "a URL is scheme, authority and target");
  check(!holds_any(u.authority(), "@/?#\\"), "an authority is host and port");
  check(!holds_any(u.for_log(), "?#"), "logs show no query");

  const std::string text = u.text();
  if (text.size() > limits::url_bytes)
    return;  // percent-encoding made it longer than what is accepted
  const auto again = parse_url(text);
  check(std::holds_alternative<url>(again), "the canonical text is accepted");
  check(std::get<url>(again) == u, "the canonical text is the same URL");
  const auto origin = parse_url(u.origin());
  check(std::holds_alternative<url>(origin) && std::get<url>(origin).origin() == u.origin(),
        "the origin is a URL of the same origin");
}

void check_located(const url& base, std::string_view location) {
  const auto kept = loggable_location(location);
  check(kept.size() <= 256 && is_visible_ascii(kept) && !holds_any(kept, "?#@"),
        "a refused location is short and clean");

  const auto unmoved = parse_location(base, "");
  check(std::holds_alternative<url>(unmoved) && std::get<url>(unmoved) == base,
        "an empty location is the URL it came from");
  const auto found = parse_location(base, location);
  if (const auto* error = std::get_if<url_error>(&found)) {
    check(!error->reason.empty(), "a location is refused with a reason");
    return;
  }
  const auto& target = std::get<url>(found);
  check_accepted(target);
  if (target.text().size() > limits::url_bytes) return;
  const auto direct = parse_location(base, target.text());
  check(std::holds_alternative<url>(direct) && std::get<url>(direct) == target,
        "an absolute location does not depend on its base");
}

void check_any(std::string_view text) {
  const auto whole = parse_url(text);
  if (const auto* accepted = std::get_if<url>(&whole)) {
    check_accepted(*accepted);
  } else {
    check(!std::get<url_error>(whole).reason.empty(), "a URL is refused with a reason");
  }
  const auto line_end = text.find('\n');
  if (line_end == std::string_view::npos) return;
  const auto base = parse_url(text.substr(0, line_end));
  if (const auto* accepted = std::get_if<url>(&base))
    check_located(*accepted, text.substr(line_end + 1));
}

}  // namespace
}  // namespace retail_pulse::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  retail_pulse::fuzz::check_any(retail_pulse::fuzz::as_text(data, size));
  return 0;
}
