#include "client/base_url.hpp"

#include <boost/test/unit_test.hpp>

namespace {

using retail_pulse::client::parse_base_url;

BOOST_AUTO_TEST_SUITE(base_urls)

BOOST_AUTO_TEST_CASE(scheme_host_port_and_path_are_separated) {
  const auto plain = parse_base_url("http://127.0.0.1:8080").value();
  BOOST_TEST(!plain.tls);
  BOOST_TEST(plain.host == "127.0.0.1");
  BOOST_TEST(plain.port == 8080);
  BOOST_TEST(plain.prefix == "");
  const auto full = parse_base_url("https://example.com/pulse/v1//").value();
  BOOST_TEST(full.tls);
  BOOST_TEST(full.host == "example.com");
  BOOST_TEST(full.port == 443);
  BOOST_TEST(full.prefix == "/pulse/v1");
  BOOST_TEST(parse_base_url("http://localhost/").value().origin() == "http://localhost:80");
}

BOOST_AUTO_TEST_CASE(an_ipv6_address_stands_in_brackets) {
  const auto url = parse_base_url("http://[fe80::1]:81/a").value();
  BOOST_TEST(url.host == "fe80::1");
  BOOST_TEST(url.port == 81);
  BOOST_TEST(url.prefix == "/a");
  BOOST_TEST(url.origin() == "http://[fe80::1]:81");
  BOOST_TEST(parse_base_url("http://[::1]").value().port == 80);
}

BOOST_AUTO_TEST_CASE(a_service_may_have_any_port) {
  BOOST_TEST(parse_base_url("http://h:1").value().port == 1);
  BOOST_TEST(parse_base_url("http://h:6000").value().port == 6000);
  BOOST_TEST(parse_base_url("http://h:65535").value().port == 65535);
  for (const auto* text : {"http://h:0", "http://h:65536", "http://h:", "http://h:-1",
                           "http://h:8a", "http://h:80:80"}) {
    BOOST_TEST(!parse_base_url(text), text);
  }
}

BOOST_AUTO_TEST_CASE(what_is_no_base_url_is_nothing) {
  for (const auto* text :
       {"", "127.0.0.1:8080", "ftp://h", "http://", "http:///a", "http://:80", "http://[::1",
        "http://[]", "http://[::1]80", "http://h/?a=b", "http://h/#a", "http://u:p@h", "http://h /",
        "http://h\r\n", "http://b\xc3\xbc.de"}) {
    BOOST_TEST(!parse_base_url(text), text);
  }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
