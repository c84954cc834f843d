#include "actors/herald.hpp"

#include <boost/test/unit_test.hpp>
#include <map>
#include <memory>
#include <vector>

#include "tests/actors/world.hpp"

using namespace retail_pulse;
using namespace retail_pulse::tests;
using namespace std::chrono_literals;
using actors::herald_state;
using actors::job_progress;
using actors::subscriber;

namespace {

/// The progress that a subscriber received, and when.
struct received {
  std::vector<job_progress> updates;
  std::vector<std::chrono::milliseconds> times;
  int beats = 0;
  bool waits = true;
};

subscriber subscriber_with(
    std::uint64_t token, received& e,
    std::function<std::chrono::milliseconds()> now = [] { return 0ms; }) {
  return {.token = token,
          .tell =
              [&e, now = std::move(now)](const job_progress& update) {
                e.updates.push_back(update);
                e.times.push_back(now());
              },
          .beat = [&e] { ++e.beats; },
          .waits = [&e] { return e.waits; }};
}

job_progress progress(std::int64_t done, job_state state = job_state::ongoing, std::int32_t run = 1,
                      std::int64_t job = 7) {
  return {job_id{job}, run_number{run}, state, {100, done, 0}};
}

/// The number of finished images in each update.
std::vector<std::int64_t> finished(const received& e) {
  std::vector<std::int64_t> numbers;
  for (const auto& each : e.updates) numbers.push_back(each.images.done());
  return numbers;
}

using numbers = std::vector<std::int64_t>;

}  // namespace

BOOST_AUTO_TEST_SUITE(herald)

BOOST_AUTO_TEST_CASE(progress_of_a_job_without_subscribers_is_dropped) {
  herald_state herald;
  BOOST_TEST(!herald.take(progress(1)));
  BOOST_TEST(!herald.needs_beat());
}

BOOST_AUTO_TEST_CASE(of_the_updates_within_a_pause_the_newest_is_published_at_its_end) {
  herald_state herald;
  received e;
  herald.follow(job_id{7}, subscriber_with(1, e));
  BOOST_TEST(herald.take(progress(1)));
  BOOST_TEST(!herald.take(progress(2)));
  BOOST_TEST(!herald.take(progress(3)));
  BOOST_TEST(finished(e) == numbers{1}, boost::test_tools::per_element());
  BOOST_TEST(herald.pause_is_over(job_id{7}));
  BOOST_TEST(finished(e) == (numbers{1, 3}), boost::test_tools::per_element());
  BOOST_TEST(!herald.pause_is_over(job_id{7}));  // nothing came
  BOOST_TEST(herald.take(progress(4)));          // so this is published at once
  BOOST_TEST(finished(e) == (numbers{1, 3, 4}), boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(the_end_is_published_at_once) {
  herald_state herald;
  received e;
  herald.follow(job_id{7}, subscriber_with(1, e));
  herald.take(progress(98));
  herald.take(progress(99));
  BOOST_TEST(!herald.take(progress(100, job_state::completed)));  // the earlier pause goes on
  BOOST_TEST(finished(e) == (numbers{98, 100}), boost::test_tools::per_element());
  BOOST_TEST(!herald.pause_is_over(job_id{7}));
  BOOST_TEST(e.updates.size() == 2u);
}

BOOST_AUTO_TEST_CASE(a_final_state_without_another_image_is_published) {
  herald_state herald;
  received e;
  herald.follow(job_id{7}, subscriber_with(1, e));
  herald.take(progress(100));
  herald.take(progress(100, job_state::failed));
  herald.take(progress(100, job_state::failed));  // once is enough
  BOOST_REQUIRE_EQUAL(e.updates.size(), 2u);
  BOOST_TEST(name_of(e.updates[1].state) == "failed");
}

BOOST_AUTO_TEST_CASE(progress_older_than_the_published_is_dropped) {
  herald_state herald;
  received e;
  herald.follow(job_id{7}, subscriber_with(1, e));
  herald.take(progress(50));
  herald.take(progress(40));
  herald.take(progress(50));
  BOOST_TEST(!herald.pause_is_over(job_id{7}));
  // Another run begins with the images that have succeeded.
  herald.take(progress(30, job_state::ongoing, 2));
  herald.take(progress(100, job_state::completed, 1));
  BOOST_TEST(finished(e) == (numbers{50, 30}), boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(subscribers_are_notified_of_their_own_job_until_they_unfollow) {
  herald_state herald;
  received first, second, other;
  herald.follow(job_id{7}, subscriber_with(1, first));
  herald.follow(job_id{7}, subscriber_with(2, second));
  herald.follow(job_id{8}, subscriber_with(3, other));
  herald.take(progress(1));
  herald.unfollow(job_id{7}, 1);
  herald.unfollow(job_id{7}, 99);  // no such subscriber
  herald.unfollow(job_id{9}, 1);
  herald.pause_is_over(job_id{7});
  herald.take(progress(2));
  BOOST_TEST(finished(first) == numbers{1}, boost::test_tools::per_element());
  BOOST_TEST(finished(second) == (numbers{1, 2}), boost::test_tools::per_element());
  BOOST_TEST(other.updates.empty());
}

BOOST_AUTO_TEST_CASE(a_subscriber_that_no_longer_waits_is_removed) {
  herald_state herald;
  received e;
  herald.follow(job_id{7}, subscriber_with(1, e));
  e.waits = false;
  herald.take(progress(1));
  BOOST_TEST(e.updates.empty());
  BOOST_TEST(!herald.needs_beat());  // no subscriber is left
  herald.follow(job_id{8}, subscriber_with(1, e));
  BOOST_TEST(herald.needs_beat());
  herald.beat();
  BOOST_TEST(e.beats == 0);
  BOOST_TEST(!herald.needs_beat());
}

BOOST_AUTO_TEST_CASE(subscribers_receive_progress_until_the_end_of_the_job) {
  world w;
  const auto job =
      w.accept({{"S1", urls_on("a.example", 700)}, {"nowhere", urls_on("b.example", 3)}});
  received e;
  caf::anon_send(w.herald, actors::follow_atom_v, job,
                 subscriber_with(1, e, [&] { return w.now(); }));
  w.run_messages();
  const auto end = w.run_to_end(job);
  BOOST_REQUIRE(e.updates.size() >= 2u);
  for (std::size_t i = 0; i < e.updates.size(); ++i) {
    const bool last = i + 1 == e.updates.size();
    BOOST_TEST(e.updates[i].job.value == job.value);
    BOOST_TEST(e.updates[i].images.total == 703);
    BOOST_TEST((e.updates[i].state == (last ? job_state::failed : job_state::ongoing)));
    if (i == 0) continue;
    BOOST_TEST(e.updates[i - 1].images.done() < e.updates[i].images.done());
    if (!last) BOOST_TEST((e.times[i] - e.times[i - 1] >= limits::progress_pause));
  }
  BOOST_TEST((e.updates.back().images == end.images));
}

BOOST_AUTO_TEST_CASE(subscribers_are_notified_when_a_job_is_given_up) {
  world w;
  w.web->answers = [](const std::string&, int) { return imaginary_web::picture(); };
  const auto job = w.accept({{"S1", urls_on("a.example", 300)}});
  received e;
  caf::anon_send(w.herald, actors::follow_atom_v, job, subscriber_with(1, e));
  for (int life = 0; life <= limits::job_restarts; ++life) w.kill_job_actors();
  BOOST_TEST(name_of(w.run_to_end(job).state) == "failed");
  BOOST_REQUIRE(!e.updates.empty());
  BOOST_TEST(name_of(e.updates.back().state) == "failed");
  BOOST_TEST(e.updates.back().images.failed > 0);
}

BOOST_AUTO_TEST_CASE(every_subscriber_gets_a_beat_once_per_interval) {
  world w;
  std::map<std::uint64_t, received> all;
  for (std::uint64_t token = 1; token <= 100; ++token) {
    caf::anon_send(w.herald, actors::follow_atom_v, job_id{static_cast<std::int64_t>(token % 10)},
                   subscriber_with(token, all[token]));
  }
  w.run_messages();
  const auto began = w.now();
  for (int round = 1; round <= 4; ++round) {
    while (w.now() - began < round * limits::follower_beat) BOOST_REQUIRE(w.step());
    for (const auto& [token, e] : all) BOOST_TEST(e.beats == round);
  }
  for (std::uint64_t token = 1; token <= 100; ++token) {
    caf::anon_send(w.herald, actors::unfollow_atom_v, job_id{static_cast<std::int64_t>(token % 10)},
                   token);
  }
  w.run_messages();
  while (w.step()) {
  }  // comes to rest: no subscriber is left
  for (const auto& [token, e] : all) BOOST_TEST(e.beats == 4);
}

BOOST_AUTO_TEST_SUITE_END()
