#include "app/cli/retry_schedule.hpp"

#include <boost/test/unit_test.hpp>

namespace {

using namespace retail_pulse::app;
using namespace std::chrono_literals;
using retail_pulse::client::client_error;

const retry_schedule::time_point start{};

client_error unreachable(bool may_have_arrived) {
  return {client_error::kind::unreachable, "", 0, std::nullopt, may_have_arrived};
}

client_error refused(int status, std::optional<std::chrono::seconds> retry_after = std::nullopt,
                     bool may_have_arrived = false) {
  return {client_error::kind::refused, "", status, retry_after, may_have_arrived};
}

bool is_retried(const client_error& error, request_kind kind) {
  return retry_schedule{30s}.pause_after(error, kind, start).has_value();
}

BOOST_AUTO_TEST_SUITE(retry_schedules)

BOOST_AUTO_TEST_CASE(pauses_double_up_to_two_seconds_and_the_last_one_ends_with_the_schedule) {
  retry_schedule schedule{4s};
  auto now = start;
  std::vector<long> pauses;
  while (const auto pause = schedule.pause_after(unreachable(true), request_kind::reading, now)) {
    pauses.push_back(pause->count());
    now += *pause;
  }
  BOOST_TEST(pauses == (std::vector<long>{100, 200, 400, 800, 1600, 900}),
             boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(pauses_stay_at_two_seconds) {
  retry_schedule schedule{1h};
  auto last = 0ms;
  for (int i = 0; i < 10; ++i)
    last = schedule.pause_after(unreachable(true), request_kind::reading, start).value();
  BOOST_TEST(last.count() == 2000);
}

BOOST_AUTO_TEST_CASE(a_retry_after_is_respected_unless_it_comes_too_late) {
  retry_schedule schedule{30s};
  BOOST_TEST(schedule.pause_after(refused(503, 7s), request_kind::order, start).value().count() ==
             7000);
  BOOST_TEST(
      schedule.pause_after(refused(503, 7s), request_kind::order, start + 23s).value().count() ==
      7000);
  BOOST_TEST(!schedule.pause_after(refused(503, 7s), request_kind::order, start + 24s).has_value());
  BOOST_TEST(!retry_schedule{30s}
                  .pause_after(refused(503, 31s), request_kind::reading, start)
                  .has_value());
  BOOST_TEST(retry_schedule{30s}
                 .pause_after(refused(503, 0s), request_kind::reading, start)
                 .value()
                 .count() == 100);
}

BOOST_AUTO_TEST_CASE(without_time_there_is_no_retry) {
  BOOST_TEST(!retry_schedule{0s}
                  .pause_after(unreachable(false), request_kind::reading, start)
                  .has_value());
}

BOOST_AUTO_TEST_CASE(an_answer_between_starts_the_schedule_again) {
  retry_schedule schedule{1s};
  BOOST_TEST(
      schedule.pause_after(unreachable(true), request_kind::reading, start).value().count() == 100);
  BOOST_TEST(
      !schedule.pause_after(unreachable(true), request_kind::reading, start + 1s).has_value());
  schedule.reset();
  BOOST_TEST(
      schedule.pause_after(unreachable(true), request_kind::reading, start + 1s).value().count() ==
      100);
}

BOOST_AUTO_TEST_CASE(an_order_is_retried_only_if_the_first_one_did_not_arrive) {
  for (const auto kind : {request_kind::reading, request_kind::submission}) {
    BOOST_TEST(is_retried(unreachable(true), kind));
    BOOST_TEST(is_retried(refused(502, std::nullopt, true), kind));
    BOOST_TEST(is_retried(refused(504, std::nullopt, true), kind));
  }
  BOOST_TEST(!is_retried(unreachable(true), request_kind::order));
  BOOST_TEST(!is_retried(refused(502, std::nullopt, true), request_kind::order));
  for (const auto kind : {request_kind::reading, request_kind::submission, request_kind::order}) {
    BOOST_TEST(is_retried(unreachable(false), kind));
    BOOST_TEST(is_retried(refused(503), kind));
  }
}

BOOST_AUTO_TEST_CASE(a_conflict_is_retried_only_for_a_submission_in_progress) {
  BOOST_TEST(is_retried(refused(409), request_kind::submission));
  BOOST_TEST(!is_retried(refused(409), request_kind::order));
  BOOST_TEST(!is_retried(refused(409), request_kind::reading));
}

BOOST_AUTO_TEST_CASE(a_permanent_failure_is_not_retried) {
  for (const auto kind : {request_kind::reading, request_kind::submission, request_kind::order}) {
    for (const int status : {400, 404, 413, 422, 500})
      BOOST_TEST(!is_retried(refused(status), kind), status);
    for (const auto what : {client_error::kind::bad_url, client_error::kind::nonsense,
                            client_error::kind::broken_off}) {
      BOOST_TEST(!is_retried({what, "", 0, std::nullopt, false}, kind));
    }
  }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
