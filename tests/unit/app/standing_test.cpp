#include <boost/test/unit_test.hpp>

#include "app/cli/client_command.hpp"

namespace {

using namespace retail_pulse;
using namespace retail_pulse::app;

BOOST_AUTO_TEST_SUITE(status_texts)

BOOST_AUTO_TEST_CASE(a_job_takes_one_line) {
  client::status_response report{.state = job_state::ongoing,
                                 .images = {.total = 300, .succeeded = 118, .failed = 2},
                                 .submitted_at = "2026-03-09T12:00:00.000Z",
                                 .finished_at = "",
                                 .failures = {},
                                 .failures_truncated = false,
                                 .answer = ""};
  BOOST_TEST(
      status_text(job_id{7}, report) ==
      "job 7 is ongoing: 120 of 300 images done, 2 failed; submitted 2026-03-09T12:00:00.000Z\n");
  report.state = job_state::completed;
  report.images = {.total = 1, .succeeded = 1, .failed = 0};
  report.finished_at = "2026-03-09T12:00:01.000Z";
  BOOST_TEST(status_text(job_id{7}, report) ==
             "job 7 completed: 1 of 1 image done; submitted 2026-03-09T12:00:00.000Z, finished "
             "2026-03-09T12:00:01.000Z\n");
}

BOOST_AUTO_TEST_CASE(a_failed_job_names_its_stores) {
  const client::status_response report{
      .state = job_state::failed,
      .images = {.total = 3, .succeeded = 0, .failed = 3},
      .submitted_at = "",
      .finished_at = "",
      .failures = {{"S\x1b", "Store ID does not exist", 1}, {"S2", "The file is not an image", 2}},
      .failures_truncated = true,
      .answer = ""};
  BOOST_TEST(status_text(job_id{8}, report) ==
             "job 8 failed: 3 of 3 images done, 3 failed\n"
             "  S?  1 image: Store ID does not exist\n"
             "  S2  2 images: The file is not an image\n"
             "  and more stores; retail-pulse results 8 lists every image\n");
}

BOOST_AUTO_TEST_CASE(an_origin_that_is_away_takes_one_line) {
  client::away_origin away{.origin = "https://cdn.example.com",
                           .pending = 9120,
                           .since = "2026-03-09T12:04:00.000Z",
                           .given_up_at = "2026-03-09T12:05:30.000Z"};
  BOOST_TEST(
      away_text(away) ==
      "  cdn.example.com has not answered since 12:04:00 UTC; 9,120 images wait, given up at "
      "12:05:30 UTC\n");
  away.pending = 1;
  away.origin = "http://[::1]:8080\x1b";
  away.since = "noon";
  BOOST_TEST(
      away_text(away) ==
      "  [::1]:8080? has not answered since noon; 1 image waits, given up at 12:05:30 UTC\n");
  for (const auto& [count, words] :
       {std::pair{999, " 999 images"}, {1000, " 1,000 images"}, {1'234'567, " 1,234,567 images"}}) {
    away.pending = count;
    BOOST_TEST(away_text(away).find(words) != std::string::npos);
  }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
