#include <boost/test/unit_test.hpp>
#include <set>
#include <string>
#include <thread>

#include "tests/http/client.hpp"
#include "tests/http/world.hpp"

using namespace retail_pulse;
using namespace retail_pulse::tests;
using namespace std::string_literals;

namespace {

std::string many_headers() {
  std::string text;
  for (int i = 0; i < 70; ++i) text += "X-" + std::to_string(i) + ": x\r\n";
  return text;
}

struct wrong_request {
  int status;
  std::string text;
};

const std::string get_line = "GET /healthz HTTP/1.1\r\n";
const std::string post_line = "POST /api/submit HTTP/1.1\r\nHost: h\r\n";

const wrong_request wrong_requests[] = {
    {501, "nonsense\r\n\r\n"},
    {501, "FETCH /healthz HTTP/1.1\r\nHost: h\r\n\r\n"},
    {501, "get /healthz HTTP/1.1\r\nHost: h\r\n\r\n"},
    {501, "\x16\x03\x01\x02\x00\x01\x00\x01\xFC\x03\x03"s},  // a TLS hello
    {501, "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"},               // HTTP/2 without asking
    {505, "GET /healthz HTTP/2.0\r\nHost: h\r\n\r\n"},
    {505, "GET /healthz HTTP/0.9\r\nHost: h\r\n\r\n"},
    {505, "GET /healthz\r\n\r\n"},  // HTTP/0.9
    {400, "GET /healthz HTTP/x\r\nHost: h\r\n\r\n"},
    {400, "GET /healthz HTTP/1.x\r\nHost: h\r\n\r\n"},
    {400, "GET /healthz FTP/1.1\r\nHost: h\r\n\r\n"},
    {400, "GET  HTTP/1.1\r\nHost: h\r\n\r\n"},
    {400, "GET healthz HTTP/1.1\r\nHost: h\r\n\r\n"},
    {400, "GET /health\x01z HTTP/1.1\r\nHost: h\r\n\r\n"},
    {400, "GET /health z HTTP/1.1\r\nHost: h\r\n\r\n"},
    {400, get_line + "\r\n"},  // no Host
    {400, get_line + "Host: h\r\nHost: h\r\n\r\n"},
    {400, get_line + "Host: h\r\nno colon here\r\n\r\n"},
    {400, get_line + "Host : h\r\n\r\n"},
    {400, get_line + ": nameless\r\nHost: h\r\n\r\n"},
    {400, get_line + "Host: h\r\nX: a\0b\r\n\r\n"s},
    {400, get_line + "Host: h\r\nX: a\x01"
                     "b\r\n\r\n"},
    {400, get_line + "Host: h\r\nX(: a\r\n\r\n"},
    {400, post_line + "Content-Length: x\r\n\r\n"},
    {400, post_line + "Content-Length: -1\r\n\r\n"},
    {400, post_line + "Content-Length: 1 2\r\n\r\n12"},
    {413, post_line + "Content-Length: 99999999999999999999999\r\n\r\n"},
    {413, post_line + "Content-Length: 18446744073709551616\r\n\r\n"},
    {413, post_line + "Content-Length: 18446744073709551615\r\n\r\n"},
    {413, post_line + "Content-Length: 1844674407370955160\r\n\r\n"},
    {400, post_line + "Content-Length: 2\r\nContent-Length: 3\r\n\r\n{}x"},
    {400, post_line + "Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"},
    {501, post_line + "Transfer-Encoding: gzip\r\n\r\n"},
    {501, post_line + "Transfer-Encoding: identity\r\n\r\n"},
    {501, post_line + "Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n"},
    {501, post_line + "Transfer-Encoding: chunked, chunked\r\n\r\n0\r\n\r\n"},
    {501, post_line + "Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n"},
    {501, post_line + "Transfer-Encoding: \"chunked\"\r\n\r\n0\r\n\r\n"},
    {501, post_line + "Transfer-Encoding:\r\n\r\n0\r\n\r\n"},
    {501, post_line + "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"},
    {501, post_line + "Transfer-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"},
    {400, post_line + "Transfer-Encoding: chunked\r\n\r\nzz\r\n"},
    {400, post_line + "Transfer-Encoding: chunked\r\n\r\n-1\r\n"},
    {400, post_line + "Transfer-Encoding: chunked\r\n\r\n2\r\nabX\r\n"},
    {400, post_line + "Transfer-Encoding: chunked\r\n\r\nfffffffffffffffff\r\n"},
    {400, "POST /api/submit HTTP/1.0\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"},
    {417, post_line + "Expect: a miracle\r\nContent-Length: 2\r\n\r\n{}"},
    {417, post_line + "Expect: 100-continue, a miracle\r\nContent-Length: 2\r\n\r\n{}"},
    {501, "G(T /healthz HTTP/1.1\r\nHost: h\r\n\r\n"},
    {501, "G\0T /healthz HTTP/1.1\r\nHost: h\r\n\r\n"s},
    {501, "GET\t/healthz\tHTTP/1.1\r\nHost: h\r\n\r\n"},
    {501, " GET /healthz HTTP/1.1\r\nHost: h\r\n\r\n"},
    {501, std::string(5000, 'G') + " /healthz HTTP/1.1\r\nHost: h\r\n\r\n"},
    {400, "GET HTTP/1.1\r\nHost: h\r\n\r\n"},
    {400, "GET h:80 HTTP/1.1\r\nHost: h\r\n\r\n"},
    {400, "GET 1ftp://h/healthz HTTP/1.1\r\nHost: h\r\n\r\n"},
    {400, "GET http:// HTTP/1.1\r\nHost: h\r\n\r\n"},
    {400, "GET /health\0z HTTP/1.1\r\nHost: h\r\n\r\n"s},
    {400, "GET /healthz http/1.1\r\nHost: h\r\n\r\n"},
    {400, "GET /healthz HTTP/1\r\nHost: h\r\n\r\n"},
    {400, "GET /healthz HTTP/1.10\r\nHost: h\r\n\r\n"},
    {400, "GET /healthz HTTP/11.1\r\nHost: h\r\n\r\n"},
    {505, "GET /healthz HTTP/3.0\r\nHost: h\r\n\r\n"},
    {400, "GET /healthz HTTP/1.1 \r\nHost: h\r\n\r\n"},
    {400, "GET /healthz HTTP/1.1\rHost: h\r\n\r\n"},  // a line that ends in CR alone
    {400, get_line + "Host: h\r\nX: a\rY: b\r\n\r\n"},
    {400, get_line + " Host: h\r\n\r\n"},
    {400, get_line + "Host: h\r\nX\0: a\r\n\r\n"s},
    {400, get_line + "Host: h\r\nX\xE9: a\r\n\r\n"},
    {400, get_line + "Host: h\r\nX: a\x7F\r\n\r\n"},
    {400, get_line + "Host: a b\r\n\r\n"},
    {400, get_line + "Host: h/x\r\n\r\n"},
    {400, get_line + "Host: user@h\r\n\r\n"},
    {400, post_line + "Content-Length:\r\n\r\n{}"},
    {400, post_line + "Content-Length: 2, 2\r\n\r\n{}"},
    {400, post_line + "Content-Length: +2\r\n\r\n{}"},
    {400, post_line + "Content-Length: 0x2\r\n\r\n{}"},
    {400, post_line + "Content-Length: 2.0\r\n\r\n{}"},
    {400, post_line + "Content-Length: 2\r\nContent-Length: 2\r\n\r\n{}"},
    {400, post_line + "Transfer-Encoding: chunked\r\nContent-Length: 2\r\n\r\n0\r\n\r\n"},
    {400, post_line + "Transfer-Encoding: chun\r\n ked\r\n\r\n0\r\n\r\n"},
    {400, "GET /healthz HTTP/1.1\nHost: h\n\n"},
    {400, get_line + "Host: h\r\nX: a\r\n b\r\n\r\n"},
    {400, "GET http://user@h/healthz HTTP/1.1\r\nHost: h\r\n\r\n"},
    {501, post_line + "Transfer-Encoding: chunked;q=1\r\n\r\n0\r\n\r\n"},
    {400, post_line + "Transfer-Encoding: chunked\r\n\r\n\r\n"},
    {400, post_line + "Transfer-Encoding: chunked\r\n\r\n0x2\r\n{}\r\n0\r\n\r\n"},
    {400, post_line + "Transfer-Encoding: chunked\r\n\r\n+2\r\n{}\r\n0\r\n\r\n"},
    {400, post_line + "Transfer-Encoding: chunked\r\n\r\n;a=b\r\n"},
    {400, post_line + "Transfer-Encoding: chunked\r\n\r\n\xCF" +
              "2\r\n{}\r\n0\r\n\r\n"},  // the parser takes it for a digit
    {400, post_line + "Transfer-Encoding: chunked\r\n\r\n2;" + std::string(40'000, 'x')},
    {400, post_line + "Transfer-Encoding: chunked\r\n\r\n0\r\nno colon\r\n\r\n"},
    {413, post_line + "Transfer-Encoding: chunked\r\n\r\n200000\r\n" + std::string(1'100'000, ' ')},
    {413, post_line + "Content-Length: 1048577\r\n\r\n"},
    {414, "GET /" + std::string(2048, 'x') + " HTTP/1.1\r\nHost: h\r\n\r\n"},
    {431, get_line + "Host: h\r\nX: " + std::string(17'000, 'x') + "\r\n\r\n"},
    {431, get_line + "Host: h\r\n" + std::string(17'000, 'X') + ": x\r\n\r\n"},
    {431, get_line + "Host: h\r\n" + many_headers() + "\r\n"},
};

const std::string early_ends[] = {"G",
                                  "GET /healthz",
                                  get_line,
                                  get_line + "Host: h\r\n",
                                  get_line + "Host: h\r\n\r",
                                  post_line + "Content-Length: 5\r\n\r\n",
                                  post_line + "Content-Length: 5\r\n\r\n{}",
                                  post_line + "Transfer-Encoding: chunked\r\n\r\n",
                                  post_line + "Transfer-Encoding: chunked\r\n\r\n5\r\nab"};

/// A status, a JSON body with one sentence, and the end of the connection.
void check_refusal(client& c, const answer& a, int status) {
  BOOST_TEST(a.status == status);
  BOOST_TEST(a.body.starts_with(R"({"error":")"));
  BOOST_TEST(a.body.ends_with("\"}"));
  BOOST_TEST(a.header("Connection").value_or("") == "close");
  BOOST_TEST(a.header("Content-Type").value_or("") == "application/json");
  BOOST_TEST(a.header("X-Request-Id").value_or("").size() == 16u);
  c.end_of_requests();
  BOOST_TEST(c.closed());
}

}  // namespace

BOOST_AUTO_TEST_SUITE(malformed)

BOOST_AUTO_TEST_CASE(no_two_wrong_requests_are_the_same) {
  std::set<std::string> kinds{std::begin(early_ends), std::end(early_ends)};
  for (const auto& each : wrong_requests) kinds.insert(each.text);
  BOOST_TEST(kinds.size() == std::size(wrong_requests) + std::size(early_ends));
  BOOST_TEST(kinds.size() >= 60u);
}

BOOST_AUTO_TEST_CASE(every_wrong_request_gets_a_status_and_a_body) {
  world w;
  for (const auto& [status, text] : wrong_requests) {
    BOOST_TEST_CONTEXT(text) {
      client c{w.port()};
      check_refusal(c, c.ask(text), status);
    }
  }
  BOOST_TEST(get(w.port(), "/healthz").status == 200);
  BOOST_TEST(w.submissions() == 0u);
}

BOOST_AUTO_TEST_CASE(every_wrong_request_gets_a_status_on_a_connection_that_has_been_used) {
  world w;
  for (const auto& [status, text] : wrong_requests) {
    BOOST_TEST_CONTEXT(text) {
      client c{w.port()};
      BOOST_REQUIRE_EQUAL(c.ask(get_text("/healthz")).status, 200);
      BOOST_REQUIRE_EQUAL(c.ask(post_text("/api/submit", good_submission(20'000))).status, 201);
      check_refusal(c, c.ask(text), status);
    }
  }
}

BOOST_AUTO_TEST_CASE(a_length_that_comes_in_pieces_is_too_large_all_the_same) {
  world w;
  client c{w.port()};
  c.send(post_line + "Expect: 100-continue\r\nContent-Length: ");
  std::this_thread::sleep_for(
      std::chrono::milliseconds{50});  // most likely two reads; the answer is the same either way
  check_refusal(c, c.ask("99999999999999999999999\r\n\r\n"), 413);
}

/// Requests that the standard allows, or does not define.
BOOST_AUTO_TEST_CASE(an_unusual_request_is_served) {
  world w;
  for (const auto& text :
       {"\r\n\r\nGET /healthz HTTP/1.1\r\nHost: h\r\n\r\n"s, get_line + "Host:\r\n\r\n",
        get_line + "Host: [::1]:8080\r\n\r\n", get_line + "Host: h\r\nX:\r\n\r\n",
        get_line + "Host: h\r\nX: \xE9\r\n\r\n",
        get_line + "Host: h\r\nExpect: 100-continue\r\n\r\n",
        "GET /healthz#part HTTP/1.1\r\nHost: h\r\n\r\n"s,
        "GET /healthz? HTTP/1.1\r\nHost: h\r\n\r\n"s,
        "GET /healthz HTTP/1.2\r\nHost: h\r\n\r\n"s}) {
    BOOST_TEST_CONTEXT(text) {
      client c{w.port()};
      auto a = c.ask(text);
      if (a.status == 100) a = c.read();
      BOOST_TEST(a.status == 200);
    }
  }
  const auto chunks = in_chunks(good_submission(), 50);
  const auto without_end = chunks.substr(0, chunks.size() - 2);
  const auto head = post_line + "Transfer-Encoding: chunked\r\n\r\n";
  BOOST_TEST(ask(w.port(), head + without_end + "X-Trailer: x\r\n\r\n").status == 201);
  BOOST_TEST(ask(w.port(), head + "1;name=\"a value\";more\r\n \r\n" + chunks).status == 201);
  BOOST_TEST(ask(w.port(), head + "1;" + std::string(5000, 'x') + "\r\n \r\n" + chunks).status ==
             201);
  BOOST_TEST(ask(w.port(), head + "001\r\n \r\n" + chunks).status == 201);
}

BOOST_AUTO_TEST_CASE(a_target_of_another_form_leads_to_nothing) {
  world w;
  for (const auto* line : {"GET ftp://h/healthz", "GET *", "POST *", "CONNECT h:443", "GET /%zz",
                           "GET /%00", "GET /\xE9"}) {
    BOOST_TEST_CONTEXT(line) {
      const auto a = ask(w.port(), std::string{line} + " HTTP/1.1\r\nHost: h\r\n\r\n");
      BOOST_TEST(a.status == 404);
      BOOST_TEST(a.body == R"({"error":"there is nothing at this path"})");
    }
  }
}

BOOST_AUTO_TEST_CASE(chunked_may_be_spelt_as_it_likes) {
  world w;
  for (const auto& value : {"Chunked"s, "CHUNKED"s, "chunked "s}) {
    const auto a = ask(w.port(), post_line + "Transfer-Encoding: " + value + "\r\n\r\n" +
                                     in_chunks(good_submission(), 50));
    BOOST_TEST(a.status == 201);
  }
}

BOOST_AUTO_TEST_CASE(the_answer_before_a_wrong_request_is_not_lost) {
  world w;
  client c{w.port()};
  c.send(post_text("/api/submit", good_submission()) + get_text("/healthz") + "nonsense\r\n\r\n");
  BOOST_TEST(c.read().status == 201);
  BOOST_TEST(c.read().status == 200);
  check_refusal(c, c.read(), 501);
}

BOOST_AUTO_TEST_CASE(a_request_that_ends_early_gets_a_status_and_a_body) {
  world w;
  for (const auto& text : early_ends) {
    BOOST_TEST_CONTEXT(text) {
      client c{w.port()};
      c.send(text);
      c.end_of_requests();
      const auto a = c.read();
      BOOST_TEST(a.status == 400);
      BOOST_TEST(a.body == R"({"error":"the request ended early"})");
      BOOST_TEST(c.closed());
    }
  }
}

BOOST_AUTO_TEST_CASE(a_connection_without_a_request_ends_in_silence) {
  world w;
  client unused{w.port()};
  unused.end_of_requests();
  BOOST_TEST(unused.read().status == 0);
  client used{w.port()};
  BOOST_TEST(used.ask(get_text("/healthz")).status == 200);
  used.end_of_requests();
  BOOST_TEST(used.read().status == 0);
}

BOOST_AUTO_TEST_CASE(a_request_that_takes_too_long_gets_a_status_and_a_body) {
  world w{{.request_read = std::chrono::milliseconds{200}}};
  for (const auto& text : {"GET /heal"s, post_line + "Content-Length: 5\r\n\r\n{}"}) {
    client c{w.port()};
    const auto a = c.ask(text);
    BOOST_TEST(a.body == R"({"error":"the request did not arrive in time"})");
    check_refusal(c, a, 408);
  }
  client idle{w.port()};
  BOOST_TEST(idle.ask(get_text("/healthz")).status == 200);
  BOOST_TEST(idle.read().status ==
             0);  // hung up in silence: an answer could be taken for one to the next request
}

BOOST_AUTO_TEST_SUITE_END()
