#include <boost/test/unit_test.hpp>

#include "tests/actors/world.hpp"

using namespace retail_pulse;
using namespace retail_pulse::tests;

namespace {

world_options small_windows(std::size_t places, std::size_t slots, std::size_t connections) {
  world_options options;
  options.pool.images_in_flight = places;
  options.pool.fetch_slots = slots;
  options.pool.origin_connections = connections;
  return options;
}

std::int64_t done(world& w, job_id job) { return w.status(job)->images.done(); }

}  // namespace

BOOST_AUTO_TEST_SUITE(windows)

BOOST_AUTO_TEST_CASE(never_more_images_in_flight_than_places) {
  world w{small_windows(50, 1000, 1000)};
  const auto job = w.accept({{"S1", urls_on("a.example", 1000)}});
  std::int64_t most = 0;
  w.run_until([&] {
    most = std::max(most, w.load().images_in_flight);
    return w.status(job)->state != job_state::ongoing;
  });
  BOOST_TEST(most == 50);
  BOOST_TEST(w.load().images_in_flight_peak == 50);
  BOOST_TEST(w.load().images_in_flight == 0);
}

BOOST_AUTO_TEST_CASE(never_more_fetches_than_slots) {
  world w{small_windows(500, 20, 1000)};
  w.run_to_end(w.accept({{"S1", urls_on("a.example", 1000)}}));
  BOOST_TEST(w.web->peak == 20U);
}

BOOST_AUTO_TEST_CASE(never_more_images_held_than_two_per_place) {
  world w{small_windows(100, 1000, 1000)};
  std::vector<job_id> jobs;
  for (int i = 0; i < 20; ++i)
    jobs.push_back(w.accept({{"S1", urls_on("h" + std::to_string(i) + ".example", 300)}}));
  std::int64_t most = 0;
  for (const auto job : jobs) {
    w.run_until([&] {
      most = std::max(most, w.load().images_held);
      return w.status(job)->state != job_state::ongoing;
    });
  }
  BOOST_TEST(most <= 200);
  BOOST_TEST(most > 100);
  BOOST_TEST(w.load().images_held == 0);
}

BOOST_AUTO_TEST_CASE(never_more_fetches_at_an_origin_than_its_connections) {
  world w{small_windows(500, 200, 8)};
  w.run_to_end(w.accept({{"S1", urls_on("a.example", 100)}, {"S2", urls_on("b.example", 100)}}));
  BOOST_TEST(w.web->peak_at["address of a.example"] == 8U);
  BOOST_TEST(w.web->peak_at["address of b.example"] == 8U);
}

BOOST_AUTO_TEST_CASE(twenty_names_on_one_address_share_its_connections) {
  world w{small_windows(500, 200, 8)};
  w.web->address_of = [](const std::string&) { return "203.0.113.1"; };
  std::vector<visit_of> visits;
  for (int i = 0; i < 20; ++i)
    visits.push_back({"S1", urls_on("h" + std::to_string(i) + ".example", 10)});
  BOOST_TEST(w.run_to_end(w.accept(visits)).images.succeeded == 200);
  BOOST_TEST(w.web->peak_at["203.0.113.1"] == 8U);
}

BOOST_AUTO_TEST_CASE(twenty_silent_names_on_one_address_do_not_hold_up_a_healthy_job) {
  world w{small_windows(4096, 256, 32)};
  w.web->address_of = [](const std::string& host) {
    return host.find("silent") == 0 ? std::string{"198.51.100.1"} : host;
  };
  w.web->answers = [](const std::string& url, int) {
    return url.find("silent") != std::string::npos
               ? imaginary_web::failure(error_code::timed_out, 0, 10s)
               : imaginary_web::picture();
  };
  for (int i = 0; i < 20; ++i)
    w.accept({{"S1", urls_on("silent" + std::to_string(i) + ".example", 500)}});
  for (int i = 0; i < 40; ++i) w.step();
  const auto before = w.now();
  const auto healthy = w.accept({{"S1", urls_on("healthy.example", 320)}});
  BOOST_TEST(name_of(w.run_to_end(healthy).state) == "completed");
  BOOST_TEST((w.now() - before <= 10 * 10ms + 400ms + 50ms));  // as if it were alone
}

BOOST_AUTO_TEST_CASE(a_job_whose_images_back_off_does_not_hold_up_a_newcomer) {
  world w{small_windows(4096, 256, 32)};
  w.web->answers = [](const std::string& url, int) {
    if (url.find("busy") == std::string::npos) return imaginary_web::picture();
    auto b = imaginary_web::failure(error_code::http_status, 503);
    b.outcome.retry_after = 30s;
    return b;
  };
  w.accept({{"S1", urls_on("busy.example", 20'000)}});
  const auto start = w.now();
  w.run_until([&] { return w.now() - start > 5s; });
  const auto before = w.now();
  w.run_to_end(w.accept({{"S1", urls_on("healthy.example", 1)}}));
  BOOST_TEST((w.now() - before <= 10ms + 400ms + 50ms));
}

BOOST_AUTO_TEST_CASE(redirects_do_not_lift_the_limit_of_an_address) {
  world w{small_windows(4096, 256, 8)};
  w.web->address_of = [](const std::string&) { return "203.0.113.1"; };
  w.web->answers = [](const std::string& url, int) {
    auto b = imaginary_web::picture(1, 1, 1s);
    if (url.find("/0.jpg") != std::string::npos) {
      b.latency = 10ms;
      b.outcome.evidence.final_url = "http://elsewhere.example" + std::to_string(url.size()) + "/";
      b.ends_at = "198.51.100." + url.substr(8, url.find('.') - 8);
    }
    return b;
  };
  for (int i = 0; i < 20; ++i)
    w.accept({{"S1", urls_on("h" + std::to_string(i) + ".example", 50)}});
  for (int i = 0; i < 2000; ++i) w.step();
  BOOST_TEST(w.web->peak_at["203.0.113.1"] <= 8U);
}

BOOST_AUTO_TEST_CASE(
    names_stay_counted_at_the_address_they_are_first_asked_at_while_none_of_theirs_answers) {
  world w{small_windows(4096, 256, 8)};
  w.web->address_of = [](const std::string&) { return "203.0.113.1"; };
  w.web->answers = [](const std::string& url, int) {
    auto b = imaginary_web::failure(error_code::connect_failed, 0, 100ms);
    b.ends_at =
        "198.51.100." + url.substr(8, url.find('.') - 8);  // the name's own one, which refuses
    return b;
  };
  for (int i = 0; i < 40; ++i)
    w.accept({{"S1", urls_on("h" + std::to_string(i) + ".example", 50)}});
  for (int i = 0; i < 3000; ++i) w.step();
  BOOST_TEST(w.web->fetched.size() > 80U);  // more than one wave
  BOOST_TEST(w.web->peak_at["203.0.113.1"] <= 8U);
}

BOOST_AUTO_TEST_CASE(silent_and_healthy_names_in_one_job_do_not_wait_for_each_other) {
  world w{small_windows(4096, 256, 32)};
  w.web->answers = [](const std::string& url, int) {
    return url.find("silent") != std::string::npos
               ? imaginary_web::failure(error_code::timed_out, 0, 10s)
               : imaginary_web::picture();
  };
  const auto before = w.now();
  const auto job =
      w.accept({{"S1", urls_on("silent.example", 200)}, {"S2", urls_on("healthy.example", 320)}});
  w.run_until([&] { return done(w, job) >= 320; });
  BOOST_TEST((w.now() - before < 10s));
}

BOOST_AUTO_TEST_CASE(a_small_job_is_not_held_up_by_a_large_one) {
  world w{small_windows(64, 16, 16)};
  const auto large = w.accept({{"S1", urls_on("a.example", 5000)}});
  w.run_until([&] { return done(w, large) > 200; });
  const auto before = w.now();
  const auto small = w.accept({{"S1", urls_on("b.example", 1)}});
  w.run_to_end(small);
  BOOST_TEST(
      (w.now() - before <=
       400ms + 400ms + 10ms + 50ms));  // at worst a place frees after one delay; then its own
  BOOST_TEST(done(w, large) < 5000);
}

BOOST_AUTO_TEST_CASE(jobs_of_the_same_size_advance_together) {
  world w{small_windows(64, 16, 16)};
  std::vector<job_id> jobs;
  for (int i = 0; i < 4; ++i)
    jobs.push_back(w.accept({{"S1", urls_on("h" + std::to_string(i) + ".example", 1000)}}));
  w.run_until([&] { return done(w, jobs[0]) >= 500; });
  for (const auto job : jobs) {
    BOOST_TEST(done(w, job) >= 350);
    BOOST_TEST(done(w, job) <= 650);
  }
}

BOOST_AUTO_TEST_CASE(no_job_holds_more_than_half_of_the_slots_while_another_has_work) {
  world w{small_windows(1000, 20, 1000)};
  w.web->answers = [](const std::string&, int) { return imaginary_web::picture(1, 1, 1s); };
  w.accept({{"S1", urls_on("a.example", 1000)}});
  w.accept({{"S1", urls_on("b.example", 1000)}});
  for (int i = 0; i < 200; ++i) w.step();  // the first job took all slots while it was alone
  BOOST_TEST(w.web->open_at["address of a.example"] == 10U);
  BOOST_TEST(w.web->open_at["address of b.example"] == 10U);
}

BOOST_AUTO_TEST_CASE(the_smallest_windows_still_finish_everything) {
  world w{small_windows(1, 1, 1)};
  const auto one = w.accept({{"S1", urls_on("a.example", 40)}});
  const auto two =
      w.accept({{"S2", urls_on("a.example", 40)}, {"nowhere", urls_on("a.example", 3)}});
  BOOST_TEST(w.run_to_end(one).images.succeeded == 40);
  BOOST_TEST(w.run_to_end(two).images.done() == 43);
  BOOST_TEST(w.web->peak == 1U);
}

BOOST_AUTO_TEST_CASE(a_thousand_jobs_all_end) {
  world w{small_windows(100, 50, 10)};
  std::vector<job_id> jobs;
  for (int i = 0; i < 1000; ++i)
    jobs.push_back(w.accept({{"S1", urls_on("h" + std::to_string(i % 7) + ".example", 3)}}));
  for (const auto job : jobs) BOOST_TEST(name_of(w.run_to_end(job).state) == "completed");
  w.run_until([&] { return w.load().ongoing_jobs == 0; });
  BOOST_TEST(w.load().images_held == 0);
}

BOOST_AUTO_TEST_SUITE_END()
