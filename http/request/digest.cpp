#include "http/request/digest.hpp"

#include <openssl/evp.h>

#include <stdexcept>

#include "core/text.hpp"

namespace retail_pulse::http {

std::string sha256_of(std::string_view text) {
  unsigned char sum[EVP_MAX_MD_SIZE];
  unsigned int size = 0;
  if (EVP_Digest(text.data(), text.size(), sum, &size, EVP_sha256(), nullptr) != 1) throw std::runtime_error{"OpenSSL gives no SHA-256"};
  return hex({sum, size});
}

}  // namespace retail_pulse::http
