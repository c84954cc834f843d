#include "tests/support/origin_tls.hpp"

#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <unistd.h>

#include <atomic>
#include <cstdio>
#include <stdexcept>

namespace retail_pulse::test_support {
namespace {

void check(bool works, const char* what) {
  if (!works) throw std::runtime_error(std::string{"test certificate: "} + what);
}

void add_extension(X509* certificate, X509* issuer, int kind, const std::string& value) {
  X509V3_CTX context;
  X509V3_set_ctx_nodb(&context);
  X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
  X509_EXTENSION* extension = X509V3_EXT_conf_nid(nullptr, &context, kind, value.c_str());
  check(extension != nullptr, value.c_str());
  X509_add_ext(certificate, extension, -1);
  X509_EXTENSION_free(extension);
}

/// `issuer` none: self-signed.
tls_identity make(const std::string& common_name, const std::string& names, bool authority,
                  const tls_identity* issuer, std::chrono::seconds valid_for,
                  std::chrono::seconds valid_from = std::chrono::hours{-2}) {
  static std::atomic<long> serial = 1;
  tls_identity made{{X509_new(), X509_free}, {EVP_EC_gen("P-256"), EVP_PKEY_free}, 0, false};
  check(made.certificate && made.key, "out of memory");
  X509* certificate = made.certificate.get();
  X509_set_version(certificate, X509_VERSION_3);
  ASN1_INTEGER_set(X509_get_serialNumber(certificate), serial++);
  X509_gmtime_adj(X509_getm_notBefore(certificate), static_cast<long>(valid_from.count()));
  X509_gmtime_adj(X509_getm_notAfter(certificate), static_cast<long>(valid_for.count()));
  X509_set_pubkey(certificate, made.key.get());
  X509_NAME_add_entry_by_txt(X509_get_subject_name(certificate), "CN", MBSTRING_ASC,
                             reinterpret_cast<const unsigned char*>(common_name.c_str()), -1, -1,
                             0);
  const tls_identity& by = issuer != nullptr ? *issuer : made;
  X509_set_issuer_name(certificate, X509_get_subject_name(by.certificate.get()));
  add_extension(certificate, by.certificate.get(), NID_basic_constraints,
                authority ? "critical,CA:TRUE" : "critical,CA:FALSE");
  if (!names.empty()) add_extension(certificate, by.certificate.get(), NID_subject_alt_name, names);
  check(X509_sign(certificate, by.key.get(), EVP_sha256()) > 0, "signing");
  return made;
}

}  // namespace

test_authority::test_authority()
    : root_(make("Test authority", "", true, nullptr, std::chrono::hours{1})) {
  std::string path = (std::filesystem::temp_directory_path() / "test-authority-XXXXXX").string();
  const int fd = mkstemp(path.data());
  check(fd >= 0, "no temporary file");
  file_ = path;
  std::FILE* file = fdopen(fd, "w");
  PEM_write_X509(file, root_.certificate.get());
  std::fclose(file);
}

test_authority::~test_authority() {
  std::error_code ignored;  // a file left in the temporary folder harms nobody
  std::filesystem::remove(file_, ignored);
}

tls_identity test_authority::issue(const std::string& names, std::chrono::seconds valid_for,
                                   std::chrono::seconds valid_from) const {
  return make("test server", names, false, &root_, valid_for, valid_from);
}

tls_identity self_signed(const std::string& names) {
  return make("self", names, false, nullptr, std::chrono::hours{1});
}

}  // namespace retail_pulse::test_support
