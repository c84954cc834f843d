#include "app/serve/descriptors.hpp"

#include <boost/test/unit_test.hpp>

#include "core/limits.hpp"

using retail_pulse::app::share_out;
namespace limits = retail_pulse::limits;

BOOST_AUTO_TEST_SUITE(descriptors)

BOOST_AUTO_TEST_CASE(what_is_shared_out_never_exceeds_what_there_is) {
  for (std::size_t available = 0; available < 3000; ++available) {
    for (const std::size_t wanted : {1, 16, 256, 1024}) {
      for (const int choice : {0, 1, 2, 3}) {
        const bool keeps_images = choice % 2 != 0, makes_callbacks = choice / 2 != 0;
        const auto budget = share_out(available, {wanted, keeps_images, makes_callbacks});
        if (!budget) continue;
        const auto used = limits::descriptors_for_files + limits::refusals_lingering +
                          budget->callbacks + (keeps_images ? 3 : 1) * budget->fetch_threads +
                          budget->idle_connections + budget->api_connections;
        BOOST_TEST_REQUIRE(used <= available);
        BOOST_TEST_REQUIRE(budget->callbacks <= limits::callbacks_at_once);
        BOOST_TEST_REQUIRE((makes_callbacks ? budget->callbacks >= limits::callbacks_fewest
                                            : budget->callbacks == 0));
        BOOST_TEST_REQUIRE(budget->fetch_threads >= 1U);
        BOOST_TEST_REQUIRE(budget->fetch_threads <= wanted);
        BOOST_TEST_REQUIRE(budget->api_connections >= budget->fetch_threads);
      }
    }
  }
}

BOOST_AUTO_TEST_CASE(plenty_gives_all_that_was_asked_for) {
  const auto budget = share_out(20'000, {256, false, true});
  BOOST_REQUIRE(budget.has_value());
  BOOST_TEST(budget->fetch_threads == 256U);
  BOOST_TEST(budget->api_connections == limits::api_connections);
  BOOST_TEST(budget->callbacks == limits::callbacks_at_once);
}

BOOST_AUTO_TEST_CASE(callbacks_take_an_eighth_of_few_descriptors) {
  constexpr auto enough = limits::callbacks_at_once * limits::callbacks_descriptor_parts;
  BOOST_TEST(share_out(enough, {256, false, true})->callbacks == limits::callbacks_at_once);
  BOOST_TEST(share_out(enough - 1, {256, false, true})->callbacks == limits::callbacks_at_once - 1);
  BOOST_TEST(share_out(1024, {256, false, true})->callbacks == 128U);
}

BOOST_AUTO_TEST_CASE(short_supply_lessens_the_fetch_threads_and_too_little_is_refused) {
  const auto few = share_out(256, {256, false, true});
  BOOST_REQUIRE(few.has_value());
  BOOST_TEST(few->fetch_threads < 256U);
  BOOST_TEST(!share_out(limits::descriptors_for_files + limits::refusals_lingering + 5,
                        {256, false, false})
                  .has_value());
}

BOOST_AUTO_TEST_SUITE_END()
