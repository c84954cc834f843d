#include "fetch/net/address_guard.hpp"

#include <boost/test/unit_test.hpp>
#include <string>

namespace retail_pulse::fetch {

BOOST_AUTO_TEST_SUITE(addresses)

namespace {

ip_address address(std::string_view text) {
  const auto parsed = parse_address(text);
  BOOST_REQUIRE_MESSAGE(parsed.has_value(), text);
  return *parsed;
}

cidr range(std::string_view text) {
  const auto parsed = parse_cidr(text);
  BOOST_REQUIRE_MESSAGE(std::holds_alternative<cidr>(parsed), text);
  return std::get<cidr>(parsed);
}

}  // namespace

BOOST_AUTO_TEST_CASE(only_public_ipv4_addresses_are_public) {
  for (const char* text :
       {"0.0.0.0",         "0.255.255.255",  "10.0.0.0",        "10.255.255.255", "100.64.0.0",
        "100.127.255.255", "127.0.0.1",      "127.255.255.255", "169.254.0.0",    "169.254.169.254",
        "169.254.255.255", "172.16.0.0",     "172.31.255.255",  "192.0.0.0",      "192.0.0.255",
        "192.0.2.0",       "192.0.2.255",    "192.88.99.1",     "192.168.0.0",    "192.168.255.255",
        "198.18.0.0",      "198.19.255.255", "198.51.100.0",    "198.51.100.255", "203.0.113.0",
        "203.0.113.255",   "224.0.0.0",      "239.255.255.255", "240.0.0.0",      "255.255.255.254",
        "255.255.255.255"}) {
    BOOST_TEST(!is_public(address(text)), text);
  }
  for (const char* text :
       {"1.0.0.0",        "8.8.8.8",         "9.255.255.255",   "11.0.0.0",        "100.63.255.255",
        "100.128.0.0",    "126.255.255.255", "128.0.0.0",       "169.253.255.255", "169.255.0.0",
        "172.15.255.255", "172.32.0.0",      "191.255.255.255", "192.0.1.0",       "192.0.3.0",
        "192.88.98.255",  "192.88.100.0",    "192.167.255.255", "192.169.0.0",     "198.17.255.255",
        "198.20.0.0",     "198.51.99.255",   "198.51.101.0",    "203.0.112.255",   "203.0.114.0",
        "223.255.255.255"}) {
    BOOST_TEST(is_public(address(text)), text);
  }
}

BOOST_AUTO_TEST_CASE(only_global_unicast_ipv6_addresses_are_public) {
  for (const char* text : {"::",
                           "::1",
                           "::2",
                           "fe80::1",
                           "febf::1",
                           "fec0::1",
                           "feff::1",
                           "fc00::1",
                           "fd00:ec2::254",
                           "fdff::1",
                           "ff00::1",
                           "ff02::1",
                           "ffff::1",
                           "100::1",
                           "2001::1",
                           "2001:2::1",
                           "2001:10::1",
                           "2001:20::1",
                           "2001:1ff::1",
                           "2001:db8::1",
                           "2001:db8:ffff::1",
                           "3fff::1",
                           "3fff:fff::1",
                           "4000::1",
                           "5f00::1",
                           "1fff::1",
                           "8000::1",
                           "64:ff9a::808:808",
                           "64:ff9b:1::808:808",
                           "64:ff9b:1:7f00:0:100:808:808",
                           "64:ff9b:2::1"}) {
    BOOST_TEST(!is_public(address(text)), text);
  }
  for (const char* text :
       {"2000::1", "2001:200::1", "2001:4860:4860::8888", "2001:db7:ffff::1", "2001:db9::1",
        "2606:4700::1111", "2a00:1450::1", "3ffe:ffff::1", "3fff:1000::1"}) {
    BOOST_TEST(is_public(address(text)), text);
  }
}

BOOST_AUTO_TEST_CASE(an_ipv6_form_that_carries_ipv4_is_judged_by_what_it_carries) {
  for (const char* text : {
           "::ffff:127.0.0.1",
           "::ffff:10.0.0.1",
           "::ffff:169.254.169.254",
           "::ffff:0.0.0.0",  // mapped
           "::127.0.0.1",
           "::10.0.0.1",
           "::192.168.1.1",  // compatible
           "::ffff:0:127.0.0.1",
           "::ffff:0:10.1.2.3",  // translated
           "64:ff9b::127.0.0.1",
           "64:ff9b::10.0.0.1",
           "64:ff9b::169.254.169.254",  // NAT64
           "2002:7f00:1::",
           "2002:a00:1::1",
           "2002:a9fe:a9fe::1",
           "2002:c0a8:101::8.8.8.8",  // 6to4
           "2001:0:7f00:1::f7f7:f7f7",
           "2001:0:808:808::80ff:fffe",
           "2001:0:808:808:0:0:f5ff:fffe",
           "2001::7f00:1",  // Teredo: server, client
           "2606:4700::5efe:127.0.0.1",
           "2606:4700::200:5efe:10.0.0.1",
           "2a00::1:0:5efe:192.168.0.1",  // ISATAP
           "fe80::5efe:8.8.8.8",
       }) {
    BOOST_TEST(!is_public(address(text)), text);
  }
  for (const char* text :
       {"::ffff:8.8.8.8", "::8.8.8.8", "::ffff:0:8.8.8.8", "64:ff9b::8.8.8.8", "2002:808:808::1",
        "2001:0:808:808::f7f7:f7f7", "2606:4700::5efe:8.8.8.8", "2606:4700::200:5efe:8.8.8.8"}) {
    BOOST_TEST(is_public(address(text)), text);
  }
}

BOOST_AUTO_TEST_CASE(only_plain_address_text_is_an_address) {
  for (const char* text :
       {"", "1.2.3", "1.2.3.4.5", "1.2.3.256", "01.2.3.4", "0x7f.0.0.1", "1.2.3.4 ", " 1.2.3.4",
        "1.2.3.4/8", "fe80::1%eth0", "fe80::1%1", ":::", "1::2::3", "12345::", "[::1]", "localhost",
        "::ffff:1.2.3.4.5.6.7.8.9.10.11.12.13.14.15.16.17.18"}) {
    BOOST_TEST(!parse_address(text).has_value(), text);
  }
  BOOST_TEST(!parse_address(std::string_view{"1.2.3.4\0x", 9}).has_value());
  BOOST_TEST(address("0:0::0:1").text() == "::1");
  BOOST_TEST(address("10.0.0.1").text() == "10.0.0.1");
  BOOST_TEST((address("255.0.0.0") < address("::1")));
  BOOST_TEST((address("9.0.0.0") < address("10.0.0.0")));
}

BOOST_AUTO_TEST_CASE(a_mapped_address_is_the_ipv4_address_and_every_other_itself) {
  BOOST_TEST(unmapped(address("::ffff:8.8.4.4")).text() == "8.8.4.4");
  for (const char* text :
       {"8.8.4.4", "2606:4700::1", "::8.8.4.4", "::ffff:0:8.8.4.4", "64:ff9b::808:404"}) {
    BOOST_TEST((unmapped(address(text)) == address(text)), text);
  }
}

BOOST_AUTO_TEST_CASE(a_range_is_parsed_or_refused_with_its_error) {
  BOOST_TEST((range("10.0.0.0/8") == cidr{address("10.0.0.0"), 8}));
  BOOST_TEST((range("0.0.0.0/0") == cidr{address("0.0.0.0"), 0}));
  BOOST_TEST((range("127.0.0.1") == cidr{address("127.0.0.1"), 32}));
  BOOST_TEST((range("127.0.0.1/32") == cidr{address("127.0.0.1"), 32}));
  BOOST_TEST((range("fd00::/8") == cidr{address("fd00::"), 8}));
  BOOST_TEST((range("::1/128") == cidr{address("::1"), 128}));
  BOOST_TEST((range("::/0") == cidr{address("::"), 0}));
  BOOST_TEST((range("::ffff:10.0.0.0/104") == range("10.0.0.0/8")));
  for (const char* text :
       {"", "/8", "10.0.0.0/", "10.0.0.0/33", "10.0.0.0/-1", "10.0.0.0/8x", "10.0.0.0/ 8",
        "10.0.0.0/+8", "10.0.0.0/8/8", "10.0/8", "example.com/8", "::1/129", "10.0.0.1/8",
        "127.0.0.1/31", "fd00::1/64", "10.0.0.0/99999999999"}) {
    const auto parsed = parse_cidr(text);
    BOOST_TEST_REQUIRE(std::holds_alternative<std::string>(parsed), text);
    BOOST_TEST(!std::get<std::string>(parsed).empty());
  }
}

BOOST_AUTO_TEST_CASE(a_range_holds_its_first_and_last_address_and_no_neighbour) {
  BOOST_TEST(range("172.16.0.0/12").contains(address("172.16.0.0")));
  BOOST_TEST(range("172.16.0.0/12").contains(address("172.31.255.255")));
  BOOST_TEST(!range("172.16.0.0/12").contains(address("172.15.255.255")));
  BOOST_TEST(!range("172.16.0.0/12").contains(address("172.32.0.0")));
  BOOST_TEST(range("172.16.0.0/12").contains(address("::ffff:172.16.0.1")));
  BOOST_TEST(!range("172.16.0.0/12").contains(address("64:ff9b::172.16.0.1")));
  BOOST_TEST(!range("0.0.0.0/0").contains(address("::1")));
  BOOST_TEST(!range("::/0").contains(address("127.0.0.1")));
  BOOST_TEST(range("fd00::/9").contains(address("fd7f::1")));
  BOOST_TEST(!range("fd00::/9").contains(address("fd80::1")));
}

BOOST_AUTO_TEST_CASE(an_opened_range_and_nothing_else_is_permitted_beside_public_addresses) {
  const address_guard closed{{}};
  BOOST_TEST(closed.permits(address("8.8.8.8")));
  BOOST_TEST(!closed.permits(address("127.0.0.1")));
  const address_guard opened{{range("127.0.0.0/8"), range("fd00::/8")}};
  BOOST_TEST(opened.permits(address("127.255.0.1")));
  BOOST_TEST(opened.permits(address("::ffff:127.0.0.1")));
  BOOST_TEST(opened.permits(address("fd12::1")));
  BOOST_TEST(opened.permits(address("8.8.8.8")));
  BOOST_TEST(!opened.permits(address("10.0.0.1")));
  BOOST_TEST(!opened.permits(address("::1")));
  BOOST_TEST(!opened.permits(address("64:ff9b::127.0.0.1")));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace retail_pulse::fetch
