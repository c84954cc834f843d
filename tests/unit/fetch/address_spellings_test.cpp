// Every spelling in which a URL may name an address that must not be fetched from, and neighbours
// that may. The table goes through the parser and the guard; those that must not be fetched go
// through the engine too, which then touches no network.
#include <boost/test/unit_test.hpp>
#include <string>

#include "fetch/net/address_guard.hpp"
#include "fetch/url/url.hpp"
#include "tests/unit/fetch/engine_fixture.hpp"

namespace retail_pulse::fetch {

BOOST_AUTO_TEST_SUITE(address_spellings)

namespace {

enum class what { closed, open, no_url, name };

struct row {
  const char* host;
  what expected;
};

using enum what;

constexpr row table[] = {
    // Loopback, in every base and length that the URL standard reads.
    {"127.0.0.1", closed},
    {"127.1", closed},
    {"127.0.1", closed},
    {"127.0.0.1.", closed},
    {"127.255.255.255", closed},
    {"127.0000000000.0.1", closed},
    {"2130706433", closed},
    {"0x7f000001", closed},
    {"0X7F000001", closed},
    {"0x7f.1", closed},
    {"0x7f.0x0.0x0.0x1", closed},
    {"0x00000000007f.1", closed},
    {"017700000001", closed},
    {"0177.1", closed},
    {"0177.0.0.01", closed},
    {"00000177.0.0.1", closed},
    {"127.0x1", closed},
    {"127.0.0.0x1", closed},
    {"%31%32%37.0.0.1", closed},
    {"127%2e0%2E0%2e1", closed},
    {"localhost", name},
    {"localhost.", name},
    // The unspecified address and its network.
    {"0", closed},
    {"0x0", closed},
    {"0x", closed},
    {"00", closed},
    {"0.0.0.0", closed},
    {"0.1", closed},
    {"0.255.255.255", closed},
    // Private networks, their first and last addresses, and their neighbours.
    {"10.0.0.0", closed},
    {"10.255.255.255", closed},
    {"10.1", closed},
    {"012.0.0.1", closed},
    {"0xa.0.0.1", closed},
    {"167772161", closed},
    {"9.255.255.255", open},
    {"11.0.0.0", open},
    {"172.16.0.0", closed},
    {"172.31.255.255", closed},
    {"0xac100001", closed},
    {"172.1048577", closed},
    {"172.15.255.255", open},
    {"172.32.0.0", open},
    {"192.168.0.0", closed},
    {"192.168.255.255", closed},
    {"192.168.1", closed},
    {"0300.0250.0.1", closed},
    {"3232235521", closed},
    {"192.167.255.255", open},
    {"192.169.0.0", open},
    // Link-local, where cloud metadata lives.
    {"169.254.169.254", closed},
    {"169.254.43518", closed},
    {"2852039166", closed},
    {"0xa9fea9fe", closed},
    {"025177524776", closed},
    {"0xa9.0376.43518", closed},
    {"169.253.255.255", open},
    {"169.255.0.0", open},
    // Shared by carriers (CGNAT).
    {"100.64.0.0", closed},
    {"100.127.255.255", closed},
    {"0x64.0100.0.1", closed},
    {"100.63.255.255", open},
    {"100.128.0.0", open},
    // Benchmarking, documentation, protocol assignments, 6to4 relays.
    {"198.18.0.0", closed},
    {"198.19.255.255", closed},
    {"198.17.255.255", open},
    {"198.20.0.0", open},
    {"192.0.2.1", closed},
    {"198.51.100.255", closed},
    {"203.0.113.0", closed},
    {"203.0.114.0", open},
    {"192.0.0.170", closed},
    {"192.88.99.1", closed},
    // Multicast, reserved, broadcast.
    {"224.0.0.1", closed},
    {"239.255.255.255", closed},
    {"240.0.0.1", closed},
    {"255.255.255.255", closed},
    {"4294967295", closed},
    {"0xffffffff", closed},
    {"037777777777", closed},
    {"223.255.255.255", open},
    // Malformed addresses.
    {"256.0.0.1", no_url},
    {"127.0.0.256", no_url},
    {"127.0.0.1.1", no_url},
    {"4294967296", no_url},
    {"0x100000000", no_url},
    {"0x7g.1", no_url},
    {"127.0.0.08", no_url},
    {"127..1", no_url},
    {"1.2.3.-4", name},
    {"127.0.0.1%00", no_url},
    {"127.0.0.1%20", no_url},
    {"127.0.0.1%2f", no_url},
    // In Unicode: digits and dots that are mapped to those of ASCII, what vanishes when it is
    // mapped, and what ends as no address.
    {"\uFF11\uFF12\uFF17.0.0.1", closed},
    {"\uFF11\uFF12\uFF17\u3002\uFF10\u3002\uFF10\u3002\uFF11", closed},
    {"127\u30020\uFF0E0\uFF611", closed},
    {"%EF%BC%91%EF%BC%92%EF%BC%97%E3%80%820.0.1", closed},
    {"\uFF10\uFF58\uFF17\uFF46.1", closed},
    {"\uFF10\uFF11\uFF17\uFF17.0.0.1", closed},
    {"\uFF12\uFF11\uFF13\uFF10\uFF17\uFF10\uFF16\uFF14\uFF13\uFF13", closed},
    {"\u2460\u2461\u2466.0.0.\u2460", closed},
    {"\u00B9\u00B2\u2077.0.0.1", closed},
    {"\U0001D7CF\U0001D7D0\U0001D7D5.0.0.1", closed},
    {"12\u00AD7.0.0.1", closed},
    {"12\u200B7.0\uFE0F.0.1", closed},
    {"\uFF11\uFF16\uFF19.254.169.254", closed},
    {"\u2468.1", open},
    {"127.0.0.\uFF12\uFF15\uFF16", no_url},
    {"127.0.0.1\uFF0Fx", no_url},
    {"127.0.0.1\uFF1A80", no_url},
    {"example.com\uFF20127.0.0.1", no_url},
    {"127\uFF05%2e1", no_url},
    {"[\uFF1A\uFF1A1]", no_url},
    {"[::\uFF11]", no_url},
    {"\uFF4C\uFF4F\uFF43\uFF41\uFF4C\uFF48\uFF4F\uFF53\uFF54", name},
    {"xn--127.0.0.1", no_url},
    // IPv6: unspecified, loopback, unique local, link-local, site-local, multicast, discard,
    // documentation, not yet given out.
    {"[::]", closed},
    {"[::1]", closed},
    {"[0:0:0:0:0:0:0:1]", closed},
    {"[0000:0000:0000:0000:0000:0000:0000:0001]", closed},
    {"[::0.0.0.1]", closed},
    {"[fc00::1]", closed},
    {"[fd00:ec2::254]", closed},
    {"[FDFF:FFFF::1]", closed},
    {"[fe80::1]", closed},
    {"[febf::1]", closed},
    {"[fec0::1]", closed},
    {"[feff::1]", closed},
    {"[ff02::1]", closed},
    {"[ff0e::1]", closed},
    {"[100::1]", closed},
    {"[2001:db8::1]", closed},
    {"[3fff::1]", closed},
    {"[2001:2::1]", closed},
    {"[2001:20::1]", closed},
    {"[5f00::1]", closed},
    {"[8000::1]", closed},
    {"[2606:4700::1111]", open},
    {"[2a00:1450:4001:81b::200e]", open},
    // IPv6 that carries IPv4: mapped, compatible, translated, NAT64, 6to4, Teredo, ISATAP.
    {"[::ffff:127.0.0.1]", closed},
    {"[::ffff:7f00:1]", closed},
    {"[0:0:0:0:0:ffff:10.0.0.1]", closed},
    {"[::FFFF:a9fe:a9fe]", closed},
    {"[::ffff:8.8.8.8]", open},
    {"[::127.0.0.1]", closed},
    {"[::192.168.0.1]", closed},
    {"[::8.8.8.8]", open},
    {"[::ffff:0:127.0.0.1]", closed},
    {"[::ffff:0:10.0.0.1]", closed},
    {"[::ffff:0:8.8.8.8]", open},
    {"[64:ff9b::127.0.0.1]", closed},
    {"[64:ff9b::a9fe:a9fe]", closed},
    {"[64:ff9b::8.8.8.8]", open},
    {"[64:ff9b:1::8.8.8.8]", closed},
    {"[64:ff9b:1:7f00:0:100::]", closed},
    {"[2002:7f00:1::]", closed},
    {"[2002:a9fe:a9fe::1]", closed},
    {"[2002:c0a8:1::1]", closed},
    {"[2002:808:808::1]", open},
    {"[2001:0:7f00:1::f7f7:f7f7]", closed},
    {"[2001:0:808:808::80ff:fffe]", closed},
    {"[2001:0:808:808::f7f7:f7f7]", open},
    {"[2606:4700::5efe:127.0.0.1]", closed},
    {"[2606:4700::200:5efe:10.0.0.1]", closed},
    {"[2606:4700::5efe:8.8.8.8]", open},
    // Brackets around what is no address.
    {"[::1%25lo]", no_url},
    {"[::1%lo]", no_url},
    {"[fe80::1%eth0]", no_url},
    {"[127.0.0.1]", no_url},
    {"[::ffff:127.1]", no_url},
    {"[::ffff:0x7f.0.0.1]", no_url},
    {"[::1", no_url},
    {"::1", no_url},
    {"[:::1]", no_url},
    {"[1:2:3:4:5:6:7:8:9]", no_url},
    {"[]", no_url},
    // User info, which other clients take for the host or the other way round.
    {"127.0.0.1@example.com", no_url},
    {"example.com@127.0.0.1", no_url},
    {"@127.0.0.1", no_url},
};

static_assert(std::size(table) >= 120);

what spelled(const std::string& host) {
  const auto parsed = parse_url("http://" + host + "/");
  const auto* good = std::get_if<url>(&parsed);
  if (good == nullptr) return no_url;
  if (!good->host_is_address) return name;
  const auto address = parse_address(good->host);
  BOOST_REQUIRE_MESSAGE(address.has_value(), host);
  return address_guard{{}}.permits(unmapped(*address)) ? open : closed;
}

}  // namespace

BOOST_AUTO_TEST_CASE(are_all_understood_before_they_are_judged) {
  for (const auto& each : table) {
    BOOST_TEST((spelled(each.host) == each.expected),
               each.host << " is " << static_cast<int>(spelled(each.host)));
  }
}

BOOST_AUTO_TEST_CASE(of_what_must_not_be_fetched_are_refused_by_the_engine_before_any_connection) {
  const auto engine = make_blocking_engine({});
  for (const auto& each : table) {
    if (each.expected != closed && each.expected != no_url) continue;
    for (const std::string scheme : {"http://", "https://"}) {
      const auto result = fetch(*engine, scheme + each.host + "/");
      const auto expected =
          each.expected == closed ? error_code::blocked_address : error_code::invalid_url;
      BOOST_TEST((result.code == expected),
                 scheme << each.host << ": " << describe(result.code).name << " " << result.detail);
      BOOST_TEST(result.evidence.address.empty());
      BOOST_TEST(result.evidence.connect_ms == 0);
    }
  }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace retail_pulse::fetch
