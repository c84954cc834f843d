#include <boost/test/unit_test.hpp>
#include <set>

#include "tests/actors/world.hpp"

using namespace retail_pulse;
using namespace retail_pulse::tests;

namespace {

using outcome = actors::control_outcome::kind;

/// How often each code is the result of an image.
std::map<std::string, int> codes_of(world& w, job_id job) {
  std::map<std::string, int> codes;
  for (const auto& row : w.images(job))
    ++codes[row.pending ? "pending" : std::string{describe(row.result.code).name}];
  return codes;
}

void check_that_nothing_is_held(world& w) {
  w.run_until([&] { return w.load().images_in_flight == 0 && w.load().ongoing_jobs == 0; });
  const auto load = w.load();
  BOOST_TEST(load.ongoing_jobs == 0);
  BOOST_TEST(load.pending_images == 0);
  BOOST_TEST(load.images_held == 0);
  BOOST_TEST(load.fetches == 0);
}

world_options narrow() {
  world_options options;
  options.pool.fetch_slots = 4;
  return options;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(cancelling_a_job)

BOOST_AUTO_TEST_CASE(images_in_flight_get_results_and_the_others_are_cancelled_without_a_fetch) {
  world w{narrow()};
  const auto job = w.accept({{"S1", urls_on("a.example", 500)}});
  w.run_until([&] { return w.status(job)->images.done() > 20; });
  BOOST_TEST((w.cancel(job).what == outcome::done));
  const auto fetched = w.web->fetched.size();
  const auto end = w.run_to_end(job);
  BOOST_TEST(name_of(end.state) == "failed");
  BOOST_TEST(w.web->fetched.size() == fetched);
  BOOST_TEST(end.images.succeeded == static_cast<std::int64_t>(fetched));
  BOOST_TEST(codes_of(w, job)["cancelled"] == 500 - static_cast<int>(fetched));
  BOOST_TEST(describe(end.failures.at(0).code).name == "cancelled");
  check_that_nothing_is_held(w);
}

BOOST_AUTO_TEST_CASE(a_cancelled_job_makes_room_for_others_at_once) {
  world w{narrow()};
  w.web->answers = [](const std::string& url, int) {
    return imaginary_web::picture(1, 1, url.find("slow") != std::string::npos ? 9s : 10ms);
  };
  const auto slow = w.accept({{"S1", urls_on("slow.example", 300)}});
  w.run_until([&] { return w.load().fetches == 4; });
  w.cancel(slow);
  BOOST_TEST(w.load().images_held == 4);  // what is in flight
  const auto quick = w.accept({{"S2", urls_on("b.example", 100)}});
  w.run_to_end(quick);
  w.run_to_end(slow);
  const std::map<std::string, int> expected{{"none", 4}, {"cancelled", 296}};
  BOOST_TEST((codes_of(w, slow) == expected));
  check_that_nothing_is_held(w);
}

BOOST_AUTO_TEST_CASE(a_cancel_does_not_wait_for_images_in_their_retry_wait) {
  world w{narrow()};
  w.web->answers = [](const std::string&, int) {
    auto busy = imaginary_web::failure(error_code::http_status, 503);
    busy.outcome.retry_after = 30s;
    return busy;
  };
  const auto job = w.accept({{"S1", urls_on("a.example", 6)}});
  w.run_until([&] { return w.web->fetched.size() == 6 && w.load().images_in_flight == 0; });
  const auto before = w.now();
  w.cancel(job);
  const auto end = w.run_to_end(job);
  BOOST_TEST((w.now() - before < 1s));
  BOOST_TEST(end.images.failed == 6);
  BOOST_TEST(codes_of(w, job)["cancelled"] == 6);
  while (w.step()) {
  }
  BOOST_TEST(w.web->fetched.size() == 6U);
  check_that_nothing_is_held(w);
}

BOOST_AUTO_TEST_CASE(an_image_in_flight_that_would_be_tried_again_is_cancelled) {
  world w{narrow()};
  w.web->answers = [](const std::string&, int) {
    return imaginary_web::failure(error_code::timed_out, 0, 5s);
  };
  const auto job = w.accept({{"S1", urls_on("a.example", 10)}});
  w.run_until([&] { return w.load().fetches == 4; });
  w.cancel(job);
  w.run_to_end(job);
  BOOST_TEST(codes_of(w, job)["cancelled"] == 10);
  BOOST_TEST(w.web->fetched.size() == 4U);
  check_that_nothing_is_held(w);
}

BOOST_AUTO_TEST_CASE(a_cancel_right_after_the_submission_is_not_lost) {
  for (int messages = 0; messages < 40; ++messages) {
    world w{narrow()};
    std::optional<job_id> job;
    caf::anon_send(w.supervisor, actors::submit_atom_v,
                   submission_with({{"S1", urls_on("a.example", 200)}}), no_key,
                   actors::reply<actors::submit_outcome>{
                       [&](const actors::submit_outcome& o) { job = o.id; }, {}});
    while (!job) BOOST_REQUIRE(w.run_one_message());
    for (int i = 0; i < messages; ++i) w.run_one_message();
    BOOST_TEST((w.cancel(*job).what == outcome::done));
    w.run_to_end(*job);
    BOOST_TEST(codes_of(w, *job)["cancelled"] >= 192, "after " << messages << " messages");
    check_that_nothing_is_held(w);
  }
}

BOOST_AUTO_TEST_CASE(a_second_cancel_is_accepted_and_one_after_the_end_is_refused) {
  world w{narrow()};
  w.web->answers = [](const std::string&, int) { return imaginary_web::picture(1, 1, 5s); };
  const auto job = w.accept({{"S1", urls_on("a.example", 20)}});
  w.run_until([&] { return w.load().fetches == 4; });
  for (int i = 0; i < 2; ++i) {
    const auto came_to = w.cancel(job);
    BOOST_TEST((came_to.what == outcome::done));
    BOOST_TEST(came_to.job.id.value == job.value);
  }
  w.run_to_end(job);
  BOOST_TEST((w.cancel(job).what == outcome::ended));
  BOOST_TEST((w.cancel(job_id{job.value + 1}).what == outcome::no_such_job));
  check_that_nothing_is_held(w);
}

BOOST_AUTO_TEST_CASE(a_cancelled_job_whose_actor_dies_stays_cancelled) {
  world w{narrow()};
  w.web->answers = [](const std::string&, int) { return imaginary_web::picture(1, 1, 5s); };
  const auto job = w.accept({{"S1", urls_on("a.example", 100)}});
  w.run_until([&] { return w.load().fetches == 4; });
  w.cancel(job);
  w.kill_job_actors();
  const auto end = w.run_to_end(job);
  BOOST_TEST(end.images.failed == 100);
  BOOST_TEST(codes_of(w, job)["cancelled"] ==
             100);  // also those in flight: the actor that would have recorded them is gone
  BOOST_TEST(w.web->fetched.size() == 4U);
  check_that_nothing_is_held(w);
}

BOOST_AUTO_TEST_CASE(a_cancel_whose_job_actor_dies_before_it_receives_it_is_not_lost) {
  world w{narrow()};
  const auto job = w.accept({{"S1", urls_on("a.example", 300)}});
  w.run_until([&] { return w.load().fetches == 4; });
  const auto answer = w.ask(actors::cancel_atom_v, job);
  w.kill_job_actors();
  BOOST_TEST((answer->value().what == outcome::done));
  w.run_to_end(job);
  BOOST_TEST(w.web->fetched.size() <= 8U);
  check_that_nothing_is_held(w);
}

BOOST_AUTO_TEST_CASE(a_cancel_that_storage_refuses_is_an_error_and_changes_nothing) {
  world w{narrow()};
  const auto job = w.accept({{"S1", urls_on("a.example", 50)}});
  w.run_until([&] { return w.load().fetches == 4; });
  {
    storage::writer lock_holder{w.where(), {std::chrono::milliseconds{0}}};
    lock_holder.begin();
    const auto came_to = w.cancel(job);
    BOOST_TEST((came_to.what == outcome::storage_failed));
    BOOST_TEST(came_to.reason == "another program is using it");
    lock_holder.rollback();
  }
  BOOST_TEST(name_of(w.run_to_end(job).state) == "completed");
}

BOOST_AUTO_TEST_CASE(a_cancelled_job_is_closed_once_storage_answers_again) {
  world w{narrow()};
  w.web->answers = [](const std::string&, int) {
    auto busy = imaginary_web::failure(error_code::http_status, 503);
    busy.outcome.retry_after = 30s;
    return busy;
  };
  const auto job = w.accept({{"S1", urls_on("a.example", 4)}});
  w.run_until([&] { return w.web->fetched.size() == 4 && w.load().images_in_flight == 0; });
  const auto answer = w.ask(actors::cancel_atom_v, job);
  while (!answer->has_value()) BOOST_REQUIRE(w.run_one_message());
  {
    storage::writer lock_holder{w.where(), {std::chrono::milliseconds{0}}};
    lock_holder.begin();
    w.run_messages();
    for (int i = 0; i < 5; ++i) w.step();
    BOOST_TEST(w.load().ongoing_jobs == 1);
    lock_holder.rollback();
  }
  BOOST_TEST(w.run_to_end(job).images.failed == 4);
  check_that_nothing_is_held(w);
}

BOOST_AUTO_TEST_CASE(a_job_that_was_cancelled_before_a_restart_fetches_nothing_more) {
  const auto where = storage::location::shared_memory("cancelled before a restart");
  storage::writer keeper{where, {std::chrono::milliseconds{0}}};
  job_id job;
  {
    world w{narrow(), where};
    w.web->answers = [](const std::string&, int) { return imaginary_web::picture(1, 1, 60s); };
    job = w.accept({{"S1", urls_on("a.example", 100)}});
    w.run_until([&] { return w.load().fetches == 4; });
    BOOST_TEST((w.cancel(job).what == outcome::done));
  }
  world w{narrow(), where};
  const auto end = w.run_to_end(job);
  BOOST_TEST(end.images.failed == 100);
  BOOST_TEST(w.web->fetched.empty());
  check_that_nothing_is_held(w);
}

BOOST_AUTO_TEST_CASE(a_cancel_during_a_drain_is_kept_for_the_next_start) {
  const auto where = storage::location::shared_memory("cancelled during a drain");
  storage::writer keeper{where, {std::chrono::milliseconds{0}}};
  job_id job;
  {
    world w{narrow(), where};
    w.web->answers = [](const std::string&, int) { return imaginary_web::picture(1, 1, 1s); };
    job = w.accept({{"S1", urls_on("a.example", 100)}});
    w.run_until([&] { return w.load().fetches == 4; });
    auto left = std::make_shared<bool>(false);
    w.system().spawn([=, to = w.supervisor](caf::event_based_actor* self) {
      self->request(to, caf::infinite, actors::drain_atom_v, std::chrono::milliseconds{3000})
          .then([=](const actors::load_report&) { *left = true; });
    });
    w.run_messages();
    BOOST_TEST((w.cancel(job).what == outcome::done));
    BOOST_TEST(w.run_until([&] { return *left; }));
    BOOST_TEST(w.status(job)->images.succeeded == 4);
  }
  world w{narrow(), where};
  w.run_to_end(job);
  BOOST_TEST(w.web->fetched.empty());
  const std::map<std::string, int> expected{{"none", 4}, {"cancelled", 96}};
  BOOST_TEST((codes_of(w, job) == expected));
}

BOOST_AUTO_TEST_CASE(a_drain_waits_for_the_answer_to_a_cancel) {
  world w{narrow()};
  const auto job = w.accept({{"S1", urls_on("a.example", 20)}});
  const auto answer = w.ask(actors::cancel_atom_v, job);
  BOOST_REQUIRE(w.drain(3s).has_value());
  BOOST_REQUIRE(answer->has_value());
  BOOST_TEST(((*answer)->what == outcome::done));
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(redriving_a_job)

BOOST_AUTO_TEST_CASE(only_failed_images_are_fetched_again) {
  world w;
  bool is_well = false;
  w.web->answers = [&](const std::string& url, int) {
    const bool fails = !is_well && (url.find("/3.jpg") != std::string::npos ||
                                    url.find("/57.jpg") != std::string::npos);
    return fails ? imaginary_web::failure(error_code::not_an_image) : imaginary_web::picture();
  };
  const auto job = w.accept({{"S1", urls_on("a.example", 100)}, {"S9", urls_on("b.example", 3)}});
  BOOST_TEST(w.run_to_end(job).images.failed == 5);
  w.web->fetched.clear();
  is_well = true;
  const auto came_to = w.redrive(job);
  BOOST_TEST((came_to.what == outcome::done));
  BOOST_TEST(came_to.job.run.value == 2);
  BOOST_TEST(came_to.job.images.pending() == 5);
  BOOST_TEST(w.load().pending_images == 5);
  BOOST_TEST(w.load().ongoing_jobs == 1);
  const auto end = w.run_to_end(job);
  const std::vector<std::string> again{"http://a.example/3.jpg", "http://a.example/57.jpg"};
  BOOST_TEST(w.web->fetched == again, boost::test_tools::per_element());
  BOOST_TEST(end.images.succeeded == 100);
  BOOST_TEST(end.images.failed == 3);  // their store still does not exist
  BOOST_TEST(end.run.value == 2);
  check_that_nothing_is_held(w);
}

BOOST_AUTO_TEST_CASE(a_cancelled_job_can_be_redriven_to_its_end) {
  world w{narrow()};
  const auto job = w.accept({{"S1", urls_on("a.example", 300)}});
  w.run_until([&] { return w.status(job)->images.done() > 20; });
  w.cancel(job);
  const auto good = w.run_to_end(job).images.succeeded;
  BOOST_TEST((w.redrive(job).what == outcome::done));
  const auto end = w.run_to_end(job);
  BOOST_TEST(name_of(end.state) == "completed");
  BOOST_TEST(w.web->fetched.size() == 300U);
  BOOST_TEST(good < 300);
  BOOST_TEST(std::set<std::string>(w.web->fetched.begin(), w.web->fetched.end()).size() ==
             300U);  // each once
  check_that_nothing_is_held(w);
}

BOOST_AUTO_TEST_CASE(a_redrive_with_nothing_to_do_is_refused_with_its_reason) {
  world w;
  w.web->answers = [](const std::string& url, int) {
    return imaginary_web::picture(1, 1, url.find("slow") != std::string::npos ? 5s : 10ms);
  };
  BOOST_TEST((w.redrive(job_id{1}).what == outcome::no_such_job));
  const auto good = w.accept({{"S1", urls_on("a.example", 1)}});
  w.run_to_end(good);
  BOOST_TEST((w.redrive(good).what == outcome::nothing_failed));
  const auto slow = w.accept({{"S1", urls_on("slow.example", 1)}});
  BOOST_TEST((w.redrive(slow).what == outcome::ongoing));
  w.run_to_end(slow);
  check_that_nothing_is_held(w);
}

BOOST_AUTO_TEST_CASE(a_redrive_is_admitted_as_a_submission_is) {
  world_options options;
  options.supervisor.max_jobs = 1;
  options.supervisor.max_pending_images = 10;
  world w{options};
  w.web->answers = [](const std::string& url, int) {
    if (url.find("slow") != std::string::npos) return imaginary_web::picture(1, 1, 5s);
    return imaginary_web::failure(error_code::not_an_image);
  };
  const auto failed = w.accept({{"S1", urls_on("a.example", 6)}});
  w.run_to_end(failed);
  w.run_until([&] { return w.load().ongoing_jobs == 0; });
  const auto slow = w.accept({{"S1", urls_on("slow.example", 5)}});
  BOOST_TEST(w.redrive(failed).detail == "too many ongoing jobs");
  w.run_to_end(slow);
  w.run_until([&] { return w.load().ongoing_jobs == 0; });
  BOOST_TEST((w.redrive(failed).what == outcome::done));
  w.run_to_end(failed);
  check_that_nothing_is_held(w);
  w.drain(1s);
  BOOST_TEST((w.redrive(failed).what == outcome::draining));
}

BOOST_AUTO_TEST_CASE(
    a_redrive_of_more_images_than_there_is_room_for_is_refused_and_changes_nothing) {
  world_options options;
  options.supervisor.max_pending_images = 10;
  world w{options};
  w.web->answers = [](const std::string& url, int) {
    if (url.find("slow") != std::string::npos) return imaginary_web::picture(1, 1, 5s);
    return imaginary_web::failure(error_code::not_an_image);
  };
  const auto failed = w.accept({{"S1", urls_on("a.example", 6)}});
  w.run_to_end(failed);
  w.run_until([&] { return w.load().ongoing_jobs == 0; });
  const auto slow = w.accept({{"S1", urls_on("slow.example", 5)}});
  const auto refused = w.redrive(failed);
  BOOST_TEST((refused.what == outcome::full));
  BOOST_TEST(refused.detail == "too many pending images");
  BOOST_TEST(w.load().pending_images == 5);
  BOOST_TEST(w.load().ongoing_jobs == 1);
  BOOST_TEST(name_of(w.status(failed)->state) == "failed");
  w.run_to_end(slow);
  w.run_until([&] { return w.load().ongoing_jobs == 0; });
  BOOST_TEST((w.redrive(failed).what == outcome::done));
  w.run_to_end(failed);
  check_that_nothing_is_held(w);
}

BOOST_AUTO_TEST_CASE(a_redriven_job_goes_on_after_a_restart) {
  const auto where = storage::location::shared_memory("redriven before a restart");
  storage::writer keeper{where, {std::chrono::milliseconds{0}}};
  job_id job;
  {
    world w{narrow(), where};
    w.web->answers = [](const std::string&, int) {
      return imaginary_web::failure(error_code::not_an_image);
    };
    job = w.accept({{"S1", urls_on("a.example", 100)}});
    w.run_to_end(job);
    w.web->answers = [](const std::string&, int) { return imaginary_web::picture(); };
    w.redrive(job);
    w.run_until([&] { return w.status(job)->images.succeeded > 20; });
  }
  world w{narrow(), where};
  const auto end = w.run_to_end(job);
  BOOST_TEST(name_of(end.state) == "completed");
  BOOST_TEST(end.run.value == 2);
  BOOST_TEST(w.web->fetched.size() < 80U);
  check_that_nothing_is_held(w);
}

BOOST_AUTO_TEST_CASE(a_redriven_job_whose_actors_die_fails_as_internal_in_its_new_run) {
  world w{narrow()};
  w.web->answers = [](const std::string&, int) {
    return imaginary_web::failure(error_code::not_an_image);
  };
  const auto job = w.accept({{"S1", urls_on("a.example", 30)}});
  w.run_to_end(job);
  w.run_until([&] { return w.load().ongoing_jobs == 0; });
  w.web->answers = [](const std::string&, int) { return imaginary_web::picture(1, 1, 60s); };
  w.redrive(job);
  for (int death = 0; death <= limits::job_restarts; ++death) w.kill_job_actors();
  const auto end = w.run_to_end(job);
  BOOST_TEST(end.images.failed == 30);
  BOOST_TEST(codes_of(w, job)["internal"] == 30);
  BOOST_TEST(end.run.value == 2);
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(submitting_once_only)

namespace {

using submitted = actors::submit_outcome::kind;

submission_ptr some_images(std::size_t count = 3) {
  return submission_with({{"S1", urls_on("a.example", count)}});
}

}  // namespace

BOOST_AUTO_TEST_CASE(a_known_key_is_answered_with_its_job_and_starts_nothing) {
  world w;
  const auto first = w.submit_under({"key", "digest"}, some_images());
  w.run_messages();
  BOOST_TEST(((*first)->what == submitted::accepted));
  for (int i = 0; i < 2; ++i) {
    const auto again = w.submit_under({"key", "digest"}, some_images());
    w.run_messages();
    BOOST_TEST(((*again)->what == submitted::replayed));
    BOOST_TEST((*again)->id.value == (*first)->id.value);
    if (i == 0) w.run_to_end((*first)->id);
  }
  const auto other = w.submit_under({"key", "another digest"}, some_images());
  w.run_messages();
  BOOST_TEST(((*other)->what == submitted::key_used));
  BOOST_TEST(w.web->fetched.size() == 3U);
  BOOST_TEST(!w.status(job_id{(*first)->id.value + 1}).has_value());
  check_that_nothing_is_held(w);
}

BOOST_AUTO_TEST_CASE(a_key_is_busy_while_its_submission_is_being_stored) {
  world w;
  const auto first = w.submit_under({"key", "digest"}, some_images(2 * limits::slice_rows + 1));
  const auto second = w.submit_under({"key", "digest"}, some_images(2 * limits::slice_rows + 1));
  const auto other = w.submit_under({"another key", "digest"}, some_images());
  w.run_messages();
  BOOST_TEST(((*first)->what == submitted::accepted));
  BOOST_TEST(((*second)->what == submitted::key_busy));
  BOOST_TEST(((*other)->what == submitted::accepted));
  const auto third = w.submit_under({"key", "digest"}, some_images(2 * limits::slice_rows + 1));
  w.run_messages();
  BOOST_TEST(((*third)->what == submitted::replayed));
  BOOST_TEST((*third)->id.value == (*first)->id.value);
}

BOOST_AUTO_TEST_CASE(a_submission_that_could_not_be_stored_can_be_sent_again_under_its_key) {
  world w;
  {
    storage::writer lock_holder{w.where(), {std::chrono::milliseconds{0}}};
    lock_holder.begin();
    const auto refused = w.submit_under({"key", "digest"}, some_images());
    w.run_messages();
    BOOST_TEST(((*refused)->what == submitted::storage_failed));
    lock_holder.rollback();
  }
  const auto stored = w.submit_under({"key", "digest"}, some_images());
  w.run_messages();
  BOOST_TEST(((*stored)->what == submitted::accepted));
  w.run_to_end((*stored)->id);
  check_that_nothing_is_held(w);
}

BOOST_AUTO_TEST_CASE(a_job_without_an_actor_is_resumed_when_its_key_comes_again) {
  world w;
  job_id job;
  w.writer().begin();  // as a commit whose outcome was lost
  {
    const auto submission = some_images();
    job = w.writer().create_job(*submission, unix_millis{1});
    w.writer().append(job, *submission, 0, 3);
    w.writer().publish(job, w.wall_time());
    w.writer().remember_key({"key", "digest"}, job, w.wall_time());
  }
  w.writer().commit();
  const auto again = w.submit_under({"key", "digest"}, some_images());
  w.run_messages();
  BOOST_TEST(((*again)->what == submitted::replayed));
  BOOST_TEST((*again)->id.value == job.value);
  BOOST_TEST(name_of(w.run_to_end(job).state) == "completed");
  check_that_nothing_is_held(w);
}

BOOST_AUTO_TEST_CASE(a_key_is_kept_for_a_day) {
  const auto where = storage::location::shared_memory("a key of yesterday");
  storage::writer keeper{where, {std::chrono::milliseconds{0}}};
  world w{{}, where};
  const auto first = w.submit_under({"key", "digest"}, some_images());
  w.run_messages();
  w.run_to_end((*first)->id);
  keeper.begin();
  BOOST_TEST(keeper.find_key("key", w.wall_time() + std::chrono::hours{23}).has_value());
  BOOST_TEST(!keeper.find_key("key", w.wall_time() + std::chrono::hours{25}).has_value());
  keeper.rollback();
}

BOOST_AUTO_TEST_SUITE_END()
