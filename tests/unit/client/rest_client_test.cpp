#include "client/rest_client.hpp"

#include <httplib.h>
#include <sys/socket.h>

#include <boost/test/unit_test.hpp>
#include <thread>

#include "tests/support/origin.hpp"

namespace {

using namespace retail_pulse;
using namespace retail_pulse::client;

/// A service that gives one answer to everything, and keeps what it was asked.
struct fixture {
  httplib::Server server;
  int port = -1;
  int status = 200;
  std::string body;
  std::string asked;  // method, target and body of the last request; read when its answer is there
  std::thread thread;

  fixture() {
    const auto answer = [this](const httplib::Request& request, httplib::Response& response) {
      asked = request.method + " " + request.target + " " + request.body;
      response.status = status;
      response.set_content(body, "application/json");
    };
    server.Get(".*", answer);
    server.Post(".*", answer);
    port = server.bind_to_any_port("127.0.0.1");
    BOOST_REQUIRE(port > 0);
    thread = std::thread{[this] { server.listen_after_bind(); }};
    while (!server.is_running()) std::this_thread::sleep_for(std::chrono::milliseconds{1});
  }
  ~fixture() {
    server.stop();
    thread.join();
  }

  rest_client api(const std::string& path = "") const {
    auto made = rest_client::for_url("http://127.0.0.1:" + std::to_string(port) + path);
    BOOST_REQUIRE(std::holds_alternative<rest_client>(made));
    return std::get<rest_client>(std::move(made));
  }
};

template <class Value>
client_error error_of(const std::variant<Value, client_error>& answer) {
  BOOST_REQUIRE(std::holds_alternative<client_error>(answer));
  return std::get<client_error>(answer);
}

BOOST_FIXTURE_TEST_SUITE(rest_client_calls, fixture)

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
  const auto job = service.submit(R"({"count":0})");
  BOOST_TEST(std::get<job_id>(job).value == 7);
  BOOST_TEST(asked == R"(POST /api/submit {"count":0})");
}

BOOST_AUTO_TEST_CASE(a_refusal_carries_the_status_and_the_words_of_the_service) {
  status = 400;
  body = R"({"error": "visits is missing"})";
  auto service = api();
  const auto error = error_of(service.submit("{}"));
  BOOST_TEST((error.what == client_error::kind::refused));
  BOOST_TEST(error.status == 400);
  BOOST_TEST(error.message == "HTTP status 400: visits is missing");
  body = "<html>";
  BOOST_TEST(error_of(service.status(job_id{1})).message == "HTTP status 400");
}

BOOST_AUTO_TEST_CASE(an_answer_without_a_possible_job_id_is_nonsense) {
  status = 201;
  auto service = api();
  for (const auto* text : {"", "{}", "[]", R"({"job_id":0})", R"({"job_id":"1"})", R"({"job_id":1.5})", R"({"job_id":9007199254740992})"}) {
    body = text;
    BOOST_TEST((error_of(service.submit("{}")).what == client_error::kind::nonsense), text);
  }
  body = R"({"job_id":9007199254740991})";
  BOOST_TEST(std::get<job_id>(service.submit("{}")).value == max_job_id);
}

BOOST_AUTO_TEST_CASE(a_status_is_read_into_state_and_counts) {
  body = R"({"status":"failed","job_id":3,"images":{"total":9,"done":9,"failed":2},"error":[]})";
  auto service = api();
  const auto report = std::get<job_report>(service.status(job_id{3}));
  BOOST_TEST(asked == "GET /api/status?jobid=3 ");
  BOOST_TEST((report.state == job_state::failed));
  BOOST_TEST((report.images == image_counts{.total = 9, .succeeded = 7, .failed = 2}));
}

BOOST_AUTO_TEST_CASE(a_status_that_cannot_be_is_nonsense) {
  auto service = api();
  for (const auto* text :
       {"", "1", "{}", R"({"status":"ongoing"})", R"({"status":"staging","images":{"total":1,"done":0,"failed":0}})",
        R"({"status":"ongoing","images":{"total":1,"done":2,"failed":0}})",
        R"({"status":"ongoing","images":{"total":2,"done":1,"failed":2}})", R"({"status":"ongoing","images":{"total":2,"done":1}})",
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

BOOST_AUTO_TEST_CASE(a_base_url_that_is_none_is_refused_in_words) {
  for (const auto* text : {"", "127.0.0.1:8080", "ftp://127.0.0.1", "http://127.0.0.1/?a=b", "http://u:p@127.0.0.1"}) {
    const auto made = rest_client::for_url(text);
    const auto error = error_of(made);
    BOOST_TEST((error.what == client_error::kind::bad_url), text);
    BOOST_TEST(error.message.find("is not the URL of a service, such as ") != std::string::npos, text);
  }
}

BOOST_AUTO_TEST_CASE(a_service_that_is_not_there_is_unreachable) {
  const test_support::closed_port nobody;
  const auto url = "http://127.0.0.1:" + std::to_string(nobody.port());
  auto made = rest_client::for_url(url);
  const auto error = error_of(std::get<rest_client>(made).ready());
  BOOST_TEST((error.what == client_error::kind::unreachable));
  BOOST_TEST(error.message.starts_with(url + " cannot be reached"), error.message);
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
  auto made = rest_client::for_url("http://127.0.0.1:" + std::to_string(ntohs(address.sin_port)),
                                   {std::chrono::milliseconds{200}, std::chrono::milliseconds{200}});
  BOOST_TEST((error_of(std::get<rest_client>(made).ready()).what == client_error::kind::unreachable));
  close(listener);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
