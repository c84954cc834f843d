#include <boost/test/unit_test.hpp>
#include <set>

#include "tests/http/client.hpp"
#include "tests/http/world.hpp"

using namespace retail_pulse;
using namespace retail_pulse::tests;

BOOST_AUTO_TEST_SUITE(protocol)

BOOST_AUTO_TEST_CASE(every_answer_names_its_request_and_no_version) {
  world w;
  std::set<std::string> ids;
  for (const auto* target : {"/healthz", "/readyz", "/nothing", "/api/status", "/api/submit"}) {
    const auto a = get(w.port(), target);
    BOOST_TEST(a.header("Server").value() == "retail-pulse");
    BOOST_TEST(a.header("Date").has_value());
    BOOST_TEST(a.header("Content-Type").value() == "application/json");
    BOOST_TEST(a.header("Cache-Control").value() == "no-store");
    ids.insert(a.header("X-Request-Id").value());
  }
  ids.insert(ask(w.port(), "nonsense\r\n\r\n").header("X-Request-Id").value());
  BOOST_TEST(ids.size() == 6u);
}

BOOST_AUTO_TEST_CASE(a_valid_request_id_is_kept) {
  world w;
  const auto id_for = [&w](const std::string& id) {
    return ask(w.port(), get_text("/healthz", "x-request-ID: " + id + "\r\n"))
        .header("X-Request-Id")
        .value();
  };
  BOOST_TEST(id_for("a.B_9-z") == "a.B_9-z");
  BOOST_TEST(id_for(std::string(64, 'x')) == std::string(64, 'x'));
  for (const auto& id : {std::string(65, 'x'), std::string{"a b"}, std::string{"a;b"},
                         std::string{"<script>"}, std::string{"\xC3\xA9"}, std::string{}}) {
    const auto made = id_for(id);
    BOOST_TEST(made != id);
    BOOST_TEST(made.size() == 16u);
  }
}

BOOST_AUTO_TEST_CASE(a_refusal_keeps_the_request_id_if_all_headers_have_been_read) {
  world w{{.max_body_bytes = 1000}};
  const auto id_for = [&w](const std::string& headers, const std::string& body = "") {
    const auto a = ask(w.port(), "POST /api/submit HTTP/1.1\r\nHost: h\r\nX-Request-Id: mine\r\n" +
                                     headers + "\r\n" + body);
    return std::to_string(a.status) + " " + a.header("X-Request-Id").value_or("");
  };
  BOOST_TEST(id_for("Content-Length: 1001\r\n") == "413 mine");
  BOOST_TEST(id_for("Transfer-Encoding: chunked\r\n", "3e9\r\n" + std::string(1001, ' ')) ==
             "413 mine");
  BOOST_TEST(id_for("Expect: miracles\r\n") == "417 mine");
  BOOST_TEST(id_for("Transfer-Encoding: gzip, chunked\r\n") == "501 mine");
  BOOST_TEST(id_for("X: " + std::string(20'000, 'v') + "\r\n") != "431 mine");
  const auto insane = ask(
      w.port(),
      "POST /api/submit HTTP/1.1\r\nHost: h\r\nX-Request-Id: a b\r\nContent-Length: 1001\r\n\r\n");
  BOOST_TEST(insane.header("X-Request-Id").value().size() == 16u);
}

BOOST_AUTO_TEST_CASE(unknown_paths_are_404_with_a_body) {
  world w;
  for (const auto* target : {"/", "/api", "/api/", "/api/submit/x", "/api/submit//", "//api/submit",
                             "/API/submit", "/api%2Fsubmit", "/healthz/", "/../healthz",
                             "/api/status/1", "/favicon.ico", "*", "http://h", "http://h/x?y"}) {
    const auto a = get(w.port(), target);
    BOOST_TEST(a.status == 404);
    BOOST_TEST(a.body == R"({"error":"there is nothing at this path"})");
  }
  BOOST_TEST(ask(w.port(), "DELETE /nothing HTTP/1.1\r\nHost: h\r\n\r\n").status == 404);
}

BOOST_AUTO_TEST_CASE(an_absolute_target_is_understood) {
  world w;
  BOOST_TEST(get(w.port(), "http://127.0.0.1:80/healthz").status == 200);
  BOOST_TEST(get(w.port(), "http://h/api/status?jobid=3").body ==
             R"({"error":"job 3 does not exist"})");
  BOOST_TEST(get(w.port(), "/healthz?x=1").status == 200);
}

BOOST_AUTO_TEST_CASE(another_method_is_405_with_the_allowed_methods) {
  world w;
  for (const auto* method : {"GET", "HEAD", "PUT", "DELETE", "PATCH", "TRACE"}) {
    client c{w.port()};
    c.send(std::string{method} + " /api/submit HTTP/1.1\r\nHost: h\r\n\r\n");
    const auto a = c.read(std::string{method} == "HEAD");
    BOOST_TEST(a.status == 405);
    BOOST_TEST(a.header("Allow").value() == "POST, OPTIONS");
    BOOST_TEST(a.body.empty() == (std::string{method} == "HEAD"));
  }
  for (const auto* path : {"/api/status?jobid=1", "/api/status/", "/healthz", "/readyz",
                           "/openapi.json", "/docs", "/docs/", "/docs/page.js"}) {
    const auto a = post(w.port(), path, "x");
    BOOST_TEST(a.status == 405);
    BOOST_TEST(a.header("Allow").value() == "GET, HEAD, OPTIONS");
    const bool plain = std::string_view{path}.starts_with("/api/status");
    BOOST_TEST(a.header("Content-Type").value() ==
               (plain ? "application/json" : "application/problem+json"));
    const std::string sentence = "method POST is not allowed here; allowed: GET, HEAD, OPTIONS";
    BOOST_TEST(a.body.find((plain ? R"({"error":")" : R"("detail":")") + sentence + "\"") !=
               std::string::npos);
  }
}

BOOST_AUTO_TEST_CASE(options_list_the_allowed_methods) {
  world w;
  const std::pair<std::string, std::string> cases[] = {{"/api/submit", "POST, OPTIONS"},
                                                       {"/api/status/", "GET, HEAD, OPTIONS"},
                                                       {"/api/jobs/1/audit", "GET, HEAD, OPTIONS"},
                                                       {"*", "GET, HEAD, POST, OPTIONS"}};
  for (const auto& [target, allow] : cases) {
    const auto a = ask(w.port(), "OPTIONS " + target + " HTTP/1.1\r\nHost: h\r\n\r\n");
    BOOST_TEST(a.status == 200);
    BOOST_TEST(a.header("Allow").value() == allow);
    BOOST_TEST(a.body == "");
  }
  BOOST_TEST(ask(w.port(), "OPTIONS /nothing HTTP/1.1\r\nHost: h\r\n\r\n").status == 404);
}

BOOST_AUTO_TEST_CASE(a_head_gets_the_headers_of_the_get_and_the_connection_goes_on) {
  world w;
  client c{w.port()};
  for (const auto* target : {"/healthz", "/readyz", "/api/status?jobid=1", "/nothing"}) {
    const auto full = get(w.port(), target);
    c.send("HEAD " + std::string{target} + " HTTP/1.1\r\nHost: h\r\n\r\n");
    const auto a = c.read(true);
    BOOST_TEST(a.status == full.status);
    BOOST_TEST(a.header("Content-Length").value() == std::to_string(full.body.size()));
    BOOST_TEST(a.header("Content-Type").value() == "application/json");
  }
  BOOST_TEST(c.ask(get_text("/healthz")).body == R"({"status":"ok"})");
}

BOOST_AUTO_TEST_CASE(a_connection_serves_many_requests) {
  world w;
  client c{w.port()};
  for (int i = 1; i <= 50; ++i) {
    BOOST_REQUIRE_EQUAL(c.ask(post_text("/api/submit", good_submission())).body,
                        "{\"job_id\":" + std::to_string(i) + "}");
    BOOST_REQUIRE_EQUAL(c.ask(get_text("/healthz")).status, 200);
    BOOST_REQUIRE_EQUAL(c.ask(get_text("/nothing")).status, 404);
    BOOST_REQUIRE_EQUAL(c.ask(post_text("/api/submit", "{}")).status, 400);
  }
}

BOOST_AUTO_TEST_CASE(pipelined_requests_are_answered_in_order) {
  world w;
  std::string text;
  for (int i = 1; i <= 40; ++i) {
    text += get_text("/healthz") + post_text("/api/submit", good_submission()) +
            get_text("/nothing") + post_text("/api/submit", "[]");
    text += post_text("/api/submit", good_submission(20'000));  // by way of the parser thread
  }
  for (const std::size_t piece : {text.size(), std::size_t{1000}, std::size_t{77}}) {
    client c{w.port()};
    for (std::size_t at = 0; at < text.size(); at += piece)
      BOOST_REQUIRE(c.send(std::string_view{text}.substr(at, piece)));
    for (int i = 1; i <= 40; ++i) {
      BOOST_REQUIRE_EQUAL(c.read().status, 200);
      BOOST_REQUIRE_EQUAL(c.read().status, 201);
      BOOST_REQUIRE_EQUAL(c.read().status, 404);
      BOOST_REQUIRE_EQUAL(c.read().status, 400);
      BOOST_REQUIRE_EQUAL(c.read().status, 201);
    }
  }
}

BOOST_AUTO_TEST_CASE(a_request_may_come_byte_by_byte) {
  world w;
  client c{w.port()};
  for (const char byte : post_text("/api/submit", good_submission()))
    BOOST_REQUIRE(c.send({&byte, 1}));
  BOOST_TEST(c.read().status == 201);
}

BOOST_AUTO_TEST_CASE(a_client_decides_whether_the_connection_stays) {
  world w;
  client closing{w.port()};
  const auto last = closing.ask(get_text("/healthz", "Connection: close\r\n"));
  BOOST_TEST(last.header("Connection").value() == "close");
  BOOST_TEST(closing.closed());
  client old{w.port()};
  BOOST_TEST(old.ask("GET /healthz HTTP/1.0\r\n\r\n").status == 200);
  BOOST_TEST(old.closed());
  client old_staying{w.port()};
  BOOST_TEST(old_staying.ask("GET /healthz HTTP/1.0\r\nConnection: keep-alive\r\n\r\n").status ==
             200);
  BOOST_TEST(old_staying.ask("GET /healthz HTTP/1.0\r\n\r\n").status == 200);
}

BOOST_AUTO_TEST_CASE(a_client_that_expects_100_continue_gets_it) {
  world w;
  const auto body = good_submission(50'000);
  const auto whole = post_text("/api/submit", body, "Expect: 100-continue\r\n");
  client c{w.port()};
  for (int i = 0; i < 3; ++i) {
    c.send(std::string_view{whole}.substr(0, whole.size() - body.size()));
    BOOST_TEST(c.read().status == 100);
    c.send(body);
    BOOST_TEST(c.read().status == 201);
  }
  BOOST_TEST(
      c.ask(post_text("/api/submit", good_submission(), "Expect: 100-Continue\r\n")).status ==
      201);  // it did not wait
  c.send(
      "POST /api/submit HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nTransfer-Encoding: "
      "chunked\r\n\r\n");
  BOOST_TEST(c.read().status == 100);
  BOOST_TEST(c.ask(in_chunks(body, 1000)).status == 201);
}

BOOST_AUTO_TEST_CASE(an_upgrade_is_ignored) {
  world w;
  client c{w.port()};
  const std::string upgrade =
      "Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: "
      "AAMAAABkAAQCAAAAAAIAAAAA\r\n";
  BOOST_TEST(c.ask(get_text("/healthz", upgrade)).status == 200);
  BOOST_TEST(c.ask(post_text("/api/submit", good_submission(), upgrade)).status == 201);
  BOOST_TEST(
      c.ask(get_text("/healthz",
                     "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Key: x\r\n"))
          .status == 200);
  BOOST_TEST(c.ask("CONNECT h:443 HTTP/1.1\r\nHost: h:443\r\n\r\n").status == 404);
  BOOST_TEST(c.ask(get_text("/healthz")).status == 200);
}

BOOST_AUTO_TEST_CASE(a_body_where_none_is_wanted_is_read_and_forgotten) {
  world w;
  client c{w.port()};
  BOOST_TEST(c.ask(get_text("/healthz", "Content-Length: 5\r\n") + "abcde").status == 200);
  BOOST_TEST(c.ask(get_text("/healthz")).status == 200);
}

BOOST_AUTO_TEST_CASE(an_encoded_body_is_415_with_what_is_taken_in_the_form_of_the_route) {
  world w;
  const std::string paths[] = {"/api/submit", "/api/submit/", "/api/jobs/7/cancel",
                               "/api/jobs/7/redrive", "/api/stores/reload"};
  for (const auto& path : paths) {
    for (const std::string coding :
         {"gzip", "GZIP", "br", "deflate, identity", "identity, gzip", ",zstd", "x"}) {
      BOOST_TEST_CONTEXT(path << " " << coding) {
        const auto a = ask(
            w.port(), post_text(path, good_submission(), "Content-Encoding: " + coding + "\r\n"));
        const bool plain = path.starts_with("/api/submit");
        BOOST_TEST(a.status == 415);
        BOOST_TEST(a.header("Accept-Encoding").value() == "identity");
        BOOST_TEST(a.header("Content-Type").value() ==
                   (plain ? "application/json" : "application/problem+json"));
        BOOST_TEST(a.body.find(plain ? R"({"error":"the body has a Content-Encoding)"
                                     : R"("code":"unsupported_content_encoding")") !=
                   std::string::npos);
      }
    }
  }
  const auto twice = post_text("/api/submit", good_submission(),
                               "Content-Encoding: identity\r\nContent-Encoding: gzip\r\n");
  BOOST_TEST(ask(w.port(), twice).status == 415);
  BOOST_TEST(w.submissions() == 0u);
}

BOOST_AUTO_TEST_CASE(a_body_as_it_is_and_no_body_are_taken_whatever_their_coding_is_called) {
  world w;
  for (const std::string coding : {"identity", "Identity", "", ",", "identity , identity"}) {
    BOOST_TEST(ask(w.port(), post_text("/api/submit", good_submission(),
                                       "Content-Encoding: " + coding + "\r\n"))
                       .status == 201,
               coding);
  }
  BOOST_TEST(ask(w.port(), post_text("/api/submit", "", "Content-Encoding: gzip\r\n")).status ==
             400);
  client c{w.port()};
  BOOST_TEST(
      c.ask(get_text("/healthz", "Content-Encoding: gzip\r\nContent-Length: 5\r\n") + "abcde")
          .status == 200);
  BOOST_TEST(c.ask(post_text("/api/nothing", "abc", "Content-Encoding: gzip\r\n")).status == 404);
  BOOST_TEST(c.ask("PUT /api/submit HTTP/1.1\r\nHost: h\r\nContent-Encoding: "
                   "gzip\r\nContent-Length: 1\r\n\r\nx")
                 .status == 405);
}

BOOST_AUTO_TEST_CASE(a_parameter_against_caches_changes_no_response) {
  world w;
  for (const std::string path :
       {"/api/status", "/api/status?jobid=77", "/api/jobs?limit=0", "/api/jobs/77",
        "/api/jobs/77/images", "/api/jobs/77/results.csv", "/api/jobs/77/results.ndjson",
        "/api/jobs/77/events", "/api/jobs/77/audit", "/api/visits?area=none", "/api/stores/none",
        "/healthz", "/openapi.json", "/docs", "/nothing"}) {
    const auto plain = get(w.port(), path);
    for (const std::string trick : {"_=1", "_=1&_=%zz", "_"}) {
      BOOST_TEST_CONTEXT(path << " " << trick) {
        const auto a =
            get(w.port(), path + (path.find('?') == std::string::npos ? "?" : "&") + trick);
        BOOST_TEST(a.status == plain.status);
        BOOST_TEST(a.body == plain.body);
      }
    }
  }
  BOOST_TEST(post(w.port(), "/api/submit?_=1&_=2", good_submission()).status == 201);
}

BOOST_AUTO_TEST_SUITE_END()
