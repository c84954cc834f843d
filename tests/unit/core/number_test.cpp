#include "core/number.hpp"

#include <boost/test/unit_test.hpp>
#include <cstdint>

namespace retail_pulse {

BOOST_AUTO_TEST_SUITE(whole_numbers)

BOOST_AUTO_TEST_CASE(digits_are_a_number) {
  BOOST_TEST(whole_number<std::int64_t>("0").value() == 0);
  BOOST_TEST(whole_number<std::int64_t>("0042").value() == 42);
  BOOST_TEST(whole_number<std::int64_t>("9223372036854775807").value() == INT64_MAX);
  BOOST_TEST(whole_number<std::uint16_t>("65535").value() == 65535);
}

BOOST_AUTO_TEST_CASE(anything_but_digits_is_not_a_number) {
  for (const auto* text :
       {"", " ", "-", "-0", "-1", "+1", " 1", "1 ", "1.0", "0x1", "1e3", "one"}) {
    BOOST_TEST_CONTEXT("'" << text << "'") BOOST_TEST(!whole_number<std::int64_t>(text));
  }
}

BOOST_AUTO_TEST_CASE(a_number_out_of_range_is_not_taken) {
  BOOST_TEST(!whole_number<std::int64_t>("9223372036854775808"));
  BOOST_TEST(!whole_number<std::uint16_t>("65536"));
  BOOST_TEST(whole_number("1", 1, 5).value() == 1);
  BOOST_TEST(whole_number("5", 1, 5).value() == 5);
  BOOST_TEST(!whole_number("0", 1, 5));
  BOOST_TEST(!whole_number("6", 1, 5));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace retail_pulse
