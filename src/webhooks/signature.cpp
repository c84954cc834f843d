#include "webhooks/signature.hpp"

#include <chrono>

#include "crypto/base64.hpp"
#include "crypto/sha256.hpp"

namespace retail_pulse::webhooks {

std::vector<header_line> signed_headers(std::string_view key, const std::string& id,
                                        unix_millis now, std::string_view body) {
  const auto timestamp =
      std::to_string(std::chrono::duration_cast<std::chrono::seconds>(now).count());
  std::string text = id + '.' + timestamp + '.';
  text += body;
  const auto digest = crypto::hmac_sha256(key, text);
  const std::string_view signature{reinterpret_cast<const char*>(digest.data()), digest.size()};
  return {{"webhook-id", id},
          {"webhook-timestamp", timestamp},
          {"webhook-signature", "v1," + crypto::to_base64(signature)}};
}

}  // namespace retail_pulse::webhooks
