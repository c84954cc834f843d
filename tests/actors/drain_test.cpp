#include <boost/test/unit_test.hpp>

#include "tests/actors/world.hpp"

using namespace retail_pulse;
using namespace retail_pulse::tests;

BOOST_AUTO_TEST_SUITE(draining_the_service)

BOOST_AUTO_TEST_CASE(images_in_flight_are_recorded_and_no_others_are_fetched) {
  world_options options;
  options.pool.images_in_flight = 100;
  world w{options};
  const auto job = w.accept({{"S1", urls_on("a.example", 1000)}});
  w.run_until([&] { return w.status(job)->images.done() > 50; });
  const auto fetched = w.web->fetched.size();
  const auto before = w.now();
  const auto left = w.drain(3s);
  BOOST_REQUIRE(left.has_value());
  BOOST_TEST((w.now() - before <= 500ms));
  BOOST_TEST(w.web->fetched.size() == fetched);
  const auto status = *w.status(job);
  BOOST_TEST(name_of(status.state) == "ongoing");
  BOOST_TEST(status.images.done() ==
             static_cast<std::int64_t>(fetched));  // every fetch became a result
  BOOST_TEST(left->pending_images == status.images.pending());
}

BOOST_AUTO_TEST_CASE(the_drain_timeout_ends_the_wait_for_a_silent_origin) {
  world w;
  w.web->answers = [](const std::string&, int) { return imaginary_web::picture(1, 1, 60s); };
  const auto job = w.accept({{"S1", urls_on("a.example", 10)}});
  w.run_until([&] { return w.load().fetches > 0; });
  const auto before = w.now();
  BOOST_REQUIRE(w.drain(3s).has_value());
  BOOST_TEST((w.now() - before <= 3s));
  BOOST_TEST(w.status(job)->images.pending() == 10);
}

BOOST_AUTO_TEST_CASE(a_submission_during_a_drain_is_refused) {
  world w;
  w.drain(1s);
  BOOST_TEST((w.submit(submission_with({{"S1", urls_on("a.example", 1)}})).what ==
              actors::submit_outcome::kind::draining));
  BOOST_TEST((w.load().at == actors::phase::draining));
}

BOOST_AUTO_TEST_CASE(a_job_that_waits_for_a_retry_does_not_hold_up_the_drain) {
  world w;
  w.web->answers = [](const std::string&, int) {
    auto b = imaginary_web::failure(error_code::http_status, 503);
    b.outcome.retry_after = 30s;
    return b;
  };
  w.accept({{"S1", urls_on("a.example", 5)}});
  for (int i = 0; i < 10; ++i) w.step();
  const auto before = w.now();
  BOOST_REQUIRE(w.drain(3s).has_value());
  BOOST_TEST((w.now() - before <= 1s));
}

BOOST_AUTO_TEST_CASE(a_submission_that_is_being_stored_is_answered_before_the_drain_ends) {
  world w;
  std::optional<actors::submit_outcome> outcome;
  caf::anon_send(
      w.supervisor, actors::submit_atom_v,
      submission_with({{"S1", urls_on("a.example", 5 * limits::slice_rows)}}), no_key,
      actors::reply<actors::submit_outcome>{[&](actors::submit_outcome o) { outcome = o; }, {}});
  BOOST_REQUIRE(w.drain(3s).has_value());
  BOOST_REQUIRE(outcome.has_value());
  BOOST_TEST((outcome->what == actors::submit_outcome::kind::accepted));
  BOOST_TEST(w.status(outcome->id)->images.pending() ==
             static_cast<std::int64_t>(5 * limits::slice_rows));
}

BOOST_AUTO_TEST_CASE(an_idle_service_drains_at_once) {
  world w;
  const auto before = w.now();
  BOOST_REQUIRE(w.drain(3s).has_value());
  BOOST_TEST((w.now() == before));
}

BOOST_AUTO_TEST_SUITE_END()
