#include "core/limits.hpp"

#include <boost/test/unit_test.hpp>

#include "tests/http/client.hpp"
#include "tests/http/world.hpp"

using namespace retail_pulse;
using namespace retail_pulse::tests;

namespace {

/// A submission of exactly so many bytes.
std::string submission_of(std::size_t bytes) {
  auto text = good_submission(bytes - 100);
  return text + std::string(bytes - text.size(), ' ');
}

std::string target_of(std::size_t bytes) { return "/healthz?" + std::string(bytes - 9, 'x'); }

std::string many_headers(std::size_t count) {
  std::string text;
  for (std::size_t i = 0; i < count; ++i) text += "X-" + std::to_string(i) + ": y\r\n";
  return text;
}

constexpr std::size_t body_limit = 100'000;
const std::string chunked =
    "POST /api/submit HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n";

}  // namespace

BOOST_AUTO_TEST_SUITE(http_limits)

BOOST_AUTO_TEST_CASE(a_body_of_exactly_the_bound_is_taken) {
  world w{{.max_body_bytes = body_limit}};
  BOOST_TEST(post(w.port(), "/api/submit", submission_of(body_limit)).status == 201);
  BOOST_TEST(ask(w.port(), chunked + in_chunks(submission_of(body_limit), 999)).status == 201);
}

BOOST_AUTO_TEST_CASE(one_byte_more_is_413) {
  world w{{.max_body_bytes = body_limit}};
  const std::string sentence = R"({"error":"the body is larger than 100000 bytes"})";
  const auto by_length = post(w.port(), "/api/submit", submission_of(body_limit + 1));
  BOOST_TEST(by_length.status == 413);
  BOOST_TEST(by_length.body == sentence);
  const auto by_chunks = ask(w.port(), chunked + in_chunks(submission_of(body_limit + 1), 999));
  BOOST_TEST(by_chunks.status == 413);
  BOOST_TEST(by_chunks.body == sentence);
  BOOST_TEST(w.submissions() == 0u);
}

BOOST_AUTO_TEST_CASE(a_job_of_one_image_more_than_allowed_is_413) {
  world w{{.submissions = {.max_images = 3}}};
  const auto job = [](int images, std::size_t bytes) {
    std::string urls = "\"u0\"";
    for (int i = 1; i < images; ++i) urls += ",\"u\"";
    return R"({"count":1,"visits":[{"store_id":"S","image_url":[)" + urls +
           R"(],"visit_time":""}]})" + std::string(bytes, ' ');
  };
  for (const std::size_t padding :
       {std::size_t{0}, std::size_t{20'000}}) {  // the second by way of the parser thread
    BOOST_TEST(post(w.port(), "/api/submit", job(3, padding)).status == 201);
    const auto more = post(w.port(), "/api/submit", job(4, padding));
    BOOST_TEST(more.status == 413);
    BOOST_TEST(
        more.body ==
        R"({"error":"the job has more than 3 images, which are as many as --max-job-images allows"})");
  }
  BOOST_TEST(w.submissions() == 2u);
}

BOOST_AUTO_TEST_CASE(a_body_that_is_announced_too_large_need_not_be_sent) {
  world w{{.max_body_bytes = body_limit}};
  const auto head =
      "POST /api/submit HTTP/1.1\r\nHost: h\r\nContent-Length: " + std::to_string(body_limit + 1) +
      "\r\n";
  BOOST_TEST(ask(w.port(), head + "\r\n").status == 413);
  BOOST_TEST(ask(w.port(), head + "Expect: 100-continue\r\n\r\n").status == 413);
}

BOOST_AUTO_TEST_CASE(a_client_that_sends_on_still_reads_the_reason) {
  world w{{.max_body_bytes = body_limit}};
  for (int i = 0; i < 5; ++i) {
    client c{w.port()};
    const std::string megabyte(1 << 20, ' ');
    BOOST_REQUIRE(
        c.send("POST /api/submit HTTP/1.1\r\nHost: h\r\nContent-Length: 33554432\r\n\r\n"));
    for (int sent = 0; sent < 32; ++sent) BOOST_REQUIRE(c.send(megabyte));
    BOOST_TEST(c.read().status == 413);
  }
}

BOOST_AUTO_TEST_CASE(a_body_of_tiny_chunks_is_taken) {
  world w;
  BOOST_TEST(ask(w.port(), chunked + in_chunks(submission_of(500'000), 1)).status == 201);
}

BOOST_AUTO_TEST_CASE(a_url_may_have_2048_bytes) {
  world w;
  BOOST_TEST(get(w.port(), target_of(limits::request_url_bytes)).status == 200);
  const auto longer = get(w.port(), target_of(limits::request_url_bytes + 1));
  BOOST_TEST(longer.status == 414);
  BOOST_TEST(longer.body == R"({"error":"the URL is longer than 2048 bytes"})");
  BOOST_TEST(get(w.port(), target_of(60'000)).status == 414);
  BOOST_TEST(get(w.port(), target_of(1'000'000)).status == 414);
}

BOOST_AUTO_TEST_CASE(a_header_may_have_16_kib) {
  world w;
  const std::string longest(limits::request_header_bytes, 'v');
  BOOST_TEST(ask(w.port(), get_text("/healthz", "X: " + longest + "\r\n")).status == 200);
  BOOST_TEST(ask(w.port(), get_text("/healthz", longest + ": x\r\n")).status == 200);
  const auto value = ask(w.port(), get_text("/healthz", "X: v" + longest + "\r\n"));
  BOOST_TEST(value.status == 431);
  const std::string sentence =
      R"({"error":"the name or the value of a header is longer than 16384 bytes"})";
  BOOST_TEST(value.body == sentence);
  const auto name = ask(w.port(), get_text("/healthz", "v" + longest + ": x\r\n"));
  BOOST_TEST(name.status == 431);
  BOOST_TEST(name.body == sentence);
}

BOOST_AUTO_TEST_CASE(a_request_may_have_64_headers) {
  world w;
  BOOST_TEST(
      ask(w.port(), get_text("/healthz", many_headers(limits::request_headers - 1))).status ==
      200);  // and Host
  const auto more = ask(w.port(), get_text("/healthz", many_headers(limits::request_headers)));
  BOOST_TEST(more.status == 431);
  BOOST_TEST(more.body == R"({"error":"there are more than 64 headers"})");
  BOOST_TEST(ask(w.port(), get_text("/healthz", many_headers(5000))).status == 431);
}

BOOST_AUTO_TEST_CASE(all_headers_together_are_bounded) {
  world w;
  std::string headers;
  for (int i = 0; i < 8; ++i)
    headers += "X-" + std::to_string(i) + ": " + std::string(16'000, 'v') + "\r\n";
  const auto a = ask(w.port(), get_text("/healthz", headers));
  BOOST_TEST(a.status == 431);
  BOOST_TEST(a.body == R"({"error":"all headers together are longer than 81920 bytes"})");
}

BOOST_AUTO_TEST_CASE(trailers_of_a_chunked_body_are_bounded_like_headers) {
  world w;
  auto body = in_chunks(good_submission(), 50);
  body.resize(body.size() - 2);
  BOOST_TEST(ask(w.port(), chunked + body + many_headers(10) + "\r\n").status == 201);
  BOOST_TEST(ask(w.port(), chunked + body + many_headers(100) + "\r\n").status == 431);
}

BOOST_AUTO_TEST_CASE(the_bound_of_all_bodies_leaves_room_beside_the_largest) {
  world w{{.max_body_bytes = body_limit, .received_bodies_bytes = 1, .client_share = 100}};
  w.supervisor_is(manner::hold);
  client first{w.port()};
  first.send(post_text("/api/submit", submission_of(body_limit)));
  w.wait_for_held(1);
  client second{w.port()};
  second.send(post_text("/api/submit", submission_of(body_limit / 4)));
  w.wait_for_held(2);
  w.let_go();
  BOOST_TEST(first.read().status == 201);
  BOOST_TEST(second.read().status == 201);
}

BOOST_AUTO_TEST_CASE(bodies_on_their_way_are_bounded_together) {
  world w{
      {.max_body_bytes = body_limit, .received_bodies_bytes = 2 * body_limit, .client_share = 100}};
  const auto whole = post_text("/api/submit", submission_of(body_limit));
  const auto all_but_one = std::string_view{whole}.substr(0, whole.size() - 1);
  client first{w.port()};
  client second{w.port()};
  w.supervisor_is(manner::hold);
  first.send(whole);
  w.wait_for_held(1);  // its body counts until it is answered
  second.send(all_but_one);
  second.send(" ");  // the last byte of the padding
  w.wait_for_held(2);
  client third{w.port()};
  const auto refused = third.ask(all_but_one);
  BOOST_TEST(refused.status == 503);
  BOOST_TEST(refused.header("Retry-After").value() == "5");
  BOOST_TEST(get(w.port(), "/healthz").status == 200);
  w.let_go();
  BOOST_TEST(first.read().status == 201);
  BOOST_TEST(second.read().status == 201);
  w.supervisor_is(manner::normal);
  BOOST_TEST(post(w.port(), "/api/submit", submission_of(body_limit)).status == 201);
}

BOOST_AUTO_TEST_SUITE_END()
