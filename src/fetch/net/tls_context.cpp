#include "fetch/net/tls_context.hpp"

#include <openssl/err.h>
#include <openssl/x509v3.h>

#include <stdexcept>

namespace retail_pulse::fetch {

std::string last_tls_error() {
  const auto code = ERR_peek_last_error();
  const char* reason = ERR_reason_error_string(code);
  std::string text = reason != nullptr ? reason : "the connection broke";
  ERR_clear_error();
  return text;
}

tls_context::tls_context(const std::string& ca_file)
    : context_(SSL_CTX_new(TLS_client_method())), system_store_(ca_file.empty()) {
  if (!context_ || SSL_CTX_set_min_proto_version(context_.get(), TLS1_2_VERSION) != 1)
    throw std::runtime_error("TLS: " + last_tls_error());
  SSL_CTX_set_verify(context_.get(), SSL_VERIFY_PEER, nullptr);
  // Many servers close without close_notify. Whether a file is whole is decided by its length and
  // its end mark, not by that.
  SSL_CTX_set_options(context_.get(), SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION |
                                          SSL_OP_IGNORE_UNEXPECTED_EOF);
  SSL_CTX_set_mode(context_.get(), SSL_MODE_ENABLE_PARTIAL_WRITE |
                                       SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER |
                                       SSL_MODE_RELEASE_BUFFERS);
  if (system_store_ || SSL_CTX_load_verify_file(context_.get(), ca_file.c_str()) == 1) return;
  throw std::runtime_error("the CA file '" + ca_file + "' cannot be loaded: " + last_tls_error());
}

tls_context::session tls_context::new_session(int socket, const std::string& host,
                                              bool host_is_address) const {
  // On a machine without a store every certificate is rejected.
  if (system_store_)
    std::call_once(loaded_, [this] { SSL_CTX_set_default_verify_paths(context_.get()); });
  session made{SSL_new(context_.get())};
  if (!made || SSL_set_fd(made.get(), socket) != 1) return nullptr;
  if (host_is_address) {
    if (X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(made.get()), host.c_str()) != 1)
      return nullptr;
  } else {
    const std::string name = host.ends_with('.') ? host.substr(0, host.size() - 1)
                                                 : host;  // certificates have no final dot
    SSL_set_hostflags(made.get(), X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
    if (SSL_set1_host(made.get(), name.c_str()) != 1 ||
        SSL_set_tlsext_host_name(made.get(), name.c_str()) != 1)
      return nullptr;
  }
  SSL_set_connect_state(made.get());
  return made;
}

}  // namespace retail_pulse::fetch
