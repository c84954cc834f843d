#include "actors/reply.hpp"

#include <boost/test/unit_test.hpp>
#include <vector>

using retail_pulse::actors::reply;

BOOST_AUTO_TEST_SUITE(reply_to_the_outside)

BOOST_AUTO_TEST_CASE(the_first_answer_counts_and_later_ones_are_ignored) {
  std::vector<int> answers;
  {
    reply<int> answer{[&](int value) { answers.push_back(value); }, -1};
    const auto copy = answer;
    copy(7);
    answer(8);
  }
  BOOST_TEST(answers == std::vector<int>{7}, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(without_an_answer_the_fallback_is_given_once_the_last_copy_is_gone) {
  std::vector<int> answers;
  {
    reply<int> answer{[&](int value) { answers.push_back(value); }, -1};
    { const auto copy = answer; }
    BOOST_TEST(answers.empty());
  }
  BOOST_TEST(answers == std::vector<int>{-1}, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(an_answer_is_awaited_until_it_is_given_or_its_client_is_gone) {
  const auto ignore = [](int) {};
  const reply<int> always{ignore, -1};
  BOOST_TEST(always.is_awaited());
  always(7);
  BOOST_TEST(!always.is_awaited());
  bool waits = true;
  const reply<int> for_a_while{ignore, -1, [&] { return waits; }};
  BOOST_TEST(for_a_while.is_awaited());
  waits = false;
  BOOST_TEST(!for_a_while.is_awaited());
  BOOST_TEST(!reply<int>{}.is_awaited());
}

BOOST_AUTO_TEST_SUITE_END()
