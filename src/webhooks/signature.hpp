#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/time.hpp"
#include "webhooks/poster.hpp"

namespace retail_pulse::webhooks {

/// The headers by which a receiver verifies sender and time, defined by Standard Webhooks:
/// webhook-id, webhook-timestamp (seconds) and webhook-signature, which is "v1," and the
/// HMAC-SHA256 of "id.timestamp.body" in base64. `key` is the decoded secret. Throws
/// std::runtime_error if OpenSSL gives no HMAC.
std::vector<header_line> signed_headers(std::string_view key, const std::string& id,
                                        unix_millis now, std::string_view body);

}  // namespace retail_pulse::webhooks
