#include "actors/callback_queue.hpp"

#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <string>
#include <vector>

#include "core/random.hpp"

using namespace retail_pulse;
using actors::callback_queue;

namespace {

callback_queue::entry entry(std::int64_t number) { return {number, job_id{number}, run_number{1}, 0}; }

/// The number of what is next, 0 for nothing.
std::int64_t next(callback_queue& queue, std::int64_t now) {
  const auto taken = queue.next(unix_millis{now});
  return taken ? taken->number : 0;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(the_queue_of_callbacks)

BOOST_AUTO_TEST_CASE(what_is_due_the_longest_comes_first_and_nothing_before_it_is_due) {
  callback_queue queue{8};
  queue.add("a", unix_millis{300}, entry(1));
  queue.add("b", unix_millis{100}, entry(2));
  queue.add("c", unix_millis{200}, entry(3));
  BOOST_TEST(queue.next_due().value().count() == 100);
  BOOST_TEST(next(queue, 99) == 0);
  BOOST_TEST(next(queue, 250) == 2);
  BOOST_TEST(next(queue, 250) == 3);
  BOOST_TEST(next(queue, 250) == 0);
  BOOST_TEST(queue.next_due().value().count() == 300);
  BOOST_TEST(next(queue, 300) == 1);
  BOOST_TEST(!queue.next_due().has_value());
  BOOST_TEST(queue.size() == 3U);
}

BOOST_AUTO_TEST_CASE(one_of_an_origin_is_out_at_a_time) {
  callback_queue queue{8};
  for (std::int64_t number = 1; number <= 3; ++number) queue.add("a", unix_millis{number}, entry(number));
  queue.add("b", unix_millis{9}, entry(4));
  BOOST_TEST(next(queue, 10) == 1);
  BOOST_TEST(next(queue, 10) == 4);
  BOOST_TEST(next(queue, 10) == 0);
  queue.add("a", unix_millis{0}, entry(5));  // nor what comes in meanwhile
  BOOST_TEST(next(queue, 10) == 0);
  queue.again(1, unix_millis{50}, 1);
  BOOST_TEST(next(queue, 10) == 5);
  queue.end(5);
  BOOST_TEST(next(queue, 10) == 2);
  queue.end(2);
  queue.end(4);
  BOOST_TEST(next(queue, 10) == 3);
  queue.end(3);
  BOOST_TEST(next(queue, 49) == 0);
  const auto last = queue.next(unix_millis{50});
  BOOST_REQUIRE(last.has_value());
  BOOST_TEST(last->number == 1);
  BOOST_TEST(last->attempts == 1);
  queue.end(1);
  BOOST_TEST(queue.size() == 0U);
}

BOOST_AUTO_TEST_CASE(at_most_so_many_are_out_at_once) {
  callback_queue queue{2};
  for (std::int64_t number = 1; number <= 3; ++number) queue.add("origin " + std::to_string(number), unix_millis{0}, entry(number));
  BOOST_TEST(next(queue, 0) == 1);
  BOOST_TEST(next(queue, 0) == 2);
  BOOST_TEST(next(queue, 0) == 0);
  BOOST_TEST(!queue.next_due().has_value());
  BOOST_TEST(queue.find_out(2)->number == 2);
  BOOST_TEST(queue.find_out(3) == nullptr);
  queue.end(2);
  BOOST_TEST(next(queue, 0) == 3);
}

/// Against a list that is searched from its beginning every time.
BOOST_AUTO_TEST_CASE(it_does_what_the_plainest_queue_would_do) {
  struct plain_entry {
    std::int64_t due, number;
    std::string origin;
    bool out = false;
  };
  for (std::uint64_t seed = 1; seed <= 200; ++seed) {
    callback_queue queue{3};
    std::vector<plain_entry> plain;
    std::int64_t now = 0, last = 0;
    for (std::uint64_t step = 0; step < 200; ++step) {
      const auto chance = [&](std::int64_t below, std::uint64_t what) { return draw_between(0, below - 1, {seed, step, what}); };
      const auto out_now = [&](const plain_entry& each) { return each.out; };
      switch (chance(4, 0)) {
        case 0: {
          const plain_entry added{now + chance(20, 1), ++last, "origin " + std::to_string(chance(5, 2))};
          plain.push_back(added);
          queue.add(added.origin, unix_millis{added.due}, entry(added.number));
          break;
        }
        case 1:
          now += chance(10, 3);
          break;
        case 2: {
          auto first = plain.end();
          if (std::ranges::count_if(plain, out_now) < 3) {
            for (auto each = plain.begin(); each != plain.end(); ++each) {
              const bool busy = std::ranges::any_of(plain, [&](const auto& other) { return other.out && other.origin == each->origin; });
              if (each->out || busy || each->due > now) continue;
              if (first == plain.end() || std::pair{each->due, each->number} < std::pair{first->due, first->number}) first = each;
            }
          }
          BOOST_TEST(next(queue, now) == (first == plain.end() ? 0 : first->number));
          if (first != plain.end()) first->out = true;
          break;
        }
        default: {
          const auto back = std::ranges::find_if(plain, out_now);
          if (back == plain.end()) break;
          if (chance(2, 4) == 0) {
            queue.end(back->number);
            plain.erase(back);
          } else {
            back->due = now + chance(20, 5);
            back->out = false;
            queue.again(back->number, unix_millis{back->due}, 1);
          }
        }
      }
      BOOST_REQUIRE(queue.size() == plain.size());
    }
  }
}

BOOST_AUTO_TEST_SUITE_END()
