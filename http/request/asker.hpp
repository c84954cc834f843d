#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "http/message.hpp"

/// Whether a request may come from where it comes from. A browser sends what any web page wants, with the reach of whoever sits before it:
/// to the loopback, and into a company's network. What betrays it are headers that pages cannot set, and programs need not send.
namespace retail_pulse::http {

struct asker_rules {
  /// Hosts that lead here besides those below: in lower case, IPv6 without brackets, none with a dot at the end.
  std::vector<std::string> own_names{};
  /// For a service whose requests prove who sends them: a page that has its own name lead here then still has no proof.
  bool any_name = false;
};

/// Why a request is not even brought to its route.
struct objection {
  int status = 403;
  std::string_view code;
  std::string sentence;
};

/// Nothing where the request may go on. Pure, any thread.
///
/// 403: a method that may change something, sent by a page of another site: Sec-Fetch-Site is neither `same-origin` nor `none` (W3C Fetch
/// Metadata; sent to https and to the loopback), or Origin (RFC 6454, 7) has another host or port than the request, as `null` has.
/// 421: the host that the request asks for is none that leads here. So no page can have the name of its own site lead here and then read
/// the answers as its own (DNS rebinding). Taken are addresses, `localhost`, names without a dot, names below `local`, `internal`,
/// `localhost`, `test` and `svc.cluster.local`, none of which can be registered in the public DNS, and `own_names`; case, port and a dot at the end do
/// not matter. A request that names no host, as HTTP/1.0 allows, comes from no browser.
std::optional<objection> objection_to_asker(const request& r, const asker_rules& rules);

/// The host that a target in absolute form names, with its port: RFC 9112, 3.2.2, has it count in place of Host. Nothing for other forms.
std::optional<std::string_view> authority_of(std::string_view target);

}  // namespace retail_pulse::http
