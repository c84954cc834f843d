#include "fetch/engine/backoff.hpp"

#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <set>

#include "core/limits.hpp"

namespace retail_pulse::fetch {

BOOST_AUTO_TEST_SUITE(waits_between_attempts)

using namespace std::chrono_literals;

BOOST_AUTO_TEST_CASE(the_wait_is_drawn_from_zero_to_a_bound_that_doubles_up_to_the_cap) {
  const std::chrono::milliseconds bounds[] = {500ms, 1000ms, 2000ms, 4000ms, 8000ms, 10s, 10s};
  int attempt = 1;
  for (const auto bound : bounds) {
    std::chrono::milliseconds least = 1h;
    std::chrono::milliseconds most = 0ms;
    for (std::uint64_t image = 0; image < 5000; ++image) {
      const auto wait = backoff(attempt, error_code::timed_out, std::nullopt, {7, image});
      least = std::min(least, wait);
      most = std::max(most, wait);
    }
    BOOST_TEST((least >= 0ms && least < bound / 20));
    BOOST_TEST((most <= bound && most > bound - bound / 20));
    ++attempt;
  }
  BOOST_TEST((backoff(1'000'000, error_code::timed_out, std::nullopt, {1}) <= limits::backoff_cap));
}

BOOST_AUTO_TEST_CASE(the_same_names_draw_the_same_wait) {
  BOOST_TEST((backoff(3, error_code::timed_out, std::nullopt, {1, 2, 3}) ==
              backoff(3, error_code::timed_out, std::nullopt, {1, 2, 3})));
  BOOST_TEST((backoff(3, error_code::timed_out, std::nullopt, {1, 2, 3}) !=
              backoff(3, error_code::timed_out, std::nullopt, {1, 2, 4})));
}

BOOST_AUTO_TEST_CASE(a_name_that_failed_is_asked_again_when_its_failure_is_forgotten) {
  for (int attempt = 1; attempt < 5; ++attempt) {
    for (std::uint64_t image = 0; image < 1000; ++image) {
      const auto other = backoff(attempt, error_code::connect_failed, std::nullopt, {image});
      BOOST_TEST((backoff(attempt, error_code::dns_failed, std::nullopt, {image}) ==
                  other + limits::dns_failure_kept));
    }
  }
}

BOOST_AUTO_TEST_CASE(a_retry_after_is_the_least_wait_up_to_its_cap) {
  for (std::uint64_t image = 0; image < 100; ++image) {
    BOOST_TEST((backoff(1, error_code::http_status, 12s, {image}) == 12s));
    BOOST_TEST((backoff(1, error_code::http_status, limits::retry_after_cap, {image}) ==
                limits::retry_after_cap));
    BOOST_TEST((backoff(1, error_code::http_status, limits::retry_after_cap + 1ms, {image}) ==
                limits::retry_after_cap));
    BOOST_TEST((backoff(1, error_code::http_status, 0ms, {image}) ==
                backoff(1, error_code::http_status, std::nullopt, {image})));
  }
}

BOOST_AUTO_TEST_CASE(
    images_of_an_origin_that_is_left_alone_come_back_spread_behind_the_next_probe) {
  std::set<std::chrono::milliseconds> waits;
  for (std::uint64_t image = 0; image < 1000; ++image) {
    const auto drawn = backoff(1, error_code::connect_failed, std::nullopt, {image});
    BOOST_TEST((backoff(1, error_code::origin_unavailable, 4s, {image}) == 4s + drawn));
    BOOST_TEST((backoff(1, error_code::origin_unavailable, limits::retry_after_cap, {image}) ==
                limits::retry_after_cap + drawn));
    BOOST_TEST((backoff(1, error_code::origin_unavailable, limits::retry_after_cap + 1ms,
                        {image}) == limits::retry_after_cap + drawn));
    BOOST_TEST((backoff(1, error_code::origin_unavailable, std::nullopt, {image}) == drawn));
    waits.insert(backoff(1, error_code::origin_unavailable, 4s, {image}));
  }
  BOOST_TEST(waits.size() > 300u);  // of the 501 there are
}

BOOST_AUTO_TEST_CASE(a_retry_after_header_is_seconds_or_a_date) {
  const unix_millis now{784111700'000};  // 1994-11-06T08:48:20Z
  BOOST_TEST((parse_retry_after("0", now) == 0ms));
  BOOST_TEST((parse_retry_after("120", now) == 120s));
  BOOST_TEST((parse_retry_after("999999999999999999999999", now) == 1'000'000'000s));
  BOOST_TEST((parse_retry_after("Sun, 06 Nov 1994 08:49:37 GMT", now) == 77s));
  BOOST_TEST((parse_retry_after("Sunday, 06-Nov-94 08:49:37 GMT", now) == 77s));
  BOOST_TEST((parse_retry_after("Sun Nov  6 08:49:37 1994", now) == 77s));
  BOOST_TEST((parse_retry_after("Sun, 06 Nov 1994 08:48:19 GMT", now) == 0ms));
  for (const char* text : {"", "-1", "1.5", "soon", "12 ", "Sun, 06 Nov 1994 08:49:37",
                           "Sun, 06 Nov 1994 08:49:37 GMT+1", "06 Nov 1994", "0x10"}) {
    BOOST_TEST(!parse_retry_after(text, now).has_value(), text);
  }
  BOOST_TEST(!parse_retry_after(std::string(100'000, 'x'), now).has_value());
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace retail_pulse::fetch
