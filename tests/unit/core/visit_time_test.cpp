#include "core/visit_time.hpp"

#include <boost/test/unit_test.hpp>

using retail_pulse::visit_date;

BOOST_AUTO_TEST_SUITE(visit_time)

BOOST_AUTO_TEST_CASE(dates_and_date_times_are_understood) {
  for (const char* text :
       {"2023-03-09", "2023-03-09T12:00:00", "2023-03-09 12:00:00", "2023-03-09T12:00",
        "2023-03-09T12:00:00Z", "2023-03-09T23:59:60.123+05:30", "2023-03-09t12:00:00,5-0800",
        "2023-03-09T00:00+05"}) {
    BOOST_TEST_CONTEXT(text) {
      const auto date = visit_date(text);
      BOOST_REQUIRE(date.has_value());
      BOOST_TEST(*date == "2023-03-09");
    }
  }
}

BOOST_AUTO_TEST_CASE(a_leap_day_exists_only_in_leap_years) {
  BOOST_TEST(visit_date("2024-02-29").has_value());
  BOOST_TEST(!visit_date("2023-02-29").has_value());
  BOOST_TEST(visit_date("2000-02-29").has_value());
  BOOST_TEST(!visit_date("1900-02-29").has_value());
}

BOOST_AUTO_TEST_CASE(any_other_text_has_no_date) {
  for (const char* text : {"",
                           "yesterday",
                           "2023",
                           "2023-3-9",
                           "2023-13-01",
                           "2023-00-10",
                           "2023-04-31",
                           "09-03-2023",
                           "2023-03-09T",
                           "2023-03-09T24:00",
                           "2023-03-09T12",
                           "2023-03-09T12:60",
                           "2023-03-09T12:00:61",
                           "2023-03-09T12:00:00.",
                           "2023-03-09T12:00:00X",
                           "2023-03-09T12:00:00+",
                           "2023-03-09T12:00:00+5",
                           "2023-03-09x",
                           " 2023-03-09",
                           "2023-03-09 ",
                           "-023-03-09"}) {
    BOOST_TEST_CONTEXT(text) { BOOST_TEST(!visit_date(text).has_value()); }
  }
}

BOOST_AUTO_TEST_SUITE_END()
