#include "core/time.hpp"

#include <boost/test/unit_test.hpp>

using namespace retail_pulse;

BOOST_AUTO_TEST_SUITE(times)

BOOST_AUTO_TEST_CASE(times_of_rfc_3339_and_dates_are_understood) {
  const std::pair<const char*, std::int64_t> rows[] = {
      {"1970-01-01", 0},
      {"1970-01-01T00:00:00Z", 0},
      {"1970-01-02", 86'400'000},
      {"1970-01-01t00:00:01.5z", 1500},
      {"1970-01-01T00:00:00.1239Z", 123},
      {"1970-01-01T00:00:00.001Z", 1},
      {"1970-01-01T01:30:00+01:30", 0},
      {"1970-01-01T01:30:00 01:30", 0},
      {"1969-12-31T22:30:00-01:30", 0},
      {"1970-01-01 00:00:00Z", 0},
      {"1969-12-31T23:59:60Z", 0},
      {"2026-11-22T05:27:06.123Z", 1'795'325'226'123},
      {"0000-01-01", -62'167'219'200'000},
      {"9999-12-31T23:59:59.999Z", 253'402'300'799'999}};
  for (const auto& [text, millis] : rows) {
    BOOST_TEST_CONTEXT(text) {
      const auto time = from_rfc3339(text);
      BOOST_REQUIRE(time.has_value());
      BOOST_TEST(time->count() == millis);
    }
  }
}

BOOST_AUTO_TEST_CASE(what_is_written_is_read_back) {
  for (const std::int64_t millis :
       {std::int64_t{0}, std::int64_t{1'795'325'226'123}, std::int64_t{-1}}) {
    BOOST_TEST((from_rfc3339(to_rfc3339(unix_millis{millis})) == unix_millis{millis}));
  }
}

BOOST_AUTO_TEST_CASE(any_other_text_is_no_time) {
  for (const char* text : {"",
                           "now",
                           "1970",
                           "1970-01",
                           "1970-1-1",
                           "1970-13-01",
                           "1970-02-30",
                           "1970-01-01T",
                           "1970-01-01T00:00:00",
                           "1970-01-01T00:00Z",
                           "1970-01-01T24:00:00Z",
                           "1970-01-01T00:60:00Z",
                           "1970-01-01T00:00:61Z",
                           "1970-01-01T00:00:00.Z",
                           "1970-01-01T00:00:00+1:00",
                           "1970-01-01T00:00:00+01",
                           "1970-01-01T00:00:00+24:00",
                           "1970-01-01T00:00:00Zx",
                           "1970-01-01x",
                           " 1970-01-01",
                           "1970-01-01 ",
                           "+1970-01-01",
                           "0"}) {
    BOOST_TEST_CONTEXT(text) { BOOST_TEST(!from_rfc3339(text).has_value()); }
  }
}

BOOST_AUTO_TEST_SUITE_END()
