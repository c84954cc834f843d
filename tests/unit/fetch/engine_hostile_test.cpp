#include <boost/test/unit_test.hpp>
#include <string>

#include "core/limits.hpp"
#include "tests/unit/fetch/engine_fixture.hpp"

namespace retail_pulse::fetch {

BOOST_AUTO_TEST_SUITE(engine_hostile)

namespace {

outcome fetch_from(origin::script script, std::chrono::milliseconds deadline = 20s) {
  origin host{std::move(script)};
  return fetch(with_deadline(deadline), host.url("/"));
}

/// Sends `start`, then `again` until nobody listens.
origin::script endless(std::string start, std::string again) {
  return [start = std::move(start), again = std::move(again)](session& with) {
    if (!with.read_request() || !with.send(start)) return;
    while (with.send(again)) {
    }
  };
}

origin::script dripping(std::string start, std::string drops) {
  return [start = std::move(start), drops = std::move(drops)](session& with) {
    if (with.read_request() && with.send(start) && with.drip(drops, 20ms)) with.wait_for_close();
  };
}

const std::string ok = "HTTP/1.1 200 OK\r\n";

}  // namespace

BOOST_AUTO_TEST_CASE(a_status_line_bomb_is_a_protocol_error) {
  CHECK_CODE(fetch_from(serving("HTTP/1.1 200 " + std::string(48 << 10, 'a') + "\r\nContent-Length: 0\r\n\r\n")), protocol_error);
  CHECK_CODE(fetch_from(endless("HTTP/1.1 200 ", std::string(4096, 'a'))), protocol_error);
  CHECK_CODE(fetch_from(serving(std::string(1 << 20, 'a'))), protocol_error);
}

BOOST_AUTO_TEST_CASE(endless_headers_are_a_protocol_error) {
  CHECK_CODE(fetch_from(endless(ok, "X-Header: " + std::string(200, 'a') + "\r\n")), protocol_error);
  CHECK_CODE(fetch_from(endless(ok + "X-Header: ", std::string(4096, 'a'))), protocol_error);
  CHECK_CODE(fetch_from(endless("", "HTTP/1.1 100 Continue\r\n\r\n")), protocol_error);
}

BOOST_AUTO_TEST_CASE(a_drip_ends_at_the_deadline_wherever_it_is) {
  const std::string drops(2000, 'a');
  CHECK_CODE(fetch_from(dripping("HTTP/1.1 200 ", drops), 400ms), timed_out);
  CHECK_CODE(fetch_from(dripping(ok + "X: ", drops), 400ms), timed_out);
  CHECK_CODE(fetch_from(dripping(ok + "Content-Length: 3000\r\n\r\nGIF89a\x10", drops), 400ms), timed_out);
  CHECK_CODE(fetch_from(dripping(ok + "Transfer-Encoding: chunked\r\n\r\n1;", drops), 400ms), timed_out);
  CHECK_CODE(fetch_from(dripping(ok + "\r\nGIF89a\x10", drops), 400ms), timed_out);
  CHECK_CODE(fetch_from([](session& with) { with.wait_for_close(); }, 300ms), timed_out);
}

BOOST_AUTO_TEST_CASE(a_drip_after_the_answer_is_known_does_not_hold_the_fetch) {
  const auto result = fetch_from(dripping("HTTP/1.1 404 Not Found\r\nContent-Length: 2000\r\n\r\n", std::string(2000, 'a')));
  CHECK_CODE(result, http_status);
  BOOST_TEST(result.evidence.total_ms < 15'000);
}

BOOST_AUTO_TEST_CASE(a_body_shorter_than_announced_is_truncated) {
  const auto gif = tiny_gif(10, 10);
  const auto cut = [&](std::size_t missing) { return ok + "Content-Length: " + std::to_string(gif.size() + missing) + "\r\n\r\n" + gif; };
  CHECK_CODE(fetch_from(serving_once(cut(0))), none);
  CHECK_CODE(fetch_from(serving_once(cut(1))), truncated);
  CHECK_CODE(fetch_from(serving_once(ok + "Content-Length: 28\r\n\r\n")), truncated);
}

BOOST_AUTO_TEST_CASE(a_body_without_length_ends_with_the_connection_and_the_file_says_whether_it_is_whole) {
  const auto gif = tiny_gif(10, 10);
  CHECK_CODE(fetch_from(serving_once(ok + "\r\n" + gif)), none);
  CHECK_CODE(fetch_from(serving_once(ok + "\r\n" + gif.substr(0, gif.size() - 1))), truncated);
}

BOOST_AUTO_TEST_CASE(two_lengths_or_a_length_beside_chunks_are_a_protocol_error) {
  const auto gif = tiny_gif(10, 10);
  CHECK_CODE(fetch_from(serving(ok + "Content-Length: 28\r\nContent-Length: 29\r\n\r\n" + gif)), protocol_error);
  CHECK_CODE(fetch_from(serving(ok + "Content-Length: 28\r\nTransfer-Encoding: chunked\r\n\r\n" + gif)), protocol_error);
}

BOOST_AUTO_TEST_CASE(chunked_garbage_is_never_a_success) {
  const auto gif = tiny_gif(10, 10);
  const auto chunked = ok + "Transfer-Encoding: chunked\r\n\r\n";
  BOOST_TEST_REQUIRE(gif.size() == 0x1cu);
  CHECK_CODE(fetch_from(serving_once(chunked + "1c\r\n" + gif + "\r\n0\r\n\r\n")), none);
  CHECK_CODE(fetch_from(serving_once(chunked + "1c\r\n" + gif + "garbage")), protocol_error);
  CHECK_CODE(fetch_from(serving_once(chunked + "ffffffffffffffffffff\r\n" + gif)), protocol_error);
  CHECK_CODE(fetch_from(serving_once(chunked + "-1c\r\n" + gif)), protocol_error);
  CHECK_CODE(fetch_from(serving_once(chunked + "nonsense\r\n")), protocol_error);
  CHECK_CODE(fetch_from(serving_once(chunked + "1c\r\n" + gif + "\r\n")), truncated);
  CHECK_CODE(fetch_from(serving_once(chunked + "1c\r\n" + gif + "\r\n0\r\n")), truncated);
  CHECK_CODE(fetch_from(serving_once(chunked + "1d\r\n" + gif)), truncated);
  CHECK_CODE(fetch_from(endless(chunked + "1;", std::string(4096, 'x'))), protocol_error);
  CHECK_CODE(fetch_from(endless(chunked + "1c\r\n" + gif + "\r\n0\r\n", "X: y\r\n")), protocol_error);
}

BOOST_AUTO_TEST_CASE(an_endless_body_ends_at_the_bound) {
  auto options = loopback_options();
  options.max_image_bytes = 1 << 20;
  for (const std::string& framing : {std::string{"\r\n"}, std::string{"Transfer-Encoding: chunked\r\n\r\nfffffffffff\r\n"}}) {
    origin host{endless(ok + framing + tiny_gif(1, 1), std::string(65536, '\0'))};
    CHECK_CODE(fetch(options, host.url("/")), too_large);
  }
}

BOOST_AUTO_TEST_CASE(a_gzip_bomb_stays_packed) {
  const std::string packed = std::string("\x1f\x8b\x08\0\0\0\0\0\0\x03", 10) + std::string(200'000, '\0');
  const auto result = fetch_from(serving(http_response(200, packed, "Content-Encoding: gzip\r\n")));
  CHECK_CODE(result, not_an_image);
  BOOST_TEST(result.evidence.bytes <= 200'010);
}

BOOST_AUTO_TEST_CASE(a_connection_that_breaks_is_told_by_how_far_it_came) {
  CHECK_CODE(fetch_from([](session& with) { with.reset(); }), connect_failed);
  CHECK_CODE(fetch_from([](session& with) {
               if (with.read_request()) with.reset();
             }),
             connect_failed);
  CHECK_CODE(fetch_from(serving_once("HTTP/1.1 200 OK\r\nContent-")), protocol_error);
  CHECK_CODE(fetch_from(serving_once("220 mail ready")), protocol_error);
  CHECK_CODE(fetch_from([](session& with) {
               if (!with.read_request()) return;
               with.send(ok + "Content-Length: 1000\r\n\r\nGIF89a");
               with.pause(50ms);
               with.reset();
             }),
             truncated);
}

BOOST_AUTO_TEST_CASE(nobody_listening_is_a_failed_connection) {
  const test_support::closed_port nobody;
  CHECK_CODE(fetch(loopback_options(), "http://127.0.0.1:" + std::to_string(nobody.port()) + "/"), connect_failed);
}

BOOST_AUTO_TEST_CASE(a_listener_that_never_accepts_costs_the_deadline_and_no_more) {
  const test_support::silent_listener silent;
  const auto result = fetch(with_deadline(500ms), "http://127.0.0.1:" + std::to_string(silent.port()) + "/");
  CHECK_CODE(result, timed_out);
  BOOST_TEST(result.evidence.http_status == 0);
}

BOOST_AUTO_TEST_CASE(a_redirect_loop_ends) {
  origin host{origin::answering([](const std::string&) { return http_response(302, "", "Location: /\r\n"); })};
  CHECK_CODE(fetch(loopback_options(), host.url("/")), too_many_redirects);
  BOOST_TEST(host.requests().size() == static_cast<std::size_t>(limits::redirects) + 1);
}

BOOST_AUTO_TEST_CASE(all_redirects_together_have_one_deadline) {
  origin host{[](session& with) {
    while (with.read_request()) {
      with.pause(200ms);
      if (!with.send(http_response(302, "", "Location: /\r\n"))) return;
    }
  }};
  CHECK_CODE(fetch(with_deadline(500ms), host.url("/")), timed_out);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace retail_pulse::fetch
