#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "http/message.hpp"

/// Rejects requests that a web page of another site makes its visitor's browser send: to the
/// loopback, or into a company's network. They are recognised by headers that pages cannot set, and
/// that programs need not send.
namespace retail_pulse::http {

struct asker_rules {
  /// Names of this service besides those below: in lower case, IPv6 without brackets, without a dot
  /// at the end.
  std::vector<std::string> own_names{};
  /// Accepts any host: for a service whose requests are authenticated, which a page of another site
  /// cannot do.
  bool any_name = false;
};

/// nullopt when the request may go on to its route. Pure, any thread.
///
/// 403: a method that may change something, sent by a page of another site: Sec-Fetch-Site is
/// neither `same-origin` nor `none` (W3C Fetch Metadata; sent to https and to the loopback), or
/// Origin (RFC 6454, 7) has another host or port than the request, as `null` has. 421: the
/// request's host is not a name of this service. So no page can let the name of its own site lead
/// here and read the responses as its own (DNS rebinding). Accepted are addresses, `localhost`,
/// names without a dot, names below `local`, `internal`, `localhost`, `test` and
/// `svc.cluster.local`, none of which can be registered in the public DNS, and `own_names`; case,
/// port and a dot at the end do not matter. A request without a host, as HTTP/1.0 allows, does not
/// come from a browser.
std::optional<rejection> rejection_of_asker(const request& r, const asker_rules& rules);

/// The host and port in a target in absolute form, which replace those of Host (RFC 9112, 3.2.2).
/// nullopt for other forms.
std::optional<std::string_view> authority_of(std::string_view target);

}  // namespace retail_pulse::http
