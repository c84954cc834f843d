#include <boost/test/unit_test.hpp>
#include <vector>

#include "core/limits.hpp"
#include "tests/http/client.hpp"
#include "tests/http/world.hpp"

using namespace retail_pulse;
using namespace retail_pulse::tests;
using namespace std::chrono_literals;

namespace {

const std::string cancel_7 = "/api/jobs/7/cancel";
const std::string redrive_7 = "/api/jobs/7/redrive";

job_status job_7() {
  job_status status;
  status.id = job_id{7};
  status.run = run_number{2};
  status.images = {5, 3, 2};
  return status;
}

std::string problem(int status, const std::string& title, const std::string& detail,
                    const std::string& path, const std::string& code) {
  return R"({"type":"about:blank","title":")" + title + R"(","status":)" + std::to_string(status) +
         R"(,"detail":")" + detail + R"(","instance":")" + path + R"(","code":")" + code + R"("})";
}

answer submit_under(const world& w, const std::string& key,
                    const std::string& body = good_submission()) {
  return ask(w.port(), post_text("/api/submit", body, "Idempotency-Key: " + key + "\r\n"));
}

}  // namespace

BOOST_AUTO_TEST_SUITE(control)

BOOST_AUTO_TEST_CASE(a_cancel_is_202_and_tells_that_the_job_is_cancelled) {
  world w;
  w.know(job_7());
  for (int i = 0; i < 2; ++i) {
    const auto a = post(w.port(), cancel_7, "");
    BOOST_TEST(a.status == 202);
    BOOST_TEST(a.header("Content-Type").value() == "application/json");
    BOOST_TEST(a.header("Cache-Control").value() == "no-store");
    BOOST_TEST(a.body == R"({"job_id":7,"status":"ongoing","cancelled":true})");
  }
}

BOOST_AUTO_TEST_CASE(a_redrive_is_202_and_tells_the_run_and_its_images) {
  world w;
  w.know(job_7());
  const auto a = post(w.port(), redrive_7, "{}");
  BOOST_TEST(a.status == 202);
  BOOST_TEST(a.body ==
             R"({"job_id":7,"run":3,"images":{"total":5,"succeeded":3,"failed":0,"pending":2}})");
}

BOOST_AUTO_TEST_CASE(a_cancel_or_redrive_of_an_unknown_job_is_404_with_problem_details) {
  world w;
  for (const auto* id : {"77", "0", "-1", "9007199254740992", "abc", "%37"}) {
    for (const auto* action : {"/cancel", "/redrive"}) {
      const auto path = "/api/jobs/" + std::string{id} + action;
      const auto a = post(w.port(), path, "");
      BOOST_TEST(a.status == 404);
      BOOST_TEST(a.body == problem(404, "Not Found", "job " + std::string{id} + " does not exist",
                                   path, "job_not_found"));
    }
  }
}

BOOST_AUTO_TEST_CASE(a_parameter_of_a_route_without_parameters_is_refused) {
  world w;
  w.know(job_7());
  for (const std::string path :
       {"/api/jobs/7/cancel", "/api/jobs/7/redrive", "/api/stores/reload"}) {
    const auto a = post(w.port(), path + "?code=timed_out", "");
    BOOST_TEST(a.status == 400);
    BOOST_TEST(a.body == problem(400, "Bad Request", R"(there is no parameter \"code\" here)", path,
                                 "invalid_parameter"));
    BOOST_TEST(post(w.port(), path + "?%zz", "").status == 400);
  }
  const auto report = get(w.port(), "/api/jobs/7?code=timed_out");
  BOOST_TEST(report.status == 400);
  BOOST_TEST(report.body == problem(400, "Bad Request", R"(there is no parameter \"code\" here)",
                                    "/api/jobs/7", "invalid_parameter"));
}

BOOST_AUTO_TEST_CASE(another_method_on_a_cancel_is_405) {
  world w;
  const auto a = get(w.port(), cancel_7);
  BOOST_TEST(a.status == 405);
  BOOST_TEST(a.header("Allow").value() == "POST, OPTIONS");
  BOOST_TEST(a.header("Content-Type").value() == "application/problem+json");
}

BOOST_AUTO_TEST_CASE(a_refused_cancel_or_redrive_has_its_reason_in_problem_details) {
  world w;
  w.know(job_7());
  struct row {
    manner is;
    int status;
    std::string title, detail, code;
  };
  for (const auto& r :
       {row{manner::job_ended, 409, "Conflict", "job 7 has ended", "job_ended"},
        row{manner::job_ongoing, 409, "Conflict",
            "job 7 is ongoing; it can be redriven when it has ended", "job_ongoing"},
        row{manner::nothing_failed, 409, "Conflict", "job 7 has no failed images",
            "nothing_failed"},
        row{manner::starting, 503, "Service Unavailable", "the service is starting", "unavailable"},
        row{manner::full, 503, "Service Unavailable", "the service is full: too many ongoing jobs",
            "unavailable"},
        row{manner::draining, 503, "Service Unavailable", "the service is draining", "unavailable"},
        row{manner::storage_failed, 503, "Service Unavailable",
            "storage is not available: it has no space left", "unavailable"}}) {
    w.supervisor_is(r.is);
    for (const auto& path : {cancel_7, redrive_7}) {
      const auto a = post(w.port(), path, "");
      BOOST_TEST(a.status == r.status);
      BOOST_TEST(a.header("Content-Type").value() == "application/problem+json");
      BOOST_TEST(a.header("Retry-After").has_value() == (r.status == 503));
      BOOST_TEST(a.body == problem(r.status, r.title, r.detail, path, r.code));
    }
  }
}

BOOST_AUTO_TEST_CASE(a_redrive_that_the_supervisor_drops_is_500) {
  world w;
  w.supervisor_is(manner::forget);
  const auto a = post(w.port(), redrive_7, "");
  BOOST_TEST(a.status == 500);
  BOOST_TEST(a.body == problem(500, "Internal Server Error",
                               "an internal error happened; the log has it under request " +
                                   a.header("X-Request-Id").value(),
                               redrive_7, "internal"));
}

BOOST_AUTO_TEST_CASE(a_cancel_that_is_not_answered_in_time_is_503) {
  world w{{.request_handle = 200ms}};
  w.supervisor_is(manner::hold);
  const auto a = post(w.port(), cancel_7, "");
  BOOST_TEST(a.status == 503);
  BOOST_TEST(a.body ==
             problem(503, "Service Unavailable",
                     "the request was not answered in time; what it asked for may still happen",
                     cancel_7, "unavailable"));
}

BOOST_AUTO_TEST_CASE(the_cancels_and_redrives_that_wait_are_bounded) {
  world w{{.max_connections = limits::control_requests + 100, .client_share = 100}};
  w.know(job_7());
  w.supervisor_is(manner::hold);
  std::vector<client> waiting;
  for (std::size_t i = 0; i < limits::control_requests; ++i) {
    waiting.emplace_back(w.port());
    waiting.back().send(post_text(i % 2 == 0 ? cancel_7 : redrive_7, ""));
  }
  w.wait_for_held(limits::control_requests);
  const auto one_too_many = post(w.port(), cancel_7, "");
  BOOST_TEST(one_too_many.status == 503);
  BOOST_TEST(one_too_many.header("Retry-After").value() == "5");
  w.let_go();
  for (auto& c : waiting) BOOST_TEST(c.read().status == 202);
  w.supervisor_is(manner::normal);
  BOOST_TEST(post(w.port(), cancel_7, "").status == 202);  // their places are free again
}

BOOST_AUTO_TEST_CASE(a_submission_without_a_key_has_none) {
  world w;
  const auto a = post(w.port(), "/api/submit", good_submission());
  BOOST_TEST(a.status == 201);
  BOOST_TEST(!a.header("Idempotency-Replayed").has_value());
  BOOST_TEST(w.last_key().empty());
}

BOOST_AUTO_TEST_CASE(the_same_body_under_the_same_key_is_answered_as_the_first_time) {
  world w;
  for (const std::size_t bytes :
       {std::size_t{0},
        3 * limits::inline_parse_bytes}) {  // the second is digested by the parser thread
    const auto body = good_submission(bytes);
    const auto key = "key of " + std::to_string(bytes);
    const auto first = submit_under(w, key, body);
    BOOST_TEST(first.status == 201);
    BOOST_TEST(!first.header("Idempotency-Replayed").has_value());
    const auto again = submit_under(w, key, body);
    BOOST_TEST(again.status == 201);
    BOOST_TEST(again.header("Idempotency-Replayed").value() == "true");
    BOOST_TEST(again.body == first.body);
    const auto other = submit_under(w, key, body + " ");
    BOOST_TEST(other.status == 422);
    BOOST_TEST(other.body ==
               R"({"error":"this Idempotency-Key came with another submission before"})");
    BOOST_TEST(submit_under(w, key + "'", body).body != first.body);
  }
}

BOOST_AUTO_TEST_CASE(the_digest_of_a_key_is_that_of_the_body_byte_by_byte) {
  world w;
  // printf '%s' '...' | sha256sum
  const std::string body =
      R"({"count":1,"visits":[{"store_id":"S1","visit_time":"t","image_url":["http://h/1"]}]})";
  BOOST_TEST(submit_under(w, "k", body).status == 201);
  BOOST_REQUIRE(w.last_key().size() == 2U);
  BOOST_TEST(w.last_key()[0] == "k");
  BOOST_TEST(w.last_key()[1] == "127f31c4bd98d69934e4264993f2f1b9e961c2fc4765dc074adc91fe59fd28e6");
}

BOOST_AUTO_TEST_CASE(a_key_whose_submission_is_being_stored_is_409) {
  world w;
  w.supervisor_is(manner::key_busy);
  const auto a = submit_under(w, "k");
  BOOST_TEST(a.status == 409);
  BOOST_TEST(
      a.body ==
      R"({"error":"a submission with this Idempotency-Key is being stored at this moment"})");
}

BOOST_AUTO_TEST_CASE(a_key_is_1_to_255_characters_of_printable_ascii_and_comes_once) {
  world w;
  const std::string sentence =
      R"({"error":"Idempotency-Key is not 1 to 255 characters of printable ASCII"})";
  BOOST_TEST(submit_under(w, std::string(limits::idempotency_key_bytes, 'k')).status == 201);
  BOOST_TEST(submit_under(w, "!~ #").status == 201);
  for (const auto& key : {std::string(limits::idempotency_key_bytes + 1, 'k'), std::string{},
                          std::string{"a\tb"}, std::string{"K\xC3\xB6ln"}}) {
    const auto a = submit_under(w, key);
    BOOST_TEST(a.status == 400);
    BOOST_TEST(a.body == sentence);
  }
  const auto twice = submit_under(w, "a\r\nidempotency-key: b");
  BOOST_TEST(twice.status == 400);
  BOOST_TEST(twice.body == R"({"error":"Idempotency-Key is given twice"})");
}

BOOST_AUTO_TEST_CASE(a_wrong_submission_under_a_key_uses_no_key) {
  world w;
  BOOST_TEST(submit_under(w, "k", "{}").status == 400);
  BOOST_TEST(w.submissions() == 0U);
  BOOST_TEST(submit_under(w, "k").status == 201);
}

BOOST_AUTO_TEST_SUITE_END()
