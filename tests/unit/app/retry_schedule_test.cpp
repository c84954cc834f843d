#include "app/cli/retry_schedule.hpp"

#include <boost/test/unit_test.hpp>

namespace {

using namespace retail_pulse::app;
using namespace std::chrono_literals;
using retail_pulse::client::client_error;

const patience::time_point start{};

client_error unreachable(bool may_have_arrived) { return {client_error::kind::unreachable, "", 0, std::nullopt, may_have_arrived}; }

client_error refused(int status, std::optional<std::chrono::seconds> retry_after = std::nullopt, bool may_have_arrived = false) {
  return {client_error::kind::refused, "", status, retry_after, may_have_arrived};
}

bool tried_again(const client_error& error, request_kind kind) { return patience{30s}.pause_after(error, kind, start).has_value(); }

BOOST_AUTO_TEST_SUITE(patience_of_clients)

BOOST_AUTO_TEST_CASE(pauses_double_up_to_two_seconds_and_the_last_one_ends_with_the_patience) {
  patience waiting{4s};
  auto now = start;
  std::vector<long> pauses;
  while (const auto pause = waiting.pause_after(unreachable(true), request_kind::reading, now)) {
    pauses.push_back(pause->count());
    now += *pause;
  }
  BOOST_TEST(pauses == (std::vector<long>{100, 200, 400, 800, 1600, 900}), boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(pauses_stay_at_two_seconds) {
  patience waiting{1h};
  auto last = 0ms;
  for (int i = 0; i < 10; ++i) last = waiting.pause_after(unreachable(true), request_kind::reading, start).value();
  BOOST_TEST(last.count() == 2000);
}

BOOST_AUTO_TEST_CASE(a_retry_after_is_kept_to_unless_it_comes_too_late) {
  patience waiting{30s};
  BOOST_TEST(waiting.pause_after(refused(503, 7s), request_kind::order, start).value().count() == 7000);
  BOOST_TEST(waiting.pause_after(refused(503, 7s), request_kind::order, start + 23s).value().count() == 7000);
  BOOST_TEST(!waiting.pause_after(refused(503, 7s), request_kind::order, start + 24s).has_value());
  BOOST_TEST(!patience{30s}.pause_after(refused(503, 31s), request_kind::reading, start).has_value());
  BOOST_TEST(patience{30s}.pause_after(refused(503, 0s), request_kind::reading, start).value().count() == 100);
}

BOOST_AUTO_TEST_CASE(without_time_there_is_no_second_try) {
  BOOST_TEST(!patience{0s}.pause_after(unreachable(false), request_kind::reading, start).has_value());
}

BOOST_AUTO_TEST_CASE(an_answer_between_gives_new_patience) {
  patience waiting{1s};
  BOOST_TEST(waiting.pause_after(unreachable(true), request_kind::reading, start).value().count() == 100);
  BOOST_TEST(!waiting.pause_after(unreachable(true), request_kind::reading, start + 1s).has_value());
  waiting.rest();
  BOOST_TEST(waiting.pause_after(unreachable(true), request_kind::reading, start + 1s).value().count() == 100);
}

BOOST_AUTO_TEST_CASE(what_could_be_done_twice_is_sent_again_only_where_it_was_not_taken) {
  for (const auto kind : {request_kind::reading, request_kind::submission}) {
    BOOST_TEST(tried_again(unreachable(true), kind));
    BOOST_TEST(tried_again(refused(502, std::nullopt, true), kind));
    BOOST_TEST(tried_again(refused(504, std::nullopt, true), kind));
  }
  BOOST_TEST(!tried_again(unreachable(true), request_kind::order));
  BOOST_TEST(!tried_again(refused(502, std::nullopt, true), request_kind::order));
  for (const auto kind : {request_kind::reading, request_kind::submission, request_kind::order}) {
    BOOST_TEST(tried_again(unreachable(false), kind));
    BOOST_TEST(tried_again(refused(503), kind));
  }
}

BOOST_AUTO_TEST_CASE(a_conflict_passes_only_for_a_submission_whose_key_is_on_its_way) {
  BOOST_TEST(tried_again(refused(409), request_kind::submission));
  BOOST_TEST(!tried_again(refused(409), request_kind::order));
  BOOST_TEST(!tried_again(refused(409), request_kind::reading));
}

BOOST_AUTO_TEST_CASE(what_time_does_not_mend_is_not_tried_again) {
  for (const auto kind : {request_kind::reading, request_kind::submission, request_kind::order}) {
    for (const int status : {400, 404, 413, 422, 500}) BOOST_TEST(!tried_again(refused(status), kind), status);
    for (const auto what : {client_error::kind::bad_url, client_error::kind::nonsense, client_error::kind::broken_off}) {
      BOOST_TEST(!tried_again({what, "", 0, std::nullopt, false}, kind));
    }
  }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
