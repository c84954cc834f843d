#include "http/request/asker.hpp"

#include <boost/test/unit_test.hpp>
#include <nlohmann/json.hpp>

#include "tests/http/client.hpp"
#include "tests/http/world.hpp"

using namespace retail_pulse;
using namespace retail_pulse::http;
using namespace retail_pulse::tests;

namespace {

using nlohmann::json;

/// The status of the rejection of a request; 0 when the request is accepted.
int status_of(std::string method, std::string authority, std::vector<header_field> headers,
              const asker_rules& rules = {}) {
  request r;
  r.method = std::move(method);
  r.authority = std::move(authority);
  r.headers = std::move(headers);
  const auto why = rejection_of_asker(r, rules);
  return why ? why->status : 0;
}

int of_host(const std::string& authority, const asker_rules& rules = {}) {
  return status_of("GET", authority, {}, rules);
}

int of_origin(const std::string& origin, const std::string& host) {
  return status_of("POST", host, {{"Origin", origin}});
}

std::string request_text(const std::string& line, const std::string& headers) {
  return line + "\r\n" + headers + "\r\n";
}

}  // namespace

BOOST_AUTO_TEST_SUITE(askers)

BOOST_AUTO_TEST_CASE(a_page_of_another_site_changes_nothing) {
  for (const auto* method : {"POST", "PUT", "DELETE", "PATCH", "TRACE", "CONNECT", "get"}) {
    BOOST_TEST_CONTEXT(method) {
      for (const auto* site : {"cross-site", "same-site", "Cross-Site", "", "anything"}) {
        BOOST_TEST(status_of(method, "h", {{"Sec-Fetch-Site", site}}) == 403, site);
      }
      for (const auto* site : {"same-origin", "none", " none\t", "SAME-ORIGIN"}) {
        BOOST_TEST(status_of(method, "h", {{"sec-fetch-site", site}}) == 0, site);
      }
      BOOST_TEST(status_of(method, "h", {}) == 0);  // a program
      BOOST_TEST(status_of(method, "h",
                           {{"Sec-Fetch-Site", "same-origin"}, {"Sec-Fetch-Site", "cross-site"}}) ==
                 403);
      BOOST_TEST(
          status_of(method, "h",
                    {{"Sec-Fetch-Site", "same-origin"}, {"Origin", "http://evil.example"}}) == 403);
      BOOST_TEST(status_of(method, "h",
                           {{"Origin", "http://h"}, {"origin", "http://evil.example"}}) == 403);
    }
  }
  for (const auto* method : {"GET", "HEAD", "OPTIONS"}) {
    BOOST_TEST(status_of(method, "h",
                         {{"Sec-Fetch-Site", "cross-site"}, {"Origin", "http://evil.example"}}) ==
               0);
  }
}

BOOST_AUTO_TEST_CASE(an_origin_is_ours_where_host_and_port_are_those_of_the_request) {
  for (const auto& [origin, host] : {std::pair{"http://127.0.0.1:8080", "127.0.0.1:8080"},
                                     {"http://h", "h"},
                                     {"http://h", "h:80"},
                                     {"http://h:80", "h"},
                                     {"https://h", "h"},
                                     {"https://h", "h:443"},
                                     {"HTTP://H:8080", "h:8080"},
                                     {"http://h.local.:8080", "H.Local:8080"},
                                     {"http://[::1]:8080", "[::1]:8080"},
                                     {"http://[::1]", "[::1]"}}) {
    BOOST_TEST(of_origin(origin, host) == 0, origin << " " << host);
  }
  for (const auto& [origin, host] : {std::pair{"null", "h"},
                                     {"", "h"},
                                     {"http://evil.example", "h"},
                                     {"http://127.0.0.1:8081", "127.0.0.1:8080"},
                                     {"http://127.0.0.1", "127.0.0.1:8080"},
                                     {"http://localhost:8080", "127.0.0.1:8080"},
                                     {"https://h", "h:80"},
                                     {"http://h", "h:443"},
                                     {"http://h.evil.example", "h"},
                                     {"http://h@evil.example", "h"},
                                     {"http://h:80@evil.example", "h"},
                                     {"h", "h"},
                                     {"chrome-extension://h", "h:80"},
                                     {"http://h http://h", "h"},
                                     {"http://h:x", "h"},
                                     {"http://h:70000", "h"},
                                     {"http://", "h"},
                                     {"null", ""},
                                     {"http://h", ""}}) {
    BOOST_TEST(of_origin(origin, host) == 403, origin << " " << host);
  }
}

BOOST_AUTO_TEST_CASE(a_host_that_strangers_cannot_have_leads_here) {
  for (const auto* host : {"127.0.0.1",
                           "127.0.0.1:8080",
                           "10.1.2.3:1",
                           "203.0.113.9",
                           "[::1]",
                           "[::1]:8080",
                           "[fe80::1%25eth0]:80",
                           "[::ffff:127.0.0.1]",
                           "localhost",
                           "localhost:8080",
                           "LOCALHOST",
                           "localhost.",
                           "localhost.:8080",
                           "retail-pulse",
                           "retail_pulse:8080",
                           "h:",
                           "box.local",
                           "Box.LOCAL.:80",
                           "api.shop.internal",
                           "pulse.localhost",
                           "pulse.test",
                           "retail-pulse.shop.svc.cluster.local:80",
                           ""}) {
    BOOST_TEST(of_host(host) == 0, host);
  }
  for (const auto* host : {"rebound.example",
                           "rebound.example:8080",
                           "REBOUND.example.",
                           "example.com",
                           "127.0.0.1.evil.example",
                           "localhost.evil.example",
                           "evil-local.example",
                           "local.example",
                           "xn--local.com",
                           "internal.com",
                           "127.0.0.1:x",
                           "127.0.0.1:70000",
                           "h:80:80",
                           "[::1",
                           "[::1]x",
                           "[::1]:x",
                           "[evil.example]",
                           "[]",
                           "::1",
                           "rebound%2eexample",
                           "user@localhost",
                           "a,b",
                           "*",
                           ":80",
                           ".",
                           "..",
                           "0x7f.1"}) {
    BOOST_TEST(of_host(host) == 421, host);
  }
  BOOST_TEST(of_host("127.0.0.1.") == 0);  // the dot at the end does not matter
}

BOOST_AUTO_TEST_CASE(a_configured_name_leads_here_and_names_below_it_do_not) {
  const asker_rules rules{.own_names = {"pulse.example.com", "xn--kln-sna.example"}};
  for (const auto* host : {"pulse.example.com", "Pulse.Example.COM.:8443", "xn--kln-sna.example"})
    BOOST_TEST(of_host(host, rules) == 0);
  for (const auto* host :
       {"example.com", "a.pulse.example.com", "pulse.example.com.evil.example"}) {
    BOOST_TEST(of_host(host, rules) == 421);
  }
}

BOOST_AUTO_TEST_CASE(
    where_requests_prove_who_sends_them_any_host_does_and_another_site_still_changes_nothing) {
  const asker_rules rules{.any_name = true};
  BOOST_TEST(of_host("rebound.example", rules) == 0);
  BOOST_TEST(status_of("POST", "rebound.example", {{"Origin", "http://evil.example"}}, rules) ==
             403);
  BOOST_TEST(status_of("POST", "rebound.example", {{"Origin", "http://rebound.example"}}, rules) ==
             0);
}

BOOST_AUTO_TEST_CASE(the_host_of_an_absolute_target_is_found) {
  for (const auto& [target, authority] : {std::pair{"http://h", "h"},
                                          {"http://h/x", "h"},
                                          {"HTTPS://h:1?x", "h:1"},
                                          {"http://h#x", "h"},
                                          {"http://user@h/x", "user@h"},
                                          {"http:///x", ""}}) {
    BOOST_REQUIRE(authority_of(target).has_value());
    BOOST_TEST(*authority_of(target) == authority);
  }
  for (const auto* target : {"/http://h", "*", "h:443", "ftp://h/", "http:/h", ""})
    BOOST_TEST(!authority_of(target));
}

BOOST_AUTO_TEST_CASE(every_route_is_behind_the_check) {
  world w;
  auto lines = w.routes();
  lines.insert(lines.end(), {"GET /nothing", "OPTIONS *", "HEAD /healthz", "POST /api/submit",
                             "CONNECT h:443", "PATCH /healthz"});
  for (const auto& line : lines) {
    BOOST_TEST_CONTEXT(line) {
      client c{w.port()};
      c.send(
          request_text(line + " HTTP/1.1", "Host: rebound.example:8080\r\nAccept: image/png\r\n"));
      const bool is_head = line.starts_with("HEAD");
      const auto a = c.read(is_head);
      BOOST_TEST(a.status == 421);
      BOOST_TEST(a.header("Content-Type").value() == "application/problem+json");
      if (is_head) continue;
      const auto told = json::parse(a.body);
      BOOST_TEST(told["code"] == "unknown_host");
      BOOST_TEST(told["detail"] ==
                 "the service does not answer to the host 'rebound.example'; where that is its "
                 "name, it has to be started with "
                 "--public-host rebound.example");
      BOOST_TEST(told["error"] == told["detail"]);
      BOOST_TEST(c.ask(get_text("/healthz")).status == 200);  // the connection goes on
    }
  }
}

BOOST_AUTO_TEST_CASE(a_form_of_another_site_starts_no_job_and_one_of_our_own_does) {
  world w;
  const auto sent = [&](const std::string& headers) {
    return ask(w.port(), post_text("/api/submit", good_submission(), headers));
  };
  for (const auto* headers :
       {"Sec-Fetch-Site: cross-site\r\n", "Origin: http://evil.example\r\n", "Origin: null\r\n"}) {
    const auto a = sent(headers);
    BOOST_TEST(a.status == 403);
    BOOST_TEST(json::parse(a.body)["code"] == "cross_site_request");
    BOOST_TEST(json::parse(a.body)["error"].get<std::string>().starts_with(
        "the request comes from a web page of another site ("));
  }
  BOOST_TEST(w.submissions() == 0u);
  BOOST_TEST(sent("Sec-Fetch-Site: same-origin\r\nOrigin: http://h\r\n").status == 201);
  BOOST_TEST(sent("").status == 201);
  const std::string long_origin = "http://" + std::string(10'000, 'x') + "\xFF.example";
  BOOST_TEST(sent("Origin: " + long_origin + "\r\n").body.size() < 1000u);
}

BOOST_AUTO_TEST_CASE(an_absolute_target_counts_in_place_of_host) {
  world w;
  const auto status = [&](const std::string& target, const std::string& host) {
    return ask(w.port(), request_text("GET " + target + " HTTP/1.1", "Host: " + host + "\r\n"))
        .status;
  };
  BOOST_TEST(status("http://127.0.0.1/healthz", "rebound.example") == 200);
  BOOST_TEST(status("http://rebound.example/healthz", "127.0.0.1") == 421);
  BOOST_TEST(status("HTTP://rebound.example/healthz", "127.0.0.1") == 421);
  BOOST_TEST(status("HTTP://h/healthz", "h") == 200);
  BOOST_TEST(status("http://127.0.0.1@rebound.example/healthz", "127.0.0.1") == 400);
  BOOST_TEST(status("http:///healthz", "127.0.0.1") == 400);
  BOOST_TEST(
      ask(w.port(), request_text("GET http://rebound.example/healthz HTTP/1.0", "")).status == 421);
  BOOST_TEST(
      ask(w.port(), request_text("GET /healthz HTTP/1.0", "Host: rebound.example\r\n")).status ==
      421);
  BOOST_TEST(ask(w.port(), request_text("GET /healthz HTTP/1.0", "")).status == 200);
  BOOST_TEST(
      ask(w.port(), request_text("POST /api/submit HTTP/1.0", "Origin: http://h\r\n")).status ==
      403);
}

BOOST_AUTO_TEST_CASE(the_names_of_a_server_are_those_of_its_options) {
  world w{{.askers = {.own_names = {"pulse.example.com"}}}};
  const auto status = [&](const std::string& host) {
    return ask(w.port(), request_text("GET /healthz HTTP/1.1", "Host: " + host + "\r\n")).status;
  };
  BOOST_TEST(status("pulse.example.com") == 200);
  BOOST_TEST(status("rebound.example") == 421);
}

BOOST_AUTO_TEST_SUITE_END()
