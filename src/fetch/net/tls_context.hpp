#pragma once

#include <openssl/ssl.h>

#include <memory>
#include <mutex>
#include <string>

namespace retail_pulse::fetch {

/// Shared by all TLS connections: the CA store, loaded once, and the rules: TLS 1.2 or newer, the
/// peer's certificate always verified. Any thread may use it. A CA file is loaded in the
/// constructor, which throws std::runtime_error if that fails; the system's store (36 ms of CPU)
/// with the first session.
class tls_context {
 public:
  explicit tls_context(const std::string& ca_file);  ///< empty: the system's store

  struct free_session {
    void operator()(SSL* session) const { SSL_free(session); }
  };
  using session = std::unique_ptr<SSL, free_session>;

  /// A client session over a connected, non-blocking socket that accepts only a certificate for
  /// this host. Null if OpenSSL is out of memory.
  session new_session(int socket, const std::string& host, bool host_is_address) const;

 private:
  struct free_context {
    void operator()(SSL_CTX* context) const { SSL_CTX_free(context); }
  };
  std::unique_ptr<SSL_CTX, free_context> context_;
  const bool system_store_;
  mutable std::once_flag loaded_;
};

/// OpenSSL's message for the last failed call of this thread; clears the thread's error queue.
std::string last_tls_error();

}  // namespace retail_pulse::fetch
