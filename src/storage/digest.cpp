#include "storage/digest.hpp"

#include <openssl/evp.h>

#include "core/text.hpp"
#include "storage/repository.hpp"

namespace retail_pulse::storage {

class text_digest::implementation {
 public:
  implementation() { demand(context && EVP_DigestInit_ex(context.get(), EVP_sha256(), nullptr) == 1); }

  /// An OpenSSL that is told to allow no SHA-256, or has no memory.
  static void demand(bool fine) {
    if (!fine) throw storage_error{storage_error::kind::other, "OpenSSL gives no SHA-256"};
  }

  struct free_context {
    void operator()(EVP_MD_CTX* freed) const { EVP_MD_CTX_free(freed); }
  };
  std::unique_ptr<EVP_MD_CTX, free_context> context{EVP_MD_CTX_new()};
};

text_digest::text_digest() : implementation_{std::make_unique<implementation>()} {}
text_digest::~text_digest() = default;

void text_digest::add(std::string_view text) {
  implementation::demand(EVP_DigestUpdate(implementation_->context.get(), text.data(), text.size()) == 1);
}

std::string text_digest::end() {
  unsigned char sum[EVP_MAX_MD_SIZE];
  unsigned int size = 0;
  implementation::demand(EVP_DigestFinal_ex(implementation_->context.get(), sum, &size) == 1);
  return "sha256:" + hex({sum, size});
}

}  // namespace retail_pulse::storage
