#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace retail_pulse {

/// Whether the same request may get another response soon.
enum class another_attempt : std::uint8_t {
  is_useless,
  can_help,
  can_help_elsewhere,  ///< over a new connection; this one is not used again
};

struct http_status_info {
  int status;
  another_attempt again;
  std::string_view reason;
};

/// The statuses that have a reason of their own, in order. The unofficial ones are sent
/// by proxies and CDNs.
inline constexpr std::array http_status_table{
    http_status_info{408, another_attempt::can_help_elsewhere,
                     "RFC 9110, 15.5.9: it lost patience with a request sent at once"},
    http_status_info{421, another_attempt::can_help_elsewhere,
                     "RFC 9110, 15.5.20: not for this connection"},
    http_status_info{425, another_attempt::can_help, "RFC 8470, 5.2: too early, come again"},
    http_status_info{429, another_attempt::can_help,
                     "RFC 6585, 4: too many requests in a given time"},
    http_status_info{501, another_attempt::is_useless,
                     "RFC 9110, 15.6.2: cannot do it for any file"},
    http_status_info{502, another_attempt::can_help,
                     "RFC 9110, 15.6.3: a gateway got nonsense from the host behind it"},
    http_status_info{503, another_attempt::can_help,
                     "RFC 9110, 15.6.4: overload or maintenance, which ends"},
    http_status_info{504, another_attempt::can_help,
                     "RFC 9110, 15.6.5: a gateway got no answer in time"},
    http_status_info{505, another_attempt::is_useless,
                     "RFC 9110, 15.6.6: does not speak HTTP/1.1, and will not learn it"},
    http_status_info{506, another_attempt::is_useless, "RFC 2295, 8.1: a wrong configuration"},
    http_status_info{508, another_attempt::can_help,
                     "RFC 5842, 7.2 has a loop, but shared hosting an account at its limit"},
    http_status_info{510, another_attempt::is_useless,
                     "RFC 2774, 7: wants an extension that we do not have"},
    http_status_info{511, another_attempt::is_useless,
                     "RFC 6585, 6: somebody has to log in to the network"},
    http_status_info{521, another_attempt::can_help, "CDN: the host behind it refuses connections"},
    http_status_info{522, another_attempt::can_help,
                     "CDN: no connection to the host behind it in time"},
    http_status_info{523, another_attempt::can_help, "CDN: no route to the host behind it"},
    http_status_info{524, another_attempt::can_help,
                     "CDN: no answer from the host behind it in time"},
    http_status_info{526, another_attempt::is_useless,
                     "CDN: the certificate behind it is not trusted, as in tls_failed"},
    http_status_info{529, another_attempt::can_help, "overloaded, as 503"},
    http_status_info{598, another_attempt::can_help, "proxies: no answer in time, as 504"},
    http_status_info{599, another_attempt::can_help, "proxies: no connection in time, as 504"},
};

/// The row of a status, or else that of its class, by RFC 9110, section 15: an unknown 5xx counts
/// as 500.
constexpr http_status_info describe_status(int status) {
  for (const auto& row : http_status_table) {
    if (row.status == status) return row;
  }
  if (status >= 500 && status <= 599) {
    return {status, another_attempt::can_help,
            "RFC 9110, 15.6.1: something unexpected, often with one file alone"};
  }
  return {status, another_attempt::is_useless,
          "RFC 9110, 15: an answer about the request, which would be the same again"};
}

}  // namespace retail_pulse
