#include "fetch/url/url.hpp"

#include <boost/test/unit_test.hpp>
#include <ostream>
#include <string>

#include "core/limits.hpp"
#include "fetch/url/url_host.hpp"

namespace retail_pulse::fetch {

BOOST_AUTO_TEST_SUITE(url_parsing)

namespace {

/// The canonical text, or "refused".
std::string canonical(std::string_view text) {
  const auto parsed = parse_url(text);
  const auto* good = std::get_if<url>(&parsed);
  return good == nullptr ? "refused" : good->text();
}

std::string located(std::string_view base, std::string_view location) {
  const auto parsed = parse_location(std::get<url>(parse_url(base)), location);
  const auto* good = std::get_if<url>(&parsed);
  return good == nullptr ? "refused" : good->text();
}

struct row {
  std::string_view text;
  std::string_view expected;
};

void check_all(std::initializer_list<row> rows) {
  for (const auto& r : rows)
    BOOST_TEST(canonical(r.text) == r.expected,
               "'" << r.text << "' gives " << canonical(r.text) << ", not " << r.expected);
}

}  // namespace

BOOST_AUTO_TEST_CASE(scheme_host_port_and_target_are_brought_to_one_form) {
  check_all({
      {"http://example.com", "http://example.com/"},
      {"HTTP://EXAMPLE.com/A", "http://example.com/A"},
      {"https://example.com:443/a?b=c#d", "https://example.com/a?b=c"},
      {"http://example.com:80/", "http://example.com/"},
      {"http://example.com:443/", "http://example.com:443/"},
      {"https://example.com:80/", "https://example.com:80/"},
      {"http://example.com:08080/", "http://example.com:8080/"},
      {"http://example.com:/x", "http://example.com/x"},
      {"http:example.com/x", "http://example.com/x"},
      {"http:///example.com/x", "http://example.com/x"},
      {"http:\\\\example.com\\a\\b", "http://example.com/a/b"},
      {"http://example.com?x", "http://example.com/?x"},
      {"http://example.com#x", "http://example.com/"},
      {"http://example.com/?", "http://example.com/?"},
      {"http://example.com./x", "http://example.com./x"},
      {"http://xn--bcher-kva.example/", "http://xn--bcher-kva.example/"},
      {"http://ex%61mple.com/", "http://example.com/"},
      {"http://a_b.example/", "http://a_b.example/"},
  });
}

BOOST_AUTO_TEST_CASE(the_target_is_percent_encoded_where_it_must_be_and_nowhere_else) {
  check_all({
      {"http://h.example/a b", "http://h.example/a%20b"},
      {"http://h.example/%20%zz%", "http://h.example/%20%zz%"},
      {"http://h.example/\"<>`{}^", "http://h.example/%22%3C%3E%60%7B%7D%5E"},
      {"http://h.example/?\"<>'`{}^", "http://h.example/?%22%3C%3E%27`{}^"},
      {"http://h.example/\xc3\xa9?\xc3\xa9", "http://h.example/%C3%A9?%C3%A9"},
      {"http://h.example/a\x01\x7f", "http://h.example/a%01%7F"},
      {"http://h.example/a?b?c", "http://h.example/a?b?c"},
      {"http://h.example/a?b\\c", "http://h.example/a?b\\c"},
      {"http://h.example/@:x", "http://h.example/@:x"},
  });
}

BOOST_AUTO_TEST_CASE(dot_segments_are_resolved_in_every_spelling) {
  check_all({
      {"http://h.example/a/./b/../c", "http://h.example/a/c"},
      {"http://h.example/../../a", "http://h.example/a"},
      {"http://h.example/a/..", "http://h.example/"},
      {"http://h.example/a/.", "http://h.example/a/"},
      {"http://h.example/a/%2e%2E/b", "http://h.example/b"},
      {"http://h.example/a/.%2e/b", "http://h.example/b"},
      {"http://h.example/a/%2e/b", "http://h.example/a/b"},
      {"http://h.example/a/...", "http://h.example/a/..."},
      {"http://h.example//a//b", "http://h.example//a//b"},
      {"http://h.example/a?../b", "http://h.example/a?../b"},
  });
}

BOOST_AUTO_TEST_CASE(a_name_in_unicode_becomes_punycode_as_in_browsers) {
  check_all({
      {"http://b\u00FCcher.example/x.jpg", "http://xn--bcher-kva.example/x.jpg"},
      {"http://B\u00DCCHER.Example/", "http://xn--bcher-kva.example/"},
      {"http://bu\u0308cher.example/", "http://xn--bcher-kva.example/"},
      {"http://b%C3%BCcher.example:8080/", "http://xn--bcher-kva.example:8080/"},
      {"http://XN--Bcher-KVA.example/", "http://xn--bcher-kva.example/"},
      {"http://fa\u00DF.example/", "http://xn--fa-hia.example/"},
      {"http://b\u00FCcher\u3002example\uFF0Ecom\uFF61/", "http://xn--bcher-kva.example.com./"},
      {"http://\uFF11.example/", "http://1.example/"},
      {"http://\uFF21\u00AD\uFF22.example/", "http://ab.example/"},
      {"http://\u30AB\u30FC.example/", "http://xn--lck0i.example/"},
      {"http://\u0646\u0627\u0645\u0647\u200C\u0627\u06CC.com/", "http://xn--mgba3gch31f060k.com/"},
      {"http://\u2603.example/", "http://xn--n3h.example/"},
      {"http://xn--n3h.example/", "http://xn--n3h.example/"},
      {"http://\U0001F4A9.example/", "http://xn--ls8h.example/"},
      {"http://a_b.r3---sn-x.-a-.b\u00FCcher.example/",
       "http://a_b.r3---sn-x.-a-.xn--bcher-kva.example/"},
      {"http://h.example/\u00E9/\u4E2D?\u00E9", "http://h.example/%C3%A9/%E4%B8%AD?%C3%A9"},
  });
  BOOST_TEST(located("http://h.example/a", "//b\u00FCcher.example/\u00E9") ==
             "http://xn--bcher-kva.example/%C3%A9");
}

BOOST_AUTO_TEST_CASE(a_name_that_is_not_valid_in_unicode_or_punycode_is_refused) {
  check_all({
      {"http://xn--/", "refused"},
      {"http://xn--a.example/", "refused"},
      {"http://xn--ascii-.example/", "refused"},
      {"http://xn--b\u00FCcher.example/", "refused"},
      {"http://xn--zn7c.example/", "refused"},   // decodes to U+2F868, which is mapped
      {"http://xn--a-yoc.example/", "refused"},  // left to right, then right to left
      {"http://a\u200Db.example/", "refused"},   // a joiner where nothing is joined
      {"http://\u0308a.example/", "refused"},    // begins with a mark
      {"http://\u05D01a.example/", "refused"},
      {"http://\u00AD/", "refused"},  // nothing is left of it
      {"http://a.\u00AD.example/", "refused"},
      {"http://\uFFFD.example/", "refused"},
      {"http://\xff.example/", "refused"},
      {"http://%C0%AE.example/", "refused"},
      {"http://%ED%A0%80.example/", "refused"},
      {"http://\u00FC b.example/", "refused"},
      {"http://\u00FC%00.example/", "refused"},
      {"http://\u00FC\uFF05"
       "41.example/",
       "refused"},
      {"http://a\uFF0Fb.example/", "refused"},
      {"http://a\uFF20b.example/", "refused"},
      {"http://a\u2026b.example/", "refused"},  // three dots
  });
}

BOOST_AUTO_TEST_CASE(a_label_has_63_bytes_in_punycode) {
  const auto named = [](int letters) {
    std::string text = "http://";
    for (int i = 0; i < letters; ++i) text += "\u00FC";
    return canonical(text + ".example/");
  };
  // "xn--", 3 letters that tell the first of them, one for each other.
  const std::string longest = "http://xn--tda" + std::string(56, 'a') + ".example/";
  BOOST_TEST(named(57) == longest);
  BOOST_TEST(named(58) == "refused");
}

BOOST_AUTO_TEST_CASE(a_name_in_unicode_is_read_no_further_than_dns_can_hold) {
  const auto repeated = [](const std::string& text, int times) {
    std::string all;
    for (int i = 0; i < times; ++i) all += text;
    return all;
  };
  const auto reason = [](const std::string& name) {
    const auto parsed = parse_url("http://" + name + "/");
    return std::holds_alternative<url_error>(parsed) ? std::get<url_error>(parsed).reason
                                                     : std::string{};
  };
  const std::string too_long = "its host is not a name that DNS can hold";
  const auto longest = repeated("a\uFF61", 126) + "b";  // 253 bytes as ASCII
  BOOST_TEST(canonical("http://" + longest + "/") == "http://" + repeated("a.", 126) + "b/");
  BOOST_TEST(canonical("http://" + longest + "\uFF61/") == "http://" + repeated("a.", 126) + "b./");
  BOOST_TEST(reason(longest + "b") == too_long);
  BOOST_TEST(reason(longest + "b\uFF61") == too_long);
  BOOST_TEST(reason(longest + "\uFF61xn--a") ==
             "its host has a label of punycode that is not valid");
  BOOST_TEST(reason(longest + "b\uFF61xn--a") == too_long);
  BOOST_TEST(reason(repeated("\uFF61", 2700)) == too_long);
}

BOOST_AUTO_TEST_CASE(what_is_refused_is_refused_with_words_that_hold_nothing_of_the_url) {
  const row rows[] = {
      {"secret.example/a.jpg", "it does not begin with http: or https:"},
      {"ftp://secret.example/", "its scheme is neither http nor https"},
      {"http:///?secret", "it has no host"},
      {"http://\u00AD/", "it has no host"},
      {"http://secret@h.example/", "user info is not allowed"},
      {"http://[::1/secret", "the IPv6 address in it is not closed by a bracket"},
      {"http://[secret]/", "the IPv6 address in it is malformed"},
      {"http://secret.256/", "the IPv4 address in it is malformed"},
      {"http://sec ret.example/", "its host has a character that is not allowed"},
      {"http://sec\uFF0Fret.example/", "its host has a character that is not allowed"},
      {"http://secret..example/", "its host is not a name that DNS can hold"},
      {"http://xn--secret-.example/", "its host has a label of punycode that is not valid"},
      {"http://secret\uFFFD.example/", "its host has a label that is not valid in Unicode"},
      {"http://h.example:secret/", "its port is not a number"},
      {"http://h.example:65536/secret", "its port is over 65535"},
      {"http://h.example:25/secret", "port 25 is blocked"},
  };
  for (const auto& each : rows) {
    const auto parsed = parse_url(each.text);
    BOOST_REQUIRE_MESSAGE(std::holds_alternative<url_error>(parsed), each.text);
    BOOST_TEST(std::get<url_error>(parsed).reason == each.expected, each.text);
  }
  BOOST_TEST(
      std::get<url_error>(parse_url("http://h.example/" + std::string(limits::url_bytes, 'a')))
          .reason == "it is longer than 8 KiB");
}

BOOST_AUTO_TEST_CASE(every_spelling_of_an_ipv4_address_becomes_dotted_decimal) {
  check_all({
      {"http://127.0.0.1/", "http://127.0.0.1/"},
      {"http://0x7f.1/", "http://127.0.0.1/"},
      {"http://0X7F.0x0.0.0x1/", "http://127.0.0.1/"},
      {"http://2130706433/", "http://127.0.0.1/"},
      {"http://017700000001/", "http://127.0.0.1/"},
      {"http://0x7f000001/", "http://127.0.0.1/"},
      {"http://0177.0.0.1/", "http://127.0.0.1/"},
      {"http://127.1/", "http://127.0.0.1/"},
      {"http://127.0.1/", "http://127.0.0.1/"},
      {"http://127.0.0.1./", "http://127.0.0.1/"},
      {"http://%31%32%37.0.0.1/", "http://127.0.0.1/"},
      {"http://0/", "http://0.0.0.0/"},
      {"http://0x/", "http://0.0.0.0/"},
      {"http://4294967295/", "http://255.255.255.255/"},
      {"http://10.65535/", "http://10.0.255.255/"},
      {"http://1.2.3.0x04/", "http://1.2.3.4/"},
      {"http://4294967296/", "refused"},
      {"http://256.1.1.1/", "refused"},
      {"http://1.2.3.256/", "refused"},
      {"http://1.2.3.4.5/", "refused"},
      {"http://1.2.65536/", "refused"},
      {"http://0x1ffffffff/", "refused"},
      {"http://08.0.0.1/", "refused"},
      {"http://1..2.3/", "refused"},
      {"http://example.0x7f/", "refused"},
      {"http://example.1/", "refused"},
      {"http://0x7f.0x7g/", "http://0x7f.0x7g/"},
      {"http://1.2.3.4a/", "http://1.2.3.4a/"},
  });
  BOOST_TEST(std::get<url>(parse_url("http://0x7f.1/")).host_is_address);
  BOOST_TEST(!std::get<url>(parse_url("http://1.2.3.4a/")).host_is_address);
}

BOOST_AUTO_TEST_CASE(ipv6_hosts_are_canonical_and_have_no_zone) {
  check_all({
      {"http://[::1]/", "http://[::1]/"},
      {"http://[0:0:0:0:0:0:0:1]:8080/", "http://[::1]:8080/"},
      {"http://[2001:DB8::A]/", "http://[2001:db8::a]/"},
      {"http://[::ffff:127.0.0.1]/", "http://[::ffff:127.0.0.1]/"},
      {"http://[::ffff:7f00:1]/", "http://[::ffff:127.0.0.1]/"},
      {"http://[fe80::1%25eth0]/", "refused"},
      {"http://[fe80::1%eth0]/", "refused"},
      {"http://[::1/", "refused"},
      {"http://::1/", "refused"},
      {"http://[::1]x/", "refused"},
      {"http://[::1]x:80/", "refused"},
      {"http://x[::1]/", "refused"},
      {"http://[]/", "refused"},
      {"http://[127.0.0.1]/", "refused"},
      {"http://[1:2:3:4:5:6:7:8:9]/", "refused"},
      {"http://[1::2::3]/", "refused"},
      {"http://[::1]]/", "refused"},
  });
  const auto parsed = std::get<url>(parse_url("http://[::1]:81/x?y"));
  BOOST_TEST(parsed.host == "::1");
  BOOST_TEST(parsed.host_is_address);
  BOOST_TEST(parsed.origin() == "http://[::1]:81");
  BOOST_TEST(parsed.authority() == "[::1]:81");
}

BOOST_AUTO_TEST_CASE(what_cannot_or_must_not_be_fetched_is_refused) {
  check_all({
      {"", "refused"},
      {"   ", "refused"},
      {"example.com/a.jpg", "refused"},
      {"/a.jpg", "refused"},
      {"//example.com/a", "refused"},
      {"ftp://example.com/", "refused"},
      {"file:///etc/passwd", "refused"},
      {"javascript:alert(1)", "refused"},
      {"gopher://example.com/", "refused"},
      {"ht tp://example.com/", "refused"},
      {"1http://example.com/", "refused"},
      {"http://", "refused"},
      {"http:///", "refused"},
      {"http://:80/", "refused"},
      {"http://?x", "refused"},
      {"http://user@example.com/", "refused"},
      {"http://user:pass@example.com/", "refused"},
      {"http://@example.com/", "refused"},
      {"http://example.com@127.0.0.1/", "refused"},
      {"http://a b.example/", "refused"},
      {"http://a%20b.example/", "refused"},
      {"http://a%00b.example/", "refused"},
      {"http://a%2fb.example/", "refused"},
      {"http://a%3ab.example/", "refused"},
      {"http://a%40b.example/", "refused"},
      {"http://a%zz.example/", "refused"},
      {"http://a<b.example/", "refused"},
      {"http://a|b.example/", "refused"},
      {"http://a^b.example/", "refused"},
      {"http://a..b/", "refused"},
      {"http://.a/", "refused"},
      {"http://./", "refused"},
      {"http://h.example:x/", "refused"},
      {"http://h.example:-1/", "refused"},
      {"http://h.example:80:80/", "refused"},
      {"http://h.example:65536/", "refused"},
      {"http://h.example:99999999999999999999/", "refused"},
  });
}

BOOST_AUTO_TEST_CASE(blanks_and_controls_around_and_line_ends_within_are_dropped_as_browsers_do) {
  using namespace std::string_view_literals;
  check_all({
      {" \x01http://h.example/a\x1f \r\n", "http://h.example/a"},
      {"ht\ntp://h.exa\tmple/a\r\nb", "http://h.example/ab"},
      {"http://127\n.0.0.1/", "http://127.0.0.1/"},
      {"http://h.example/a\0b"sv, "http://h.example/a%00b"},
      {"http://h\0.example/"sv, "refused"},
  });
}

BOOST_AUTO_TEST_CASE(ports_on_the_bad_port_list_are_refused) {
  for (const int port : {0,   1,   7,   21,  22,   23,   25,   53,   110,  143,  389,
                         465, 587, 993, 995, 2049, 5060, 6000, 6667, 6697, 10080}) {
    const auto text = "http://h.example:" + std::to_string(port) + "/";
    BOOST_TEST(canonical(text) == "refused", text);
    BOOST_TEST(is_bad_port(static_cast<std::uint16_t>(port)));
  }
  for (const int port : {2, 81, 442, 444, 3000, 6001, 8080, 8081, 10079, 10081, 65535}) {
    const auto text = "http://h.example:" + std::to_string(port) + "/";
    BOOST_TEST(canonical(text) == text);
  }
}

BOOST_AUTO_TEST_CASE(a_url_has_at_most_8192_bytes) {
  const std::string start = "http://h.example/";
  BOOST_TEST(canonical(start + std::string(limits::url_bytes - start.size(), 'a')) != "refused");
  BOOST_TEST(canonical(start + std::string(limits::url_bytes - start.size() + 1, 'a')) ==
             "refused");
}

BOOST_AUTO_TEST_CASE(a_name_has_labels_of_63_and_253_bytes_in_all) {
  const std::string label(63, 'a');
  const std::string longest = label + '.' + label + '.' + label + '.' + std::string(61, 'a');
  BOOST_TEST(canonical("http://" + longest + "/") == "http://" + longest + "/");
  BOOST_TEST(canonical("http://" + longest + "./") == "http://" + longest + "./");
  BOOST_TEST(canonical("http://" + longest + "a/") == "refused");
  BOOST_TEST(canonical("http://" + label + "a.example/") == "refused");
}

BOOST_AUTO_TEST_CASE(a_location_is_resolved_against_the_url_it_came_from) {
  const std::string base = "https://h.example:8443/a/b/c?q=1";
  BOOST_TEST(located(base, "d") == "https://h.example:8443/a/b/d");
  BOOST_TEST(located(base, "./d?x") == "https://h.example:8443/a/b/d?x");
  BOOST_TEST(located(base, "../d") == "https://h.example:8443/a/d");
  BOOST_TEST(located(base, "../../../d") == "https://h.example:8443/d");
  BOOST_TEST(located(base, "/d") == "https://h.example:8443/d");
  BOOST_TEST(located(base, "\\d") == "https://h.example:8443/d");
  BOOST_TEST(located(base, "?x") == "https://h.example:8443/a/b/c?x");
  BOOST_TEST(located(base, "#f") == base);
  BOOST_TEST(located(base, "") == base);
  BOOST_TEST(located(base, "//other.example/x") == "https://other.example/x");
  BOOST_TEST(located(base, "\\/other.example/x") == "https://other.example/x");
  BOOST_TEST(located(base, "http://other.example/x") == "http://other.example/x");
  BOOST_TEST(located(base, "https:d") == "https://h.example:8443/a/b/d");
  BOOST_TEST(located(base, "https:/d") == "https://h.example:8443/d");
  BOOST_TEST(located(base, "http:d") == "http://d/");
  BOOST_TEST(located(base, "d:e") == "refused");
  BOOST_TEST(located(base, "//user@other.example/") == "refused");
  BOOST_TEST(located(base, "http://other.example:99999999999/") == "refused");
  BOOST_TEST(located(base, "//127.1/") == "https://127.0.0.1/");
  BOOST_TEST(located(base, "a%2Fb") == "https://h.example:8443/a/b/a%2Fb");
  BOOST_TEST(located("http://h.example", "x") == "http://h.example/x");
}

BOOST_AUTO_TEST_CASE(logs_get_neither_query_nor_fragment) {
  const auto parsed = std::get<url>(parse_url("http://h.example:8080/a/b?token=secret#x"));
  BOOST_TEST(parsed.for_log() == "http://h.example:8080/a/b");
  BOOST_TEST(parsed.origin() == "http://h.example:8080");
  BOOST_TEST(parsed.target == "/a/b?token=secret");
}

BOOST_AUTO_TEST_CASE(the_canonical_form_parses_to_itself) {
  for (const std::string_view text :
       {"http://h.example/a%20b?x'y", "https://[::ffff:1.2.3.4]:99/..//x\\y?\\",
        "HTTP://0x7f.1:8080/%2e%2e/^"}) {
    const auto once = canonical(text);
    BOOST_TEST(once == canonical(once));
    BOOST_TEST(once != "refused");
  }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace retail_pulse::fetch
