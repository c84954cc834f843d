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

/// What a follower has heard, and when.
struct ear {
  std::vector<job_progress> news;
  std::vector<std::chrono::milliseconds> times;
  int beats = 0;
  bool waits = true;
};

subscriber follower_with(
    std::uint64_t token, ear& e,
    std::function<std::chrono::milliseconds()> now = [] { return 0ms; }) {
  return {.token = token,
          .tell =
              [&e, now = std::move(now)](const job_progress& news) {
                e.news.push_back(news);
                e.times.push_back(now());
              },
          .beat = [&e] { ++e.beats; },
          .waits = [&e] { return e.waits; }};
}

job_progress progress(std::int64_t done, job_state state = job_state::ongoing, std::int32_t run = 1,
                      std::int64_t job = 7) {
  return {job_id{job}, run_number{run}, state, {100, done, 0}};
}

std::vector<std::int64_t> settled(const ear& e) {
  std::vector<std::int64_t> numbers;
  for (const auto& each : e.news) numbers.push_back(each.images.done());
  return numbers;
}

using numbers = std::vector<std::int64_t>;

}  // namespace

BOOST_AUTO_TEST_SUITE(herald)

BOOST_AUTO_TEST_CASE(a_job_without_followers_is_of_no_interest) {
  herald_state herald;
  BOOST_TEST(!herald.take(progress(1)));
  BOOST_TEST(!herald.needs_beat());
}

BOOST_AUTO_TEST_CASE(news_within_a_pause_are_told_at_its_end_and_only_the_newest) {
  herald_state herald;
  ear e;
  herald.follow(job_id{7}, follower_with(1, e));
  BOOST_TEST(herald.take(progress(1)));
  BOOST_TEST(!herald.take(progress(2)));
  BOOST_TEST(!herald.take(progress(3)));
  BOOST_TEST(settled(e) == numbers{1}, boost::test_tools::per_element());
  BOOST_TEST(herald.pause_is_over(job_id{7}));
  BOOST_TEST(settled(e) == (numbers{1, 3}), boost::test_tools::per_element());
  BOOST_TEST(!herald.pause_is_over(job_id{7}));  // nothing came
  BOOST_TEST(herald.take(progress(4)));          // so this is told at once
  BOOST_TEST(settled(e) == (numbers{1, 3, 4}), boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(the_end_is_told_at_once) {
  herald_state herald;
  ear e;
  herald.follow(job_id{7}, follower_with(1, e));
  herald.take(progress(98));
  herald.take(progress(99));
  BOOST_TEST(!herald.take(progress(100, job_state::completed)));  // the pause of before goes on
  BOOST_TEST(settled(e) == (numbers{98, 100}), boost::test_tools::per_element());
  BOOST_TEST(!herald.pause_is_over(job_id{7}));
  BOOST_TEST(e.news.size() == 2u);
}

BOOST_AUTO_TEST_CASE(a_verdict_without_another_image_is_news) {
  herald_state herald;
  ear e;
  herald.follow(job_id{7}, follower_with(1, e));
  herald.take(progress(100));
  herald.take(progress(100, job_state::failed));
  herald.take(progress(100, job_state::failed));  // once is enough
  BOOST_REQUIRE_EQUAL(e.news.size(), 2u);
  BOOST_TEST(name_of(e.news[1].state) == "failed");
}

BOOST_AUTO_TEST_CASE(what_is_older_than_what_was_told_is_not) {
  herald_state herald;
  ear e;
  herald.follow(job_id{7}, follower_with(1, e));
  herald.take(progress(50));
  herald.take(progress(40));
  herald.take(progress(50));
  BOOST_TEST(!herald.pause_is_over(job_id{7}));
  herald.take(progress(30, job_state::ongoing, 2));  // another run begins with what the first left
  herald.take(progress(100, job_state::completed, 1));
  BOOST_TEST(settled(e) == (numbers{50, 30}), boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(followers_hear_of_their_own_job_until_they_leave) {
  herald_state herald;
  ear first, second, other;
  herald.follow(job_id{7}, follower_with(1, first));
  herald.follow(job_id{7}, follower_with(2, second));
  herald.follow(job_id{8}, follower_with(3, other));
  herald.take(progress(1));
  herald.unfollow(job_id{7}, 1);
  herald.unfollow(job_id{7}, 99);  // nobody
  herald.unfollow(job_id{9}, 1);
  herald.pause_is_over(job_id{7});
  herald.take(progress(2));
  BOOST_TEST(settled(first) == numbers{1}, boost::test_tools::per_element());
  BOOST_TEST(settled(second) == (numbers{1, 2}), boost::test_tools::per_element());
  BOOST_TEST(other.news.empty());
}

BOOST_AUTO_TEST_CASE(a_follower_that_no_longer_waits_is_forgotten) {
  herald_state herald;
  ear e;
  herald.follow(job_id{7}, follower_with(1, e));
  e.waits = false;
  herald.take(progress(1));
  BOOST_TEST(e.news.empty());
  BOOST_TEST(!herald.needs_beat());  // nobody is left
  herald.follow(job_id{8}, follower_with(1, e));
  BOOST_TEST(herald.needs_beat());
  herald.beat();
  BOOST_TEST(e.beats == 0);
  BOOST_TEST(!herald.needs_beat());
}

BOOST_AUTO_TEST_CASE(followers_of_a_job_hear_of_it_until_its_end) {
  world w;
  const auto job =
      w.accept({{"S1", urls_on("a.example", 700)}, {"nowhere", urls_on("b.example", 3)}});
  ear e;
  caf::anon_send(w.herald, actors::follow_atom_v, job,
                 follower_with(1, e, [&] { return w.now(); }));
  w.run_messages();
  const auto end = w.run_to_end(job);
  BOOST_REQUIRE(e.news.size() >= 2u);
  for (std::size_t i = 0; i < e.news.size(); ++i) {
    const bool last = i + 1 == e.news.size();
    BOOST_TEST(e.news[i].job.value == job.value);
    BOOST_TEST(e.news[i].images.total == 703);
    BOOST_TEST((e.news[i].state == (last ? job_state::failed : job_state::ongoing)));
    if (i == 0) continue;
    BOOST_TEST(e.news[i - 1].images.done() < e.news[i].images.done());
    if (!last) BOOST_TEST((e.times[i] - e.times[i - 1] >= limits::progress_pause));
  }
  BOOST_TEST((e.news.back().images == end.images));
}

BOOST_AUTO_TEST_CASE(followers_hear_that_a_job_was_given_up) {
  world w;
  w.web->answers = [](const std::string&, int) { return imaginary_web::picture(); };
  const auto job = w.accept({{"S1", urls_on("a.example", 300)}});
  ear e;
  caf::anon_send(w.herald, actors::follow_atom_v, job, follower_with(1, e));
  for (int life = 0; life <= limits::job_restarts; ++life) w.kill_job_actors();
  BOOST_TEST(name_of(w.run_to_end(job).state) == "failed");
  BOOST_REQUIRE(!e.news.empty());
  BOOST_TEST(name_of(e.news.back().state) == "failed");
  BOOST_TEST(e.news.back().images.failed > 0);
}

BOOST_AUTO_TEST_CASE(every_follower_has_a_beat_once_in_its_time) {
  world w;
  std::map<std::uint64_t, ear> ears;
  for (std::uint64_t token = 1; token <= 100; ++token) {
    caf::anon_send(w.herald, actors::follow_atom_v, job_id{static_cast<std::int64_t>(token % 10)},
                   follower_with(token, ears[token]));
  }
  w.run_messages();
  const auto began = w.now();
  for (int round = 1; round <= 4; ++round) {
    while (w.now() - began < round * limits::follower_beat) BOOST_REQUIRE(w.step());
    for (const auto& [token, e] : ears) BOOST_TEST(e.beats == round);
  }
  for (std::uint64_t token = 1; token <= 100; ++token) {
    caf::anon_send(w.herald, actors::unfollow_atom_v, job_id{static_cast<std::int64_t>(token % 10)},
                   token);
  }
  w.run_messages();
  while (w.step()) {
  }  // comes to rest: nobody is left to beat for
  for (const auto& [token, e] : ears) BOOST_TEST(e.beats == 4);
}

BOOST_AUTO_TEST_SUITE_END()
