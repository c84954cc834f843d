#include <openssl/ssl.h>

#include <boost/test/unit_test.hpp>
#include <stdexcept>

#include "tests/support/origin_dns.hpp"
#include "tests/unit/fetch/engine_fixture.hpp"

namespace retail_pulse::fetch {

BOOST_AUTO_TEST_SUITE(engine_tls)

namespace {

using test_support::test_authority;

engine_options trusting(const test_authority& authority) {
  auto options = loopback_options();
  options.ca_file = authority.ca_file();
  return options;
}

origin::script gif_script() {
  return origin::answering([](const std::string&) { return http_response(200, tiny_gif(12, 34)); });
}

}  // namespace

BOOST_AUTO_TEST_CASE(a_certificate_of_a_trusted_authority_for_the_host_is_accepted) {
  const test_authority authority;
  origin host{gif_script(), authority.issue("DNS:localhost,IP:127.0.0.1")};
  const auto engine = make_blocking_engine(trusting(authority));
  for (int i = 0; i < 3; ++i) {
    const auto by_name = fetch(*engine, host.url("/", "localhost"));
    CHECK_CODE(by_name, none);
    BOOST_TEST(by_name.measured.width == 12u);
    CHECK_CODE(fetch(*engine, host.url("/", "localhost.")), none);
    CHECK_CODE(fetch(*engine, host.url("/", "127.0.0.1")), none);
  }
  BOOST_TEST(host.connections() ==
             3);  // one per name: what was verified for one is not used for another
}

BOOST_AUTO_TEST_CASE(a_host_in_unicode_proves_itself_by_its_punycode) {
  const test_authority authority;
  const test_support::dns_stub names{[](const std::string&, bool, int) {
    return test_support::dns_answer{.addresses = {"127.0.0.1"}};
  }};
  auto options = trusting(authority);
  options.dns_servers = names.server();
  origin host{gif_script(), authority.issue("DNS:xn--bcher-kva.test")};
  CHECK_CODE(fetch(options, host.url("/", "b\u00FCcher.test")), none);
  origin other{gif_script(), authority.issue("DNS:buecher.test")};
  CHECK_CODE(fetch(options, other.url("/", "b\u00FCcher.test")), tls_failed);
}

BOOST_AUTO_TEST_CASE(a_large_file_arrives_whole) {
  const test_authority authority;
  auto body = tiny_gif(12, 34);
  body.resize(3'000'000, '\0');
  origin host{origin::answering([&](const std::string&) { return http_response(200, body); }),
              authority.issue("IP:127.0.0.1")};
  const auto result = fetch(trusting(authority), host.url("/"));
  CHECK_CODE(result, none);
  BOOST_TEST(result.evidence.bytes == 3'000'000);
}

BOOST_AUTO_TEST_CASE(a_body_without_length_ends_with_the_connection) {
  const test_authority authority;
  origin host{serving_once("HTTP/1.1 200 OK\r\n\r\n" + tiny_gif(5, 5)),
              authority.issue("IP:127.0.0.1")};
  CHECK_CODE(fetch(trusting(authority), host.url("/")), none);
  origin cut{serving_once("HTTP/1.1 200 OK\r\nContent-Length: 29\r\n\r\n" + tiny_gif(5, 5)),
             authority.issue("IP:127.0.0.1")};
  CHECK_CODE(fetch(trusting(authority), cut.url("/")), truncated);
}

BOOST_AUTO_TEST_CASE(a_certificate_that_proves_nothing_is_refused) {
  const test_authority authority;
  const test_authority stranger;
  const std::pair<const char*, test_support::tls_identity> rows[] = {
      {"self-signed", test_support::self_signed("DNS:localhost,IP:127.0.0.1")},
      {"another authority's", stranger.issue("DNS:localhost,IP:127.0.0.1")},
      {"another host's", authority.issue("DNS:other.example,IP:10.0.0.1")},
      {"expired", authority.issue("DNS:localhost,IP:127.0.0.1", -1h)},
      {"for no host", authority.issue("")},
  };
  const auto engine = make_blocking_engine(trusting(authority));
  for (const auto& [what, identity] : rows) {
    origin host{gif_script(), identity};
    for (const char* name : {"localhost", "127.0.0.1"}) {
      const auto result = fetch(*engine, host.url("/", name));
      BOOST_TEST((result.code == error_code::tls_failed),
                 what << ": " << describe(result.code).name << " " << result.detail);
    }
    BOOST_TEST(host.requests().empty());
  }
}

BOOST_AUTO_TEST_CASE(the_systems_store_does_not_trust_a_test_authority) {
  const test_authority authority;
  origin host{gif_script(), authority.issue("IP:127.0.0.1")};
  CHECK_CODE(fetch(loopback_options(), host.url("/")), tls_failed);
}

BOOST_AUTO_TEST_CASE(a_server_that_speaks_no_tls_is_refused) {
  const test_authority authority;
  origin host{[](session& with) {
    with.send("HTTP/1.1 400 Bad Request\r\n\r\n");
    with.wait_for_close();
  }};
  const auto url = "https://127.0.0.1:" + std::to_string(host.port()) + "/";
  CHECK_CODE(fetch(trusting(authority), url), tls_failed);
  origin silent{[](session& with) { with.reset(); }};
  CHECK_CODE(fetch(trusting(authority), "https://127.0.0.1:" + std::to_string(silent.port()) + "/"),
             connect_failed);
}

BOOST_AUTO_TEST_CASE(a_handshake_that_stalls_or_drips_ends_at_the_deadline) {
  const test_authority authority;
  auto options = trusting(authority);
  options.deadline = 400ms;
  origin silent{[](session& with) { with.wait_for_close(); }};
  CHECK_CODE(fetch(options, "https://127.0.0.1:" + std::to_string(silent.port()) + "/"), timed_out);
  // The start of a handshake record that announces 16 KiB and never ends.
  origin drip{[](session& with) {
    with.drip(std::string("\x16\x03\x03\x40\x00\x02\x00\x3f\xfc", 9) + std::string(5000, '\0'),
              20ms);
  }};
  CHECK_CODE(fetch(options, "https://127.0.0.1:" + std::to_string(drip.port()) + "/"), timed_out);
}

BOOST_AUTO_TEST_CASE(a_body_that_drips_over_tls_ends_at_the_deadline) {
  const test_authority authority;
  auto options = trusting(authority);
  options.deadline = 500ms;
  origin host{[](session& with) {
                if (with.read_request() &&
                    with.send("HTTP/1.1 200 OK\r\nContent-Length: 3000\r\n\r\nGIF89a"))
                  with.drip(std::string(2000, 'a'), 20ms);
              },
              authority.issue("IP:127.0.0.1")};
  CHECK_CODE(fetch(options, host.url("/")), timed_out);
}

BOOST_AUTO_TEST_CASE(a_redirect_from_https_to_http_is_blocked_and_the_other_way_followed) {
  const test_authority authority;
  origin plain{gif_script()};
  origin downgrade{serving(http_response(302, "", "Location: " + plain.url("/") + "\r\n")),
                   authority.issue("IP:127.0.0.1")};
  const auto engine = make_blocking_engine(trusting(authority));
  const auto blocked = fetch(*engine, downgrade.url("/"));
  CHECK_CODE(blocked, blocked_address);
  BOOST_TEST(blocked.evidence.final_url == plain.url("/"));
  BOOST_TEST(blocked.evidence.address == "");
  BOOST_TEST(blocked.evidence.http_status == 0);
  BOOST_TEST(plain.connections() == 0);
  origin secure{gif_script(), authority.issue("IP:127.0.0.1")};
  origin upgrade{serving(http_response(302, "", "Location: " + secure.url("/x") + "\r\n"))};
  const auto followed = fetch(*engine, upgrade.url("/"));
  CHECK_CODE(followed, none);
  BOOST_TEST(followed.evidence.final_url == secure.url("/x"));
}

BOOST_AUTO_TEST_CASE(a_ca_file_that_cannot_be_loaded_is_reported_at_once) {
  auto options = loopback_options();
  options.ca_file = "/nonexistent/ca.pem";
  BOOST_CHECK_THROW(make_blocking_engine(options), std::runtime_error);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace retail_pulse::fetch
