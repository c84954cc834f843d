#include <openssl/ssl.h>

#include "tests/hostile/cases.hpp"

namespace retail_pulse::hostile {
namespace {

using test_support::test_authority;
using test_support::tls_identity;

constexpr auto own_names = "DNS:localhost,IP:127.0.0.1";

hostile_case certified(std::string name, error_code expected,
                       std::function<tls_identity(const test_authority&)> tls,
                       origin::script run = test_support::serving(http_response(200, picture()))) {
  return {.name = "tls: " + std::move(name),
          .expected = expected,
          .run = std::move(run),
          .tls = std::move(tls),
          .url = "https://127.0.0.1:{port}/"};
}

tls_identity good(const test_authority& authority) { return authority.issue(own_names); }

tls_identity limited_to(const test_authority& authority, int version) {
  auto identity = good(authority);
  identity.highest_version = version;
  return identity;
}

/// Speaks whatever it speaks, but no TLS.
hostile_case unencrypted(std::string name, error_code expected, origin::script run,
                         std::chrono::milliseconds deadline = ample_deadline) {
  return {.name = "tls: " + std::move(name),
          .expected = expected,
          .run = std::move(run),
          .url = "https://127.0.0.1:{port}/",
          .deadline = deadline};
}

/// The start of a handshake record that announces 16 KiB: a ServerHello that never ends.
const char* const endless_hello = "\x16\x03\x03\x40\x00\x02\x00\x3f\xfc";

}  // namespace

cases tls_cases() {
  using enum error_code;
  cases all{
      certified("in order", none, good),
      certified("certificate expired", tls_failed,
                [](const test_authority& by) { return by.issue(own_names, -1h); }),
      certified("certificate not yet valid", tls_failed,
                [](const test_authority& by) { return by.issue(own_names, 48h, 24h); }),
      certified("certificate signed by itself", tls_failed,
                [](const test_authority&) {
                  return test_support::self_signed("DNS:localhost,IP:127.0.0.1");
                }),
      certified("certificate of another host", tls_failed,
                [](const test_authority& by) { return by.issue("DNS:other.test,IP:127.0.0.2"); }),
      certified("certificate of another authority", tls_failed,
                [](const test_authority&) {
                  return test_authority{}.issue("DNS:localhost,IP:127.0.0.1");
                }),
      certified("certificate of no host", tls_failed,
                [](const test_authority& by) { return by.issue(""); }),
      certified("TLS 1.0 only", tls_failed,
                [](const test_authority& by) { return limited_to(by, TLS1_VERSION); }),
      certified("TLS 1.1 only", tls_failed,
                [](const test_authority& by) { return limited_to(by, TLS1_1_VERSION); }),
      certified("TLS 1.2 only", none,
                [](const test_authority& by) { return limited_to(by, TLS1_2_VERSION); }),
      certified("wants a certificate of ours", tls_failed,
                [](const test_authority& by) {
                  auto identity = limited_to(by, TLS1_2_VERSION);
                  identity.wants_client_certificate = true;
                  return identity;
                }),
      certified("closed within the body", truncated, good,
                test_support::serving_once(ok + "Content-Length: 29\r\n\r\n"s + picture())),
      certified(
          "redirects to plain http", blocked_address, good,
          test_support::serving(http_response(302, "", "Location: http://127.0.0.1:1234/\r\n"))),
      unencrypted("plain HTTP instead", tls_failed,
                  test_support::speaking_first("HTTP/1.1 400 Bad Request\r\n\r\n")),
      unencrypted("noise instead", tls_failed,
                  test_support::speaking_first(std::string(3000, '\xA5'))),
      unencrypted("a record longer than records are", tls_failed,
                  test_support::speaking_first("\x16\x03\x03\xff\xff" + std::string(70'000, 'x'))),
      unencrypted("closed within the handshake", connect_failed,
                  [](session& with) {
                    with.send(std::string{endless_hello, 9});
                    with.pause(50ms);
                  }),
      unencrypted("reset within the handshake", connect_failed,
                  [](session& with) { with.reset(); }),
      unencrypted("stalls before the handshake", timed_out, test_support::says_nothing,
                  short_deadline),
      unencrypted("stalls within the handshake", timed_out,
                  test_support::speaking_first(std::string{endless_hello, 9}), short_deadline),
      unencrypted(
          "drips in the handshake", timed_out,
          [](session& with) {
            if (with.send(std::string{endless_hello, 9})) with.drip(std::string(5000, '\0'), 20ms);
          },
          short_deadline),
  };
  all.push_back(certified(
      "drips in the body", timed_out, good,
      test_support::dripping(ok + "Content-Length: 3000\r\n\r\nGIF89a"s, std::string(2000, 'a'))));
  all.back().deadline = short_deadline;
  return all;
}

}  // namespace retail_pulse::hostile
