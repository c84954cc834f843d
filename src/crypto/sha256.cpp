#include "crypto/sha256.hpp"

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <stdexcept>

namespace retail_pulse::crypto {
namespace {

void demand(bool fine) {
  if (!fine) throw std::runtime_error("OpenSSL gives no SHA-256");
}

}  // namespace

sha256_digest sha256(std::string_view text) {
  sha256_digest digest;
  demand(EVP_Digest(text.data(), text.size(), digest.data(), nullptr, EVP_sha256(), nullptr) == 1);
  return digest;
}

sha256_digest hmac_sha256(std::string_view key, std::string_view text) {
  sha256_digest digest;
  const auto* bytes = reinterpret_cast<const unsigned char*>(text.data());
  const auto key_bytes = static_cast<int>(key.size());
  demand(HMAC(EVP_sha256(), key.data(), key_bytes, bytes, text.size(), digest.data(), nullptr) !=
         nullptr);
  return digest;
}

class sha256_stream::context {
 public:
  context() { demand(state && EVP_DigestInit_ex(state.get(), EVP_sha256(), nullptr) == 1); }

  struct free_state {
    void operator()(EVP_MD_CTX* freed) const { EVP_MD_CTX_free(freed); }
  };
  std::unique_ptr<EVP_MD_CTX, free_state> state{EVP_MD_CTX_new()};
};

sha256_stream::sha256_stream() : context_{std::make_unique<context>()} {}
sha256_stream::~sha256_stream() = default;

void sha256_stream::add(std::span<const std::byte> bytes) {
  demand(EVP_DigestUpdate(context_->state.get(), bytes.data(), bytes.size()) == 1);
}

sha256_digest sha256_stream::end() {
  sha256_digest digest;
  demand(EVP_DigestFinal_ex(context_->state.get(), digest.data(), nullptr) == 1);
  return digest;
}

}  // namespace retail_pulse::crypto
