#include <boost/test/unit_test.hpp>
#include <string>

#include "core/limits.hpp"
#include "tests/support/origin_dns.hpp"
#include "tests/unit/fetch/engine_fixture.hpp"

namespace retail_pulse::fetch {

BOOST_AUTO_TEST_SUITE(engine_http)

namespace {

/// A GIF with zeros after its end, `bytes` in all: what follows the end mark does no harm.
std::string gif_of(std::size_t bytes) {
  auto text = tiny_gif(30, 20);
  text.resize(bytes, '\0');
  return text;
}

std::string redirect_to(const std::string& location, int status = 302) {
  return http_response(status, "", "Location: " + location + "\r\n");
}

}  // namespace

BOOST_AUTO_TEST_CASE(an_image_is_measured_and_the_evidence_says_how) {
  origin host{
      origin::answering([](const std::string&) { return http_response(200, tiny_gif(640, 480)); })};
  const auto result = fetch(loopback_options(), host.url("/a.gif?x=1"));
  CHECK_CODE(result, none);
  BOOST_TEST((result.measured == measurement{image_format::gif, 640, 480}));
  BOOST_TEST(result.evidence.address == "127.0.0.1");
  BOOST_TEST(result.evidence.http_status == 200);
  BOOST_TEST(result.evidence.bytes == static_cast<std::int64_t>(tiny_gif(640, 480).size()));
  BOOST_TEST(result.evidence.final_url == "");
  BOOST_TEST(!result.retry_after.has_value());
}

BOOST_AUTO_TEST_CASE(the_request_names_the_host_and_asks_for_the_bytes_as_they_are) {
  origin host{
      origin::answering([](const std::string&) { return http_response(200, tiny_gif(1, 1)); })};
  CHECK_CODE(fetch(loopback_options(), host.url("/a%20b/%2F?q=%41'", "0x7f.1")), none);
  const auto request = host.requests().at(0);
  BOOST_TEST(request.starts_with("GET /a%20b/%2F?q=%41%27 HTTP/1.1\r\n"), request);
  BOOST_TEST(
      request.find("Host: 127.0.0.1:" + std::to_string(host.port()) + "\r\n") != std::string::npos,
      request);
  BOOST_TEST(request.find("Accept-Encoding: identity\r\n") != std::string::npos, request);
  BOOST_TEST(request.find("Authorization") == std::string::npos, request);
  BOOST_TEST(request.find("\r\nUser-Agent: retail-pulse\r\n") != std::string::npos, request);
}

BOOST_AUTO_TEST_CASE(the_request_says_who_we_are_as_told) {
  origin host{
      origin::answering([](const std::string&) { return http_response(200, tiny_gif(1, 1)); })};
  auto options = loopback_options();
  options.user_agent = "Shelves/2.1 (+https://example.com/bot)";
  CHECK_CODE(fetch(options, host.url("/")), none);
  const auto request = host.requests().at(0);
  BOOST_TEST(request.find("\r\nUser-Agent: Shelves/2.1 (+https://example.com/bot)\r\n") !=
                 std::string::npos,
             request);
}

BOOST_AUTO_TEST_CASE(one_connection_serves_one_fetch_after_the_other) {
  origin host{origin::answering([](const std::string& path) {
    if (path == "/missing") return http_response(404, std::string(limits::rest_drained_bytes, 'x'));
    if (path == "/text") return http_response(200, std::string(5000, 'x'));
    if (path == "/none") return std::string{"HTTP/1.1 204 No Content\r\n\r\n"};
    if (path == "/chunked") {
      const auto gif = tiny_gif(7, 8);
      return "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + std::string{"a\r\n"} +
             gif.substr(0, 10) + "\r\n" + "12;x=y\r\n" + gif.substr(10) +
             "\r\n0\r\nTrailer: x\r\n\r\n";
    }
    return http_response(200, gif_of(100'000));
  })};
  const auto engine = make_blocking_engine(loopback_options());
  for (int i = 0; i < 5; ++i) {
    CHECK_CODE(fetch(*engine, host.url("/good")), none);
    CHECK_CODE(fetch(*engine, host.url("/missing")), http_status);
    CHECK_CODE(fetch(*engine, host.url("/text")), not_an_image);
    CHECK_CODE(fetch(*engine, host.url("/none")), http_status);
    const auto chunked = fetch(*engine, host.url("/chunked"));
    CHECK_CODE(chunked, none);
    BOOST_TEST(chunked.measured.width == 7u);
  }
  BOOST_TEST(host.requests().size() == 25u);
  BOOST_TEST(host.connections() == 1);
}

BOOST_AUTO_TEST_CASE(a_large_unwanted_rest_costs_the_connection_and_not_its_bytes) {
  const std::string big(std::size_t{64} << 20, 'x');
  origin host{origin::answering(
      [&](const std::string& path) { return http_response(path == "/error" ? 500 : 200, big); })};
  auto options = loopback_options();
  options.max_image_bytes = 100 << 20;
  const auto engine = make_blocking_engine(options);
  const auto error = fetch(*engine, host.url("/error"));
  CHECK_CODE(error, http_status);
  BOOST_TEST(error.evidence.bytes <= static_cast<std::int64_t>(limits::rest_drained_bytes));
  const auto text = fetch(*engine, host.url("/text"));
  CHECK_CODE(text, not_an_image);
  BOOST_TEST(text.evidence.bytes < 1 << 20);
  BOOST_TEST(host.connections() == 2);
}

BOOST_AUTO_TEST_CASE(a_kept_connection_that_died_is_replaced_within_the_attempt) {
  origin host{
      [](session& with) {  // says it keeps the connection, then hangs up on the second request
        if (with.read_request()) with.send(http_response(200, tiny_gif(3, 4)));
        with.read_request();
      }};
  const auto engine = make_blocking_engine(loopback_options());
  for (int i = 0; i < 4; ++i) CHECK_CODE(fetch(*engine, host.url("/")), none);
  BOOST_TEST(host.connections() == 4);
}

BOOST_AUTO_TEST_CASE(
    what_a_kept_connection_is_not_there_for_is_asked_over_a_new_one_within_the_attempt) {
  for (const int status : {408, 421}) {
    for (const auto how : {mode::full, mode::header}) {
      origin host{[status](session& with) {  // only the first request of each connection is
                                             // answered with a picture
        if (with.read_request()) with.send(http_response(200, tiny_gif(3, 4)));
        while (with.read_request() && with.send(http_response(status, "not here"))) {
        }
      }};
      auto options = loopback_options();
      options.how = how;
      const auto engine = make_blocking_engine(options);
      for (int i = 0; i < 3; ++i) {
        const auto result = fetch(*engine, host.url("/"));
        CHECK_CODE(result, none);
        BOOST_TEST(result.measured.width == 3u);
        BOOST_TEST(result.evidence.http_status == 200);
      }
      BOOST_TEST(host.connections() == 3);
    }
  }
}

BOOST_AUTO_TEST_CASE(where_the_new_connection_fails_the_status_of_the_kept_one_is_no_evidence) {
  origin host{[](session& with) {
    if (with.read_request() && with.number() == 0) {
      with.send(http_response(200, tiny_gif(3, 4)));
      if (with.read_request()) with.send(http_response(421, "not here"));
    }
  }};
  const auto engine = make_blocking_engine(loopback_options());
  CHECK_CODE(fetch(*engine, host.url("/")), none);
  const auto result = fetch(*engine, host.url("/"));
  CHECK_CODE(result, connect_failed);
  BOOST_TEST(result.evidence.http_status == 0);
  BOOST_TEST(host.connections() == 2);
}

BOOST_AUTO_TEST_CASE(a_connection_that_a_request_is_not_wanted_on_is_not_kept) {
  for (const int status : {408, 421}) {
    origin host{serving(http_response(status, "not here"))};
    const auto engine = make_blocking_engine(loopback_options());
    for (int i = 0; i < 3; ++i) {
      const auto result = fetch(*engine, host.url("/"));
      CHECK_CODE(result, http_status);
      BOOST_TEST(result.evidence.http_status == status);
    }
    BOOST_TEST(host.requests().size() == 3u);
    BOOST_TEST(host.connections() == 3);
  }
}

BOOST_AUTO_TEST_CASE(a_new_connection_that_dies_unanswered_is_not_tried_again) {
  origin host{[](session& with) { with.read_request(); }};
  CHECK_CODE(fetch(loopback_options(), host.url("/")), connect_failed);
  BOOST_TEST(host.connections() == 1);
}

BOOST_AUTO_TEST_CASE(an_idle_connection_that_was_sent_something_unasked_is_not_used_again) {
  origin host{[](session& with) {
    if (!with.read_request()) return;
    with.send(http_response(200, tiny_gif(3, 4)) +
              http_response(200, tiny_gif(99, 99)));  // a second answer nobody asked for
    with.wait_for_close();
  }};
  const auto engine = make_blocking_engine(loopback_options());
  for (int i = 0; i < 3; ++i) {
    const auto result = fetch(*engine, host.url("/"));
    CHECK_CODE(result, none);
    BOOST_TEST(result.measured.width == 3u);
  }
  BOOST_TEST(host.connections() == 3);
}

BOOST_AUTO_TEST_CASE(a_status_that_is_not_a_file_is_reported) {
  for (const int status : {201, 202, 205, 300, 304, 305, 400, 403, 404, 410, 429, 500, 503, 599}) {
    origin host{serving(http_response(status, status == 304 ? "" : "sorry"))};
    const auto result = fetch(loopback_options(), host.url("/"));
    CHECK_CODE(result, http_status);
    BOOST_TEST(result.evidence.http_status == status);
  }
  origin moved_nowhere{serving(http_response(302, ""))};
  const auto result = fetch(loopback_options(), moved_nowhere.url("/"));
  CHECK_CODE(result, http_status);
  BOOST_TEST(result.evidence.http_status == 302);
}

BOOST_AUTO_TEST_CASE(a_file_that_ends_early_lasts_only_when_it_came_in_full) {
  const auto cut = tiny_gif(5, 5).substr(0, 25);
  origin stored{serving(http_response(200, cut))};
  const auto in_full = fetch(loopback_options(), stored.url("/"));
  CHECK_CODE(in_full, truncated);
  BOOST_TEST(in_full.lasts);
  BOOST_TEST(in_full.reason == "it ends within a block");
  origin lost{serving_once("HTTP/1.1 200 OK\r\nContent-Length: 28\r\n\r\n" + cut)};
  const auto in_part = fetch(loopback_options(), lost.url("/"));
  CHECK_CODE(in_part, truncated);
  BOOST_TEST(!in_part.lasts);
  BOOST_TEST(in_part.reason.empty());
}

BOOST_AUTO_TEST_CASE(a_retry_after_is_handed_on_wherever_another_attempt_can_help) {
  for (const int status :
       {408, 421, 425, 429, 500, 502, 503, 504, 522, 599, 201, 404, 413, 501, 505, 511}) {
    origin host{serving(http_response(status, "", "Retry-After: 7\r\n"))};
    const auto result = fetch(loopback_options(), host.url("/"));
    CHECK_CODE(result, http_status);
    BOOST_TEST(result.retry_after.has_value() == can_pass(error_code::http_status, status), status);
    if (result.retry_after) BOOST_TEST((*result.retry_after == 7s));
  }
}

BOOST_AUTO_TEST_CASE(an_unasked_part_is_a_protocol_error) {
  origin host{serving(http_response(206, tiny_gif(1, 1), "Content-Range: bytes 0-33/99\r\n"))};
  CHECK_CODE(fetch(loopback_options(), host.url("/")), protocol_error);
}

BOOST_AUTO_TEST_CASE(five_redirects_are_followed_and_six_are_not) {
  const auto script = origin::answering([](const std::string& path) {
    const int left = std::stoi(path.substr(1));
    if (left == 0) return http_response(200, tiny_gif(5, 6));
    constexpr int statuses[] = {301, 302, 303, 307, 308};
    return redirect_to("./" + std::to_string(left - 1), statuses[left % 5]);
  });
  origin host{script};
  const auto engine = make_blocking_engine(loopback_options());
  const auto followed = fetch(*engine, host.url("/5"));
  CHECK_CODE(followed, none);
  BOOST_TEST(followed.evidence.final_url == host.url("/0"));
  BOOST_TEST(host.connections() == 1);
  const auto refused = fetch(*engine, host.url("/6"));
  CHECK_CODE(refused, too_many_redirects);
  BOOST_TEST(refused.evidence.http_status == 302);
  BOOST_TEST(refused.reason == "more than 5 times");
}

BOOST_AUTO_TEST_CASE(an_exceeded_limit_is_reported_with_its_number_and_not_tried_again) {
  const std::string ok = "HTTP/1.1 200 OK\r\n";
  const std::string chunked = ok + "Transfer-Encoding: chunked\r\n\r\n";
  const std::pair<std::string, std::string> rows[] = {
      {"HTTP/1.1 200 " + std::string(9000, 'x'), "its status line is longer than 8 KiB"},
      {ok + "Location: http://127.0.0.1/" + std::string(9000, 'x') + "\r\n\r\n",
       "its Location header is longer than 8 KiB"},
      {ok + "X: " + std::string(70'000, 'x') + "\r\n\r\n", "its headers are longer than 64 KiB"},
      {ok + "Content-Length: 9999999999999999999\r\n\r\n",
       "its Content-Length has more than 18 digits"},
      {chunked + "1;" + std::string(300, 'x') + "\r\n",
       "a chunk size line is longer than 256 bytes"},
      {chunked + "1000000000000000\r\n", "a chunk size has more than 15 digits"},
      {chunked + "0\r\nX: " + std::string(70'000, 'x') + "\r\n\r\n",
       "its trailers are longer than 64 KiB"},
  };
  for (const auto& [response, reason] : rows) {
    origin host{serving_once(response)};
    const auto result = fetch(loopback_options(), host.url("/"));
    CHECK_CODE(result, protocol_error);
    BOOST_TEST(result.reason == reason);
    BOOST_TEST(!result.can_pass(), reason);
  }
}

BOOST_AUTO_TEST_CASE(an_invalid_http_response_is_reported_and_may_pass) {
  for (const std::string response :
       {"220 mail.test ready\r\n", "HTTP/1.1 200 OK\r\nno header\r\n\r\n",
        "HTTP/1.1 200 OK\r\nX: "}) {
    origin host{serving_once(response)};
    const auto result = fetch(loopback_options(), host.url("/"));
    CHECK_CODE(result, protocol_error);
    BOOST_TEST(result.reason != "");
    BOOST_TEST(result.can_pass());
  }
}

BOOST_AUTO_TEST_CASE(a_deadline_is_reported_with_its_number_and_may_pass) {
  origin host{test_support::says_nothing};
  const auto result = fetch(with_deadline(50ms), host.url("/"));
  CHECK_CODE(result, timed_out);
  BOOST_TEST(result.reason == "not within 50 ms");
  BOOST_TEST(result.can_pass());
}

BOOST_AUTO_TEST_CASE(headers_that_nobody_reads_may_be_long) {
  origin host{serving(
      http_response(200, tiny_gif(3, 4),
                    "Content-Security-Policy: " + std::string(20 * limits::kib, 'x') + "\r\n"))};
  CHECK_CODE(fetch(loopback_options(), host.url("/")), none);
}

BOOST_AUTO_TEST_CASE(a_redirect_is_guarded_like_a_first_url) {
  origin inside{
      origin::answering([](const std::string&) { return http_response(200, tiny_gif(1, 1)); })};
  const std::pair<std::string, error_code> rows[] = {
      {"http://10.0.0.1/", error_code::blocked_address},
      {"http://169.254.169.254/latest/meta-data/", error_code::blocked_address},
      {"//0xa9fea9fe/", error_code::blocked_address},
      {"http://[::ffff:10.0.0.1]/", error_code::blocked_address},
      {"http://127.0.0.1:22/", error_code::invalid_url},
      {"http://user:pass@127.0.0.1/", error_code::invalid_url},
      {"http://127.0.0.1:99999999999999999999/", error_code::invalid_url},
      {"ftp://127.0.0.1/", error_code::invalid_url},
      {"file:///etc/passwd", error_code::invalid_url},
  };
  for (const auto& [location, code] : rows) {
    origin host{serving(redirect_to(location))};
    const auto result = fetch(loopback_options(), host.url("/"));
    BOOST_TEST((result.code == code),
               location << ": " << describe(result.code).name << " " << result.detail);
    // The evidence is about the hop that was refused, not about the origin that redirected.
    BOOST_TEST(result.evidence.final_url != "", location);
    BOOST_TEST(result.evidence.address == "", location);
    BOOST_TEST(result.evidence.http_status == 0, location);
    BOOST_TEST(result.evidence.bytes == 0, location);
  }
}

BOOST_AUTO_TEST_CASE(a_redirect_to_an_invalid_url_is_reported_without_its_secrets) {
  const auto told = [](const std::string& location) {
    origin host{serving(redirect_to(location))};
    auto result = fetch(loopback_options(), host.url("/here?key=1"));
    CHECK_CODE(result, invalid_url);
    BOOST_TEST(result.detail.find("redirected by " + host.url("/here") + ":") == 0u);
    BOOST_TEST(result.reason.starts_with("a redirect leads to a URL that is not valid ("),
               result.reason);
    return result.evidence.final_url == host.url("/here") ? "the redirecting URL"
                                                          : result.evidence.final_url;
  };
  BOOST_TEST(told("file:///etc/passwd?token#x") == "file:///etc/passwd");
  BOOST_TEST(told("http://user:secret@127.0.0.1/a") == "127.0.0.1/a");
  BOOST_TEST(told("http://127.0.0.1:22/?token") == "http://127.0.0.1:22/");
  BOOST_TEST(told("data:" + std::string(300, 'x')) == "data:" + std::string(251, 'x'));
  BOOST_TEST(told("http://user@?key") == "the redirecting URL");
}

BOOST_AUTO_TEST_CASE(a_hop_that_cannot_be_connected_to_has_its_own_address_and_no_status) {
  std::string nobody;
  { nobody = origin{serving("")}.url("/", "127.0.0.1"); }
  origin host{serving(redirect_to(nobody))};
  const auto result = fetch(loopback_options(), host.url("/", "localhost"));
  CHECK_CODE(result, connect_failed);
  BOOST_TEST(result.evidence.final_url == nobody);
  BOOST_TEST(result.evidence.address == "127.0.0.1");
  BOOST_TEST(result.evidence.http_status == 0);
}

BOOST_AUTO_TEST_CASE(addresses_that_are_not_public_are_blocked_unless_opened) {
  origin host{
      origin::answering([](const std::string&) { return http_response(200, tiny_gif(1, 1)); })};
  const auto closed = make_blocking_engine({});
  for (const char* name : {"127.0.0.1", "127.1", "0x7f.1", "2130706433", "localhost", "[::1]",
                           "[::ffff:127.0.0.1]", "0.0.0.0", "[::]"}) {
    const auto result = fetch(*closed, host.url("/", name));
    CHECK_CODE(result, blocked_address);
    BOOST_TEST(result.evidence.address == "");
    BOOST_TEST(resolve(*closed, host.url("/", name)) == "");
  }
  BOOST_TEST(host.connections() == 0);
  const auto open = make_blocking_engine(loopback_options());
  for (const char* name : {"127.0.0.1", "127.1", "localhost", "[::ffff:127.0.0.1]"})
    CHECK_CODE(fetch(*open, host.url("/", name)), none);
  BOOST_TEST(resolve(*open, host.url("/", "127.1")) == "127.0.0.1");
  BOOST_TEST(resolve(*open, host.url("/", "[::ffff:127.0.0.1]")) == "127.0.0.1");
  BOOST_TEST(fetch(*open, host.url("/", "[::ffff:127.0.0.1]")).evidence.address == "127.0.0.1");
  BOOST_TEST(resolve(*open, "http://user@127.0.0.1/") == "");
  CHECK_CODE(fetch(*open, "http://10.0.0.1/"), blocked_address);
}

BOOST_AUTO_TEST_CASE(an_ipv6_origin_is_fetched_from) {
  origin host{
      origin::answering([](const std::string&) { return http_response(200, tiny_gif(1, 1)); }),
      std::nullopt, "::1"};
  const auto result = fetch(loopback_options(), host.url("/", "[::1]"));
  CHECK_CODE(result, none);
  BOOST_TEST(result.evidence.address == "::1");
  BOOST_TEST(host.requests().at(0).find("Host: [::1]:" + std::to_string(host.port())) !=
             std::string::npos);
}

BOOST_AUTO_TEST_CASE(only_named_hosts_and_those_below_them_are_fetched_from) {
  origin host{origin::answering([](const std::string& path) {
    return path == "/away" ? redirect_to("http://127.0.0.1:8081/")
                           : http_response(200, tiny_gif(1, 1));
  })};
  auto options = loopback_options();
  options.allow_hosts = {"localhost"};
  const auto engine = make_blocking_engine(options);
  CHECK_CODE(fetch(*engine, host.url("/", "localhost")), none);
  CHECK_CODE(fetch(*engine, host.url("/", "LOCALHOST")), none);
  CHECK_CODE(fetch(*engine, host.url("/")), blocked_address);
  CHECK_CODE(fetch(*engine, host.url("/", "notlocalhost")), blocked_address);
  CHECK_CODE(fetch(*engine, host.url("/", "localhost.example")), blocked_address);
  CHECK_CODE(fetch(*engine, host.url("/away", "localhost")), blocked_address);
  BOOST_TEST(resolve(*engine, host.url("/")) == "");
}

BOOST_AUTO_TEST_CASE(a_host_in_unicode_is_one_with_its_punycode_everywhere) {
  const test_support::dns_stub names{[](const std::string& name, bool, int) {
    return name == "xn--bcher-kva.test" ? test_support::dns_answer{.addresses = {"127.0.0.1"}}
                                        : test_support::dns_answer{.rcode = 3};
  }};
  origin host{origin::answering([](const std::string& path) {
    const auto to_name = path.starts_with("/to");
    return to_name ? redirect_to("//b\u00FCcher.test:" + path.substr(3) + "/\u00E9")
                   : http_response(200, tiny_gif(1, 1));
  })};
  auto options = loopback_options();
  options.dns_servers = names.server();
  options.allow_hosts = {"xn--bcher-kva.test"};
  const auto engine = make_blocking_engine(options);
  const auto port = std::to_string(host.port());
  for (const std::string name :
       {"b\u00FCcher.test", "b%C3%BCcher.test", "B\u00DCCHER\u3002test", "xn--bcher-kva.test"}) {
    CHECK_CODE(fetch(*engine, host.url("/a", name)), none);
    BOOST_TEST(resolve(*engine, host.url("/", name)) == "127.0.0.1");
    BOOST_TEST(host.requests().back().find("\r\nHost: xn--bcher-kva.test:" + port + "\r\n") !=
               std::string::npos);
  }
  BOOST_TEST(host.connections() == 1);
  CHECK_CODE(fetch(*engine, host.url("/a", "buecher.test")), blocked_address);
  const auto redirected = fetch(*engine, host.url("/to" + port, "b\u00FCcher.test"));
  CHECK_CODE(redirected, none);
  BOOST_TEST(redirected.evidence.final_url == host.url("/%C3%A9", "xn--bcher-kva.test"));
}

BOOST_AUTO_TEST_CASE(a_url_that_cannot_be_parsed_is_invalid_with_a_reason) {
  const auto engine = make_blocking_engine(loopback_options());
  for (const char* text :
       {"", "nonsense", "ftp://127.0.0.1/", "http://user@127.0.0.1/", "http://127.0.0.1:25/"}) {
    const auto result = fetch(*engine, text);
    CHECK_CODE(result, invalid_url);
    BOOST_TEST(result.reason != "", text);
  }
  BOOST_TEST(fetch(*engine, "http://127.0.0.1:25/").reason == "port 25 is blocked");
}

BOOST_AUTO_TEST_CASE(a_redirect_that_cannot_be_followed_has_a_reason_without_its_url) {
  origin host{serving(redirect_to("http://secret.test:25/?token=1"))};
  const auto result = fetch(loopback_options(), host.url("/"));
  CHECK_CODE(result, invalid_url);
  BOOST_TEST(result.reason == "a redirect leads to a URL that is not valid (port 25 is blocked)");
  origin inside{serving(redirect_to("http://10.0.0.1/"))};
  BOOST_TEST(fetch(loopback_options(), inside.url("/")).reason == "");
}

BOOST_AUTO_TEST_CASE(a_file_may_have_as_many_bytes_as_allowed_and_not_one_more) {
  constexpr std::size_t bound = 50'000;
  auto options = loopback_options();
  options.max_image_bytes = bound;
  const auto chunked = [](const std::string& body) {
    char size[32];
    std::snprintf(size, sizeof size, "%zx\r\n", body.size());
    return "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + std::string{size} + body +
           "\r\n0\r\n\r\n";
  };
  const auto until_close = [](const std::string& body) { return "HTTP/1.1 200 OK\r\n\r\n" + body; };
  for (const bool over : {false, true}) {
    const auto body = gif_of(bound + (over ? 1 : 0));
    for (const auto& response : {http_response(200, body), chunked(body), until_close(body)}) {
      origin host{serving_once(response)};
      const auto result = fetch(options, host.url("/"));
      if (over) {
        CHECK_CODE(result, too_large);
        BOOST_TEST(result.reason == "more than 50000 bytes");
      } else {
        CHECK_CODE(result, none);
        BOOST_TEST(result.evidence.bytes == static_cast<std::int64_t>(bound));
      }
    }
  }
}

BOOST_AUTO_TEST_CASE(an_announced_length_over_the_bound_is_refused_before_a_byte_of_it) {
  origin host{serving("HTTP/1.1 200 OK\r\nContent-Length: 999999999999999999\r\n\r\n")};
  const auto result = fetch(loopback_options(), host.url("/"));
  CHECK_CODE(result, too_large);
  BOOST_TEST(result.reason == "more than 50 MiB");
  BOOST_TEST(result.evidence.bytes == 0);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace retail_pulse::fetch
