#include "actors/retry.hpp"

#include <boost/test/unit_test.hpp>

#include "core/limits.hpp"

using namespace retail_pulse;
using namespace retail_pulse::actors;
using namespace std::chrono_literals;
using kind = retry_decision::kind;

namespace {

const std::chrono::steady_clock::time_point now{1h};
constexpr retry_settings three_attempts{3, 7};

struct failure {
  image_task task{image_number{4}, "S1", "http://x/4.jpg"};
  attempt_report report;
  bool is_missed = false;
  bool is_away = false;

  explicit failure(error_code code = error_code::connect_failed) {
    report.result.code = code;
    report.can_pass = true;
  }
  retry_decision decision(std::chrono::steady_clock::time_point at = now) const {
    return decide_retry({job_id{1}, task, report, is_missed, is_away}, three_attempts, at);
  }
};

failure full_server() {
  failure full{error_code::origin_unavailable};
  full.report.postponed = true;
  return full;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(retries)

BOOST_AUTO_TEST_CASE(a_failure_that_may_pass_is_followed_by_another_attempt_up_to_the_bound) {
  failure a;
  for (const int attempt : {1, 2}) {
    a.task.history.attempt = attempt;
    const auto next = a.decision();
    BOOST_TEST((next.what == kind::retry));
    BOOST_TEST(next.history.attempt == attempt + 1);
  }
  a.task.history.attempt = 3;
  BOOST_TEST((a.decision().what == kind::none));
}

BOOST_AUTO_TEST_CASE(a_failure_that_cannot_pass_is_final) {
  failure a;
  a.report.can_pass = false;
  BOOST_TEST((a.decision().what == kind::none));
  a.is_missed = a.is_away = true;
  BOOST_TEST((a.decision().what == kind::none));
}

BOOST_AUTO_TEST_CASE(what_misses_an_origin_that_is_away_is_no_attempt_not_even_the_last) {
  for (const int attempt : {1, 3}) {
    failure a;
    a.task.history.attempt = attempt;
    a.is_missed = a.is_away = true;
    const auto next = a.decision();
    BOOST_TEST((next.what == kind::missed));
    BOOST_TEST(next.history.attempt == attempt);
  }
}

BOOST_AUTO_TEST_CASE(what_is_no_evidence_of_an_outage_is_an_attempt) {
  failure a;
  a.is_away = true;
  BOOST_TEST((a.decision().what == kind::retry));
  a.is_away = false;
  a.is_missed = true;
  BOOST_TEST((a.decision().what == kind::retry));
}

BOOST_AUTO_TEST_CASE(an_attempt_that_is_taken_back_is_made_again) {
  auto next = failure{}.decision();
  take_back_attempt(next.history);
  BOOST_TEST(next.history.attempt == 1);
}

BOOST_AUTO_TEST_CASE(an_attempt_that_did_not_begin_is_made_again_for_so_long) {
  auto a = full_server();
  const auto first = a.decision();
  BOOST_TEST((first.what == kind::postponed));
  BOOST_TEST(first.history.attempt == 1);
  BOOST_TEST(first.history.postponed == 1);
  a.task.history = first.history;
  BOOST_TEST((a.decision(now + limits::postponed_for - 1ms).what == kind::postponed));
  const auto late = a.decision(now + limits::postponed_for);
  BOOST_TEST((late.what == kind::retry));
  BOOST_TEST(late.history.attempt == 2);
}

BOOST_AUTO_TEST_CASE(an_attempt_that_asked_others_first_is_postponed_only_so_often) {
  auto a = full_server();
  a.report.asked_others = true;
  for (int i = 0; i < limits::postponements_on_the_way; ++i) {
    const auto next = a.decision();
    BOOST_REQUIRE((next.what == kind::postponed));
    a.task.history = next.history;
  }
  BOOST_TEST((a.decision().what == kind::retry));
}

BOOST_AUTO_TEST_CASE(a_wait_is_at_least_what_the_server_asked_for_and_is_drawn_by_image) {
  failure a{error_code::http_status};
  a.report.retry_after = 7s;
  BOOST_TEST((a.decision().wait >= 7s));
  a.report.retry_after.reset();
  const auto wait = a.decision().wait;
  BOOST_TEST((wait <= limits::backoff_base));
  BOOST_TEST((a.decision().wait == wait));
  a.task.number = image_number{5};
  BOOST_TEST((a.decision().wait != wait));
}

BOOST_AUTO_TEST_SUITE_END()
