#include <boost/test/unit_test.hpp>

#include "core/limits.hpp"
#include "http/response/job_json.hpp"
#include "tests/http/client.hpp"
#include "tests/http/world.hpp"

using namespace retail_pulse;
using namespace retail_pulse::tests;

namespace {

/// A submission with a callback, of at least `bytes` bytes.
std::string with_callback(const std::string& url, std::size_t bytes = 0) {
  return R"({"callback_url":")" + url + R"(",)" + good_submission(bytes).substr(1);
}

const world_options with_webhooks{.submissions = {.sends_webhooks = true}};

job_status ended_job() {
  job_status ended;
  ended.id = job_id{7};
  ended.state = job_state::completed;
  ended.images = {3, 3, 0};
  ended.submitted_at = unix_millis{1'000};
  ended.finished_at = unix_millis{2'500};
  return ended;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(callback_urls)

BOOST_AUTO_TEST_CASE(a_url_that_can_be_called_goes_with_the_job) {
  world w{with_webhooks};
  BOOST_TEST(post(w.port(), "/api/submit", with_callback("http://good/?a=b")).status == 201);
  BOOST_TEST(w.last_submission()->callback_url() == "http://good/?a=b");
}

BOOST_AUTO_TEST_CASE(
    a_url_that_cannot_be_called_is_a_400_with_the_reason_whatever_the_size_of_the_job) {
  world w{with_webhooks};
  for (const std::size_t bytes : {std::size_t{0}, limits::inline_parse_bytes + 1}) {
    const auto a = post(w.port(), "/api/submit", with_callback("/ended", bytes));
    BOOST_TEST(a.status == 400);
    BOOST_TEST(a.body.starts_with(R"({"error":"callback_url is not a valid http or https URL: )"));
  }
  BOOST_TEST(w.submissions() == 0U);
}

BOOST_AUTO_TEST_CASE(a_service_without_webhooks_accepts_only_jobs_without_a_callback_url) {
  world w;
  const auto a = post(w.port(), "/api/submit", with_callback("http://good/"));
  BOOST_TEST(a.status == 400);
  BOOST_TEST(a.body == R"({"error":"callback_url needs a service with --callback-secret"})");
  BOOST_TEST(post(w.port(), "/api/submit", good_submission()).status == 201);
}

BOOST_AUTO_TEST_CASE(the_webhook_holds_the_status_of_the_job) {
  auto ended = ended_job();
  BOOST_TEST(
      http::job_ended_message(ended) ==
      R"({"type":"job.completed","timestamp":"1970-01-01T00:00:02.500Z","data":{"status":"completed","job_id":7,)"
      R"("images":{"total":3,"done":3,"failed":0},"submitted_at":"1970-01-01T00:00:01.000Z","finished_at":"1970-01-01T00:00:02.500Z"}})");
  ended.state = job_state::failed;
  ended.images = {3, 2, 1};
  ended.failures = {{"S\"1", error_code::timed_out, "too late", 1}};
  world w;
  w.know(ended);
  const auto status = get(w.port(), "/api/status?jobid=7").body;
  BOOST_TEST(http::job_ended_message(ended) ==
             R"({"type":"job.failed","timestamp":"1970-01-01T00:00:02.500Z","data":)" + status +
                 "}");
}

BOOST_AUTO_TEST_SUITE_END()
