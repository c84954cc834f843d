#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/time.hpp"
#include "webhooks/poster.hpp"

namespace retail_pulse::fetch {

/// The headers that prove who sent a message, and when, as Standard Webhooks has them: webhook-id, webhook-timestamp (seconds) and
/// webhook-signature, "v1," and the HMAC-SHA256 of "id.timestamp.body" in base64. `key` is the secret itself, not its text form.
/// Throws std::runtime_error when OpenSSL gives no HMAC.
std::vector<header_line> webhook_headers(std::string_view key, const std::string& id, unix_millis now, std::string_view body);

}  // namespace retail_pulse::fetch
