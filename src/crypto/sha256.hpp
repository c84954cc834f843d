// crypto: SHA-256, HMAC and base64, a few lines over OpenSSL.
// May use: OpenSSL's libcrypto.
// Never: TLS (see src/fetch/net), or an algorithm of its own.
#pragma once

#include <array>
#include <cstddef>
#include <memory>
#include <span>
#include <string_view>

namespace retail_pulse::crypto {

using sha256_digest = std::array<unsigned char, 32>;

/// Each throws std::runtime_error if OpenSSL has no memory, or a policy of the system forbids the
/// algorithm.
sha256_digest sha256(std::string_view text);
sha256_digest hmac_sha256(std::string_view key, std::string_view text);

/// SHA-256 of data that arrives in pieces. Throws as `sha256`.
class sha256_stream {
 public:
  sha256_stream();
  ~sha256_stream();
  sha256_stream(const sha256_stream&) = delete;
  sha256_stream& operator=(const sha256_stream&) = delete;

  void add(std::span<const std::byte> bytes);
  void add(std::string_view text) { add(std::as_bytes(std::span{text})); }
  sha256_digest end();  ///< the last call

 private:
  class context;
  std::unique_ptr<context> context_;
};

}  // namespace retail_pulse::crypto
