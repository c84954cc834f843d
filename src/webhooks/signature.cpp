#include "webhooks/signature.hpp"

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <stdexcept>

#include "core/base64.hpp"

namespace retail_pulse::fetch {

std::vector<header_line> webhook_headers(std::string_view key, const std::string& id, unix_millis now, std::string_view body) {
  const auto timestamp = std::to_string(std::chrono::duration_cast<std::chrono::seconds>(now).count());
  std::string text = id + '.' + timestamp + '.';
  text += body;
  unsigned char sum[EVP_MAX_MD_SIZE];
  unsigned int size = 0;
  const auto* signed_text = reinterpret_cast<const unsigned char*>(text.data());
  if (HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()), signed_text, text.size(), sum, &size) == nullptr) {
    throw std::runtime_error("OpenSSL gives no HMAC with SHA-256");
  }
  const std::string_view signature{reinterpret_cast<const char*>(sum), size};
  return {{"webhook-id", id}, {"webhook-timestamp", timestamp}, {"webhook-signature", "v1," + to_base64(signature)}};
}

}  // namespace retail_pulse::fetch
