#include <boost/test/unit_test.hpp>
#include <string>
#include <thread>

#include "tests/http/client.hpp"
#include "tests/http/world.hpp"

using namespace retail_pulse;
using namespace retail_pulse::tests;
using namespace std::string_literals;

namespace {

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
  std::this_thread::sleep_for(std::chrono::milliseconds{50});  // most likely two reads; the answer is the same either way
  check_refusal(c, c.ask("99999999999999999999999\r\n\r\n"), 413);
}

BOOST_AUTO_TEST_CASE(chunked_may_be_spelt_as_it_likes) {
  world w;
  for (const auto& value : {"Chunked"s, "CHUNKED"s, "chunked "s}) {
    const auto a = ask(w.port(), post_line + "Transfer-Encoding: " + value + "\r\n\r\n" + in_chunks(good_submission(), 50));
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
  BOOST_TEST(idle.read().status == 0);  // hung up in silence: an answer could be taken for one to the next request
}

BOOST_AUTO_TEST_SUITE_END()
