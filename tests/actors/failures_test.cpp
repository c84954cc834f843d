#include <boost/test/unit_test.hpp>

#include "tests/actors/world.hpp"

using namespace retail_pulse;
using namespace retail_pulse::tests;

namespace {

/// A pool that only remembers the job actors that joined, so that a test can end one as an
/// exception would.
struct roll_call {
  std::vector<actors::job_actor> joined;
  int left = 0;
};

actors::image_pool_actor::behavior_type idle_pool(actors::image_pool_actor::pointer,
                                                  roll_call* calls) {
  using namespace actors;
  return {
      [=](join_atom, const pool_member& member) { calls->joined.push_back(member.handle); },
      [](opened_atom, job_ticket, const origin_page_ptr&) {},
      [](offer_atom, job_ticket, const image_offer_ptr&) {},
      [](settled_atom, job_ticket, std::uint64_t) {},
      [=](leave_atom, job_ticket) { ++calls->left; },
      [](withdraw_atom, job_ticket) {},
      [](resolved_atom, const std::string&, const std::string&) {},
      [](fetched_atom, worker_index, const attempt_report&) {},
      [](finished_atom, worker_index) {},
      [](tick_atom) {},
      [](drain_atom) { return pool_gauges{}; },
      [](load_atom) { return pool_gauges{}; },
      [](origins_atom, job_id, const reply<std::optional<live_origins>>&) {},
  };
}

}  // namespace

BOOST_AUTO_TEST_SUITE(failures)

BOOST_AUTO_TEST_CASE(an_image_whose_actor_dies_ends_as_internal_and_the_rest_goes_on) {
  world w;
  w.web->answers = [](const std::string& url, int) {
    auto b = imaginary_web::picture();
    b.explodes = url.find("/5.jpg") != std::string::npos;
    return b;
  };
  const auto job = w.accept({{"S1", urls_on("a.example", 50)}});
  const auto end = w.run_to_end(job);
  BOOST_TEST(end.images.succeeded == 49);
  BOOST_TEST(describe(w.images(job)[5].result.code).name == "internal");
  BOOST_TEST(w.load().images_in_flight == 0);
  BOOST_TEST(w.load().fetches == 0);
}

BOOST_AUTO_TEST_CASE(every_place_survives_the_death_of_its_actor) {
  world_options options;
  options.pool.images_in_flight = 2;
  world w{options};
  w.web->answers = [](const std::string& url, int) {
    auto b = imaginary_web::picture();
    b.explodes = url.find("bad") != std::string::npos;
    return b;
  };
  const auto job =
      w.accept({{"S1", urls_on("bad.example", 10)}, {"S2", urls_on("good.example", 10)}});
  const auto end = w.run_to_end(job);
  BOOST_TEST(end.images.failed == 10);
  BOOST_TEST(end.images.succeeded == 10);
}

BOOST_AUTO_TEST_CASE(
    a_job_actor_that_dies_is_started_again_three_times_and_then_its_job_fails_as_internal) {
  world w;
  roll_call calls;
  auto colleagues = w.colleagues;
  colleagues.pool = w.system().spawn(idle_pool, &calls);
  const auto supervisor =
      w.system().spawn(actors::supervisor, actors::supervisor_settings{}, colleagues);
  w.run_messages();
  std::optional<job_id> job;
  caf::anon_send(
      supervisor, actors::submit_atom_v,
      submission_with({{"S1", urls_on("a.example", 2 * limits::slice_rows + 1)}}), no_key,
      actors::reply<actors::submit_outcome>{[&](actors::submit_outcome o) { job = o.id; }, {}});
  w.run_messages();
  BOOST_REQUIRE(job.has_value());
  for (std::size_t death = 1; death <= 1 + limits::job_restarts; ++death) {
    BOOST_REQUIRE_EQUAL(calls.joined.size(), death);
    BOOST_TEST(name_of(w.status(*job)->state) == "ongoing");
    caf::anon_send_exit(calls.joined.back(), caf::exit_reason::kill);
    w.run_messages();
  }
  BOOST_TEST(calls.joined.size() == 1U + limits::job_restarts);
  BOOST_TEST(calls.left == 1 + limits::job_restarts);
  const auto end = *w.status(*job);
  BOOST_TEST(name_of(end.state) == "failed");
  BOOST_TEST(end.images.failed == static_cast<std::int64_t>(2 * limits::slice_rows + 1));
  BOOST_TEST(describe(end.failures.at(0).code).name == "internal");
  caf::anon_send_exit(supervisor, caf::exit_reason::user_shutdown);
  caf::anon_send_exit(colleagues.pool, caf::exit_reason::user_shutdown);
}

BOOST_AUTO_TEST_CASE(
    a_job_actor_that_dies_in_the_middle_leaves_every_image_with_one_result_and_every_window_empty) {
  world w;
  const auto job = w.accept({{"S1", urls_on("a.example", 500)}});
  for (const std::int64_t at : {100, 200, 300}) {
    w.run_until([&] { return w.status(job)->images.done() >= at; });
    caf::anon_send(w.supervisor, actors::progress_atom_v, actors::job_ticket{999},
                   std::int64_t{5});  // of an earlier job actor: ignored
    w.kill_job_actors();
  }
  const auto end = w.run_to_end(job);
  BOOST_TEST(end.images.succeeded == 500);
  w.run_until([&] { return w.load().images_in_flight == 0 && w.load().ongoing_jobs == 0; });
  BOOST_TEST(w.load().pending_images == 0);
  BOOST_TEST(w.load().images_held == 0);
  BOOST_TEST(w.load().fetches == 0);
}

BOOST_AUTO_TEST_CASE(a_broken_job_is_closed_once_storage_answers_again) {
  world w;
  const auto job = w.accept({{"S1", urls_on("a.example", 50)}});
  {
    storage::writer lock_holder{w.where(), {std::chrono::milliseconds{0}}};
    for (int death = 0; death < limits::job_restarts; ++death) w.kill_job_actors();
    lock_holder.begin();
    w.kill_job_actors();
    for (int i = 0; i < 20; ++i) w.step();
    lock_holder.rollback();
  }
  const auto end = w.run_to_end(job);
  BOOST_TEST(name_of(end.state) == "failed");
  w.run_until([&] { return w.load().ongoing_jobs == 0; });
  BOOST_TEST(w.load().pending_images == 0);
}

BOOST_AUTO_TEST_CASE(results_that_cannot_be_stored_are_recorded_once_storage_answers_again) {
  world w;
  const auto job = w.accept({{"S1", urls_on("a.example", 100)}});
  w.run_until([&] { return w.load().images_in_flight > 0; });
  {
    storage::writer lock_holder{w.where(), {std::chrono::milliseconds{0}}};
    lock_holder.begin();
    for (int i = 0; i < 400; ++i) w.step();
    BOOST_TEST(w.load().pending_images == 100);
    lock_holder.rollback();
  }
  const auto end = w.run_to_end(job);
  BOOST_TEST(end.images.succeeded == 100);
  BOOST_TEST(w.web->fetched.size() == 100U);
}

BOOST_AUTO_TEST_CASE(a_submission_that_cannot_be_stored_is_refused_and_leaves_nothing) {
  world w;
  {
    storage::writer lock_holder{w.where(), {std::chrono::milliseconds{0}}};
    lock_holder.begin();
    const auto outcome = w.submit(submission_with({{"S1", urls_on("a.example", 1)}}));
    BOOST_TEST((outcome.what == actors::submit_outcome::kind::storage_failed));
    BOOST_TEST(!outcome.detail.empty());
    BOOST_TEST(outcome.reason == "another program is using it");
    lock_holder.rollback();
  }
  BOOST_TEST(w.load().ongoing_jobs == 0);
  BOOST_TEST(w.load().pending_images == 0);
  BOOST_TEST(name_of(w.run_to_end(w.accept({{"S1", urls_on("a.example", 1)}})).state) ==
             "completed");
}

BOOST_AUTO_TEST_SUITE_END()
