#include <boost/test/unit_test.hpp>

#include "tests/http/client.hpp"
#include "tests/http/world.hpp"

using namespace retail_pulse;
using namespace retail_pulse::tests;

namespace {

job_status job(std::int64_t id, job_state state, image_counts images) {
  job_status s;
  s.id = job_id{id};
  s.state = state;
  s.images = images;
  s.submitted_at = unix_millis{1'700'000'000'123};
  if (state != job_state::ongoing) s.finished_at = unix_millis{1'700'000'060'000};
  return s;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(plain_routes)

BOOST_AUTO_TEST_CASE(a_submission_is_answered_with_its_job_id) {
  world w;
  BOOST_REQUIRE_EQUAL(w.problem(), "");
  const auto first = post(w.port(), "/api/submit", good_submission());
  BOOST_TEST(first.status == 201);
  BOOST_TEST(first.body == R"({"job_id":1})");
  BOOST_TEST(first.header("Content-Type").value() == "application/json");
  const auto second = post(w.port(), "/api/submit/", good_submission());
  BOOST_TEST(second.status == 201);
  BOOST_TEST(second.body == R"({"job_id":2})");
  BOOST_TEST(w.last_submission()->visit_at(0).store_id == "S1");
  BOOST_TEST(w.last_submission()->url_at(0) == "http://h.example/1.jpg");
}

BOOST_AUTO_TEST_CASE(a_content_type_need_not_be_right_or_there) {
  world w;
  const auto body = good_submission();
  BOOST_TEST(post(w.port(), "/api/submit", body).status ==
             201);  // x-www-form-urlencoded, as curl -d sends it
  const auto head =
      "POST /api/submit HTTP/1.1\r\nHost: h\r\nContent-Length: " + std::to_string(body.size()) +
      "\r\n";
  BOOST_TEST(ask(w.port(), head + "\r\n" + body).status == 201);
  BOOST_TEST(ask(w.port(), head + "Content-Type: application/json\r\n\r\n" + body).status == 201);
  BOOST_TEST(
      ask(w.port(), head + "Content-Type: text/plain; charset=utf-16\r\n\r\n" + body).status ==
      201);
}

BOOST_AUTO_TEST_CASE(a_chunked_submission_is_taken) {
  world w;
  const std::string head =
      "POST /api/submit HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n";
  BOOST_TEST(ask(w.port(), head + in_chunks(good_submission(), 7)).status == 201);
  BOOST_TEST(ask(w.port(), head + in_chunks(good_submission(300'000), 4096)).status == 201);
  BOOST_TEST(w.last_submission()->image_count() > 5000u);
}

BOOST_AUTO_TEST_CASE(a_wrong_submission_is_answered_with_the_field_that_is_wrong) {
  world w;
  const auto wrong = post(w.port(), "/api/submit",
                          R"({"count":1,"visits":[{"image_url":["u"],"visit_time":"t"}]})");
  BOOST_TEST(wrong.status == 400);
  BOOST_TEST(wrong.body == R"({"error":"visits[0].store_id is missing"})");
  BOOST_TEST(wrong.header("Content-Type").value() == "application/json");
  BOOST_TEST(post(w.port(), "/api/submit", "").body == R"({"error":"the body is empty"})");
  BOOST_TEST(ask(w.port(), "POST /api/submit HTTP/1.1\r\nHost: h\r\n\r\n").body ==
             R"({"error":"the body is empty"})");
  auto large = good_submission(100'000);  // parsed on the other thread
  large.back() = ']';
  BOOST_TEST(post(w.port(), "/api/submit", large).status == 400);
  BOOST_TEST(w.submissions() == 0u);
}

BOOST_AUTO_TEST_CASE(a_submission_that_is_not_taken_is_answered_with_503_and_when_to_come_back) {
  world w;
  const std::pair<manner, std::string> cases[] = {
      {manner::full, "the service is full: too many ongoing jobs"},
      {manner::draining, "the service is draining"},
      {manner::starting, "the service is starting"},
      {manner::storage_failed, "storage is not available: it has no space left"}};
  for (const auto& [how, sentence] : cases) {
    w.supervisor_is(how);
    for (const std::size_t bytes : {std::size_t{0}, std::size_t{100'000}}) {
      const auto a = post(w.port(), "/api/submit", good_submission(bytes));
      BOOST_TEST(a.status == 503);
      BOOST_TEST(a.header("Retry-After").value() == "5");
      BOOST_TEST(a.body == R"({"error":")" + sentence + R"("})");
    }
  }
}

BOOST_AUTO_TEST_CASE(a_job_with_more_images_than_the_service_takes_is_too_large) {
  world w;
  w.supervisor_is(manner::too_large);
  const auto a = post(w.port(), "/api/submit", good_submission());
  BOOST_TEST(a.status == 413);
  BOOST_TEST(!a.header("Retry-After"));
  BOOST_TEST(a.body == R"({"error":"the job has 6 images; the service takes at most 5"})");
}

BOOST_AUTO_TEST_CASE(an_ongoing_job_has_no_end) {
  world w;
  w.know(job(7, job_state::ongoing, {.total = 5, .succeeded = 2, .failed = 1}));
  for (const auto* path : {"/api/status?jobid=7", "/api/status/?jobid=7",
                           "/api/status?x=y&jobid=%37", "/api/status?jobid=007"}) {
    const auto a = get(w.port(), path);
    BOOST_TEST(a.status == 200);
    BOOST_TEST(
        a.body ==
        R"({"status":"ongoing","job_id":7,"images":{"total":5,"done":3,"failed":1},"submitted_at":"2023-11-14T22:13:20.123Z"})");
  }
}

BOOST_AUTO_TEST_CASE(a_completed_job_has_an_end) {
  world w;
  w.know(job(8, job_state::completed, {.total = 5, .succeeded = 5, .failed = 0}));
  BOOST_TEST(
      get(w.port(), "/api/status?jobid=8").body ==
      R"({"status":"completed","job_id":8,"images":{"total":5,"done":5,"failed":0},)"
      R"("submitted_at":"2023-11-14T22:13:20.123Z","finished_at":"2023-11-14T22:14:20.000Z"})");
}

BOOST_AUTO_TEST_CASE(a_failed_job_tells_its_stores) {
  world w;
  auto failed = job(9, job_state::failed, {.total = 5, .succeeded = 2, .failed = 3});
  failed.failures = {{"S00339218", error_code::store_not_found, "Store ID does not exist", 2},
                     {"\"S\n\xC3\xA9", error_code::http_status,
                      "The image host answered with an error status (404)", 1}};
  w.know(failed);
  const std::string expected =
      R"({"status":"failed","job_id":9,"images":{"total":5,"done":5,"failed":3},)"
      R"("submitted_at":"2023-11-14T22:13:20.123Z","finished_at":"2023-11-14T22:14:20.000Z","error":[)"
      R"({"store_id":"S00339218","error":"Store ID does not exist","code":"store_not_found","failed_images":2},)"
      "{\"store_id\":\"\\\"S\\n\xC3\xA9\",\"error\":\"The image host answered with an error status "
      "(404)\",\"code\":\"http_status\","
      "\"failed_images\":1}]";
  BOOST_TEST(get(w.port(), "/api/status?jobid=9").body == expected + "}");
  failed.failures_truncated = true;
  w.know(failed);
  BOOST_TEST(get(w.port(), "/api/status?jobid=9").body == expected + R"(,"error_truncated":true})");
}

BOOST_AUTO_TEST_CASE(a_status_of_no_job_is_a_bad_request) {
  world w;
  const std::string range = "jobid is out of range; job ids go from 1 to 9007199254740991";
  const std::pair<std::string, std::string> cases[] = {
      {"", "jobid is missing"},
      {"?", "jobid is missing"},
      {"?job=1", "jobid is missing"},
      {"?jobid", "jobid is not a number"},
      {"?jobid=", "jobid is not a number"},
      {"?jobid=abc", "jobid is not a number"},
      {"?jobid=1x", "jobid is not a number"},
      {"?jobid=1.0", "jobid is not a number"},
      {"?jobid=1e3", "jobid is not a number"},
      {"?jobid=%201", "jobid is not a number"},
      {"?jobid=+1", "jobid is not a number"},
      {"?jobid=0x10", "jobid is not a number"},
      {"?jobid=0", range},
      {"?jobid=-1", range},
      {"?jobid=9007199254740992", range},
      {"?jobid=99999999999999999999999999", range},
      {"?jobid=-99999999999999999999999999", range},
      {"?jobid=1&jobid=1", "jobid is given twice"},
      {"?jobid=%zz", "jobid is not well-formed"},
      {"?jobid=77", "job 77 does not exist"},
      {"?jobid=9007199254740991", "job 9007199254740991 does not exist"}};
  for (const auto& [query, sentence] : cases) {
    const auto a = get(w.port(), "/api/status" + query);
    BOOST_TEST(a.status == 400);
    BOOST_TEST(a.body == R"({"error":")" + sentence + R"("})");
  }
}

BOOST_AUTO_TEST_CASE(a_status_that_cannot_be_read_is_503) {
  world w;
  w.reader_is(manner::storage_failed);
  const auto a = get(w.port(), "/api/status?jobid=1");
  BOOST_TEST(a.status == 503);
  BOOST_TEST(a.header("Retry-After").value() == "5");
  BOOST_TEST(a.body == R"({"error":"storage is not available"})");
}

BOOST_AUTO_TEST_CASE(the_service_is_alive_whatever_the_supervisor_does) {
  world w;
  w.supervisor_is(manner::hold);
  const auto a = get(w.port(), "/healthz");
  BOOST_TEST(a.status == 200);
  BOOST_TEST(a.body == R"({"status":"ok"})");
}

BOOST_AUTO_TEST_CASE(readiness_follows_the_supervisor) {
  world w;
  const std::string numbers =
      R"("jobs_ongoing":1,"images_pending":2,"images_in_flight":3,"images_in_flight_peak":4,"fetches":5,"images_held":6})";
  const auto ready = get(w.port(), "/readyz");
  BOOST_TEST(ready.status == 200);
  BOOST_TEST(ready.body == R"({"status":"ready",)" + numbers);
  for (const auto& [how, name] :
       {std::pair{manner::starting, "starting"}, std::pair{manner::draining, "draining"}}) {
    w.supervisor_is(how);
    const auto a = get(w.port(), "/readyz");
    BOOST_TEST(a.status == 503);
    BOOST_TEST(a.body == R"({"status":")" + std::string{name} + "\"," + numbers);
  }
}

BOOST_AUTO_TEST_SUITE_END()
