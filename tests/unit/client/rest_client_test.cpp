#include "client/rest_client.hpp"

#include <sys/socket.h>

#include <boost/test/unit_test.hpp>

#include "tests/support/origin.hpp"
#include "tests/unit/client/one_answer.hpp"

namespace {

using namespace retail_pulse;
using namespace retail_pulse::client;

BOOST_FIXTURE_TEST_SUITE(rest_client_calls, one_answer)

BOOST_AUTO_TEST_CASE(readiness_is_status_200_and_nothing_else) {
  auto service = api();
  BOOST_TEST(std::get<bool>(service.ready()));
  BOOST_TEST(asked == "GET /readyz ");
  status = 503;
  BOOST_TEST(!std::get<bool>(service.ready()));
}

BOOST_AUTO_TEST_CASE(a_submission_goes_out_as_it_is_and_answers_the_job) {
  status = 201;
  body = R"({"job_id": 7, "more": true})";
  auto service = api();
  const auto accepted = std::get<receipt>(service.submit(R"({"count":0})"));
  BOOST_TEST(accepted.job.value == 7);
  BOOST_TEST(accepted.answer == R"({"job_id":7,"more":true})");
  BOOST_TEST(asked == R"(POST /api/submit {"count":0})");
  BOOST_TEST(!asked_headers.contains("Idempotency-Key"));
}

BOOST_AUTO_TEST_CASE(a_submission_carries_its_idempotency_key) {
  status = 201;
  body = R"({"job_id": 7})";
  auto service = api();
  BOOST_TEST(std::get<receipt>(service.submit("{}", "a-key")).job.value == 7);
  BOOST_TEST(asked_headers.find("Idempotency-Key")->second == "a-key");
  BOOST_TEST(!std::get<receipt>(service.submit("{}", "a-key")).replayed);
  headers = {{"Idempotency-Replayed", "true"}};
  BOOST_TEST(std::get<receipt>(service.submit("{}", "a-key")).replayed);
}

BOOST_AUTO_TEST_CASE(a_refusal_has_the_sentence_of_the_service) {
  status = 400;
  body = R"({"error": "visits is missing"})";
  auto service = api();
  const auto error = error_of(service.submit("{}"));
  BOOST_TEST((error.what == client_error::kind::refused));
  BOOST_TEST(error.status == 400);
  BOOST_TEST(error.message == "visits is missing");
  BOOST_TEST(!error.may_have_arrived);
  BOOST_TEST(!error.retry_after);
  body = R"({"type":"about:blank","title":"Bad Request","detail":"the cursor is malformed"})";
  BOOST_TEST(error_of(service.status(job_id{1})).message == "the cursor is malformed");
  body = R"({"detail":"a","error":"b"})";
  BOOST_TEST(error_of(service.status(job_id{1})).message == "b");
  body = "<html>";
  BOOST_TEST(error_of(service.status(job_id{1})).message == "HTTP status 400");
}

BOOST_AUTO_TEST_CASE(a_refusal_tells_when_to_come_back_in_seconds_or_not_at_all) {
  status = 503;
  auto service = api();
  for (const auto& [text, seconds] :
       std::vector<std::pair<std::string, int>>{{"5", 5},
                                                {"0", 0},
                                                {"-1", -1},
                                                {"5s", -1},
                                                {"", -1},
                                                {"99999999999", -1},
                                                {"Fri, 31 Dec 1999 23:59:59 GMT", -1}}) {
    headers = {{"Retry-After", text}};
    const auto told = error_of(service.submit("{}")).retry_after;
    BOOST_TEST((told ? told->count() : -1) == seconds, text);
  }
}

BOOST_AUTO_TEST_CASE(a_gateway_that_gave_up_does_not_know_what_was_done) {
  auto service = api();
  for (const auto& [code, may] : std::vector<std::pair<int, bool>>{{400, false},
                                                                   {409, false},
                                                                   {413, false},
                                                                   {503, false},
                                                                   {500, true},
                                                                   {502, true},
                                                                   {504, true}}) {
    status = code;
    BOOST_TEST(error_of(service.submit("{}")).may_have_arrived == may, code);
  }
}

BOOST_AUTO_TEST_CASE(an_answer_without_a_possible_job_id_is_nonsense) {
  status = 201;
  auto service = api();
  for (const auto* text : {"", "{}", "[]", R"({"job_id":0})", R"({"job_id":"1"})",
                           R"({"job_id":1.5})", R"({"job_id":9007199254740992})"}) {
    body = text;
    BOOST_TEST((error_of(service.submit("{}")).what == client_error::kind::nonsense), text);
  }
  body = R"({"job_id":9007199254740991})";
  BOOST_TEST(std::get<receipt>(service.submit("{}")).job.value == max_job_id);
}

BOOST_AUTO_TEST_CASE(a_status_is_read_into_state_and_counts) {
  body =
      R"({"status":"failed","job_id":3,"images":{"total":9,"done":9,"failed":2},"submitted_at":"a","finished_at":"b",
    "error":[{"store_id":"S1","error":"Store ID does not exist","code":"store_not_found","failed_images":2}],"error_truncated":true})";
  auto service = api();
  const auto report = std::get<status_response>(service.status(job_id{3}));
  BOOST_TEST(asked == "GET /api/status?jobid=3 ");
  BOOST_TEST((report.state == job_state::failed));
  BOOST_TEST((report.images == image_counts{.total = 9, .succeeded = 7, .failed = 2}));
  BOOST_TEST(report.submitted_at == "a");
  BOOST_TEST(report.finished_at == "b");
  BOOST_REQUIRE(report.failures.size() == 1);
  BOOST_TEST(report.failures[0].store_id == "S1");
  BOOST_TEST(report.failures[0].error == "Store ID does not exist");
  BOOST_TEST(report.failures[0].failed_images == 2);
  BOOST_TEST(report.failures_truncated);
  BOOST_TEST(report.answer.starts_with(R"({"status":"failed","job_id":3,"images":{"total":9,)"),
             report.answer);
  BOOST_TEST(report.answer.find('\n') == std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_status_is_asked_to_be_held_back_only_where_that_is_wanted) {
  body = R"({"status":"ongoing","images":{"total":1,"done":0,"failed":0}})";
  auto service = api();
  BOOST_TEST((std::get<status_response>(service.status(job_id{3}, std::chrono::seconds{7})).state ==
              job_state::ongoing));
  BOOST_TEST(asked == "GET /api/status?jobid=3&wait=7 ");
}

BOOST_AUTO_TEST_CASE(a_status_that_cannot_be_is_nonsense) {
  auto service = api();
  for (const auto* text : {"", "1", "{}", R"({"status":"ongoing"})",
                           R"({"status":"staging","images":{"total":1,"done":0,"failed":0}})",
                           R"({"status":"ongoing","images":{"total":1,"done":2,"failed":0}})",
                           R"({"status":"ongoing","images":{"total":2,"done":1,"failed":2}})",
                           R"({"status":"ongoing","images":{"total":2,"done":1}})",
                           R"({"status":"ongoing","images":{"total":1,"done":0,"failed":-1}})"}) {
    body = text;
    BOOST_TEST((error_of(service.status(job_id{1})).what == client_error::kind::nonsense), text);
  }
}

BOOST_AUTO_TEST_CASE(a_path_of_the_base_url_comes_before_ours) {
  BOOST_TEST(std::get<bool>(api("/pulse/").ready()));
  BOOST_TEST(asked == "GET /pulse/readyz ");
  BOOST_TEST(std::get<bool>(api("/").ready()));
  BOOST_TEST(asked == "GET /readyz ");
}

BOOST_AUTO_TEST_CASE(an_invalid_base_url_is_refused_with_a_sentence) {
  for (const auto* text :
       {"", "127.0.0.1:8080", "ftp://127.0.0.1", "http://127.0.0.1/?a=b", "http://u:p@127.0.0.1"}) {
    const auto made = rest_client::for_url(text);
    const auto error = error_of(made);
    BOOST_TEST((error.what == client_error::kind::bad_url), text);
    BOOST_TEST(error.message.find("is not the URL of a service, such as ") != std::string::npos,
               text);
  }
}

BOOST_AUTO_TEST_CASE(a_service_that_is_not_there_is_unreachable) {
  const test_support::closed_port nobody;
  const auto url = "http://127.0.0.1:" + std::to_string(nobody.port());
  auto made = rest_client::for_url(url);
  const auto error = error_of(std::get<rest_client>(made).ready());
  BOOST_TEST((error.what == client_error::kind::unreachable));
  BOOST_TEST(error.message == url + " cannot be reached: connection refused or no response",
             error.message);
  BOOST_TEST(!error_of(std::get<rest_client>(made).submit("{}")).may_have_arrived);
}

BOOST_AUTO_TEST_CASE(what_was_sent_before_the_connection_was_lost_may_have_arrived) {
  test_support::origin service{[](test_support::session& connection) {
    if (connection.read_request()) connection.reset();
  }};
  auto made = rest_client::for_url(service.url(""));
  const auto error = error_of(std::get<rest_client>(made).submit("{}"));
  BOOST_TEST((error.what == client_error::kind::unreachable));
  BOOST_TEST(error.may_have_arrived);
}

BOOST_AUTO_TEST_CASE(a_service_that_never_answers_is_unreachable_after_the_timeout) {
  const int listener = socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t length = sizeof address;
  BOOST_REQUIRE(bind(listener, reinterpret_cast<sockaddr*>(&address), length) == 0);
  BOOST_REQUIRE(listen(listener, 4) == 0);
  BOOST_REQUIRE(getsockname(listener, reinterpret_cast<sockaddr*>(&address), &length) == 0);
  auto made =
      rest_client::for_url("http://127.0.0.1:" + std::to_string(ntohs(address.sin_port)),
                           {std::chrono::milliseconds{200}, std::chrono::milliseconds{200}});
  BOOST_TEST(
      (error_of(std::get<rest_client>(made).ready()).what == client_error::kind::unreachable));
  close(listener);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
