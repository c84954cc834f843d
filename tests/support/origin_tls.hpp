#pragma once

#include <openssl/ssl.h>

#include <chrono>
#include <filesystem>
#include <memory>
#include <string>

namespace retail_pulse::test_support {

/// A certificate and its key, and how to serve TLS with them.
struct tls_identity {
  std::shared_ptr<X509> certificate;
  std::shared_ptr<EVP_PKEY> key;
  int highest_version = 0;  ///< TLS1_VERSION and so on; 0: the newest
  bool wants_client_certificate = false;
};

/// A certificate authority made for one test run. Its certificate lies in a temporary file until
/// the object ends.
class test_authority {
 public:
  test_authority();
  ~test_authority();
  test_authority(const test_authority&) = delete;
  test_authority& operator=(const test_authority&) = delete;

  std::string ca_file() const { return file_.string(); }
  /// A server certificate. `names` as in OpenSSL's configuration: "DNS:localhost,IP:127.0.0.1". It
  /// ends `valid_for` from now; a negative time makes one that has expired. It begins `valid_from`
  /// from now.
  tls_identity issue(const std::string& names,
                     std::chrono::seconds valid_for = std::chrono::hours{1},
                     std::chrono::seconds valid_from = std::chrono::hours{-2}) const;

 private:
  tls_identity root_;
  std::filesystem::path file_;
};

/// A certificate that vouches for itself.
tls_identity self_signed(const std::string& names);

}  // namespace retail_pulse::test_support
