#include "core/random.hpp"

#include <boost/test/unit_test.hpp>
#include <set>

using namespace retail_pulse;

BOOST_AUTO_TEST_SUITE(chance)

BOOST_AUTO_TEST_CASE(the_same_names_give_the_same_number_and_others_another) {
  std::set<std::uint64_t> seen;
  for (std::uint64_t seed = 0; seed < 10; ++seed) {
    for (std::uint64_t job = 0; job < 10; ++job) {
      for (std::uint64_t image = 0; image < 10; ++image) {
        BOOST_TEST(draw({seed, job, image}) == draw({seed, job, image}));
        BOOST_TEST(seen.insert(draw({seed, job, image})).second);
      }
    }
  }
}

BOOST_AUTO_TEST_CASE(a_draw_covers_its_range_and_both_ends) {
  std::set<std::int64_t> seen;
  for (std::uint64_t i = 0; i < 1000; ++i) seen.insert(draw_between(-2, 3, {i}));
  BOOST_TEST(seen == (std::set<std::int64_t>{-2, -1, 0, 1, 2, 3}),
             boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(a_range_of_one_value_gives_it) { BOOST_TEST(draw_between(5, 5, {1}) == 5); }

BOOST_AUTO_TEST_SUITE_END()
