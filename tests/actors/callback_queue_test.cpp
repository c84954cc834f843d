#include "actors/callback_queue.hpp"

#include <algorithm>
#include <array>
#include <boost/test/unit_test.hpp>
#include <chrono>
#include <iterator>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "core/limits.hpp"
#include "core/random.hpp"

using namespace retail_pulse;
using actors::callback_places;
using actors::callback_queue;

namespace {

/// Places for `most` deliveries at once, to quick and slow origins alike; addresses do not limit
/// them.
callback_places any(std::size_t most) {
  return {.prompt = most, .kept = 0, .slow = most, .at_server = 1000};
}

callback_queue::entry entry(std::int64_t number) {
  return {number, job_id{number}, run_number{1}, 0};
}

/// The number of the next entry, 0 for none.
std::int64_t next(callback_queue& queue, std::int64_t now) {
  const auto taken = queue.next(unix_millis{now});
  return taken ? taken->number : 0;
}

/// Makes the last attempt of a callback, which takes `took`.
void attempt(callback_queue& queue, const std::string& origin, std::int64_t number,
             std::chrono::milliseconds took) {
  queue.add(origin, unix_millis{0}, entry(number));
  BOOST_TEST_REQUIRE(next(queue, 0) == number);
  queue.attempted(number, unix_millis{took});
  queue.end(number);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(the_queue_of_callbacks)

BOOST_AUTO_TEST_CASE(the_entry_due_for_longest_comes_first_and_none_before_it_is_due) {
  callback_queue queue{any(8)};
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

BOOST_AUTO_TEST_CASE(one_entry_of_an_origin_is_out_at_a_time) {
  callback_queue queue{any(8)};
  for (std::int64_t number = 1; number <= 3; ++number)
    queue.add("a", unix_millis{number}, entry(number));
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

BOOST_AUTO_TEST_CASE(the_number_of_entries_out_at_once_is_bounded) {
  callback_queue queue{any(2)};
  for (std::int64_t number = 1; number <= 3; ++number)
    queue.add("origin " + std::to_string(number), unix_millis{0}, entry(number));
  BOOST_TEST(next(queue, 0) == 1);
  BOOST_TEST(next(queue, 0) == 2);
  BOOST_TEST(next(queue, 0) == 0);
  BOOST_TEST(!queue.next_due().has_value());
  BOOST_TEST(queue.find_out(2)->number == 2);
  BOOST_TEST(queue.find_out(3) == nullptr);
  queue.end(2);
  BOOST_TEST(next(queue, 0) == 3);
}

BOOST_AUTO_TEST_CASE(places_are_shared_out_of_any_number_from_the_fewest_on) {
  for (const std::size_t total :
       {limits::callbacks_fewest, std::size_t{100}, limits::callbacks_at_once}) {
    const auto places = callback_places::of(total);
    BOOST_TEST(places.prompt + places.slow == total);
    BOOST_TEST(places.kept >= 1U);
    BOOST_TEST(places.slow >= 1U);
    BOOST_TEST(places.prompt > places.kept);
  }
  const auto usual = callback_places::of(256);
  BOOST_TEST(usual.prompt - usual.kept == 192U);
  BOOST_TEST(usual.kept == 32U);
  BOOST_TEST(usual.slow == 32U);
  BOOST_TEST(usual.at_server == 32U);
}

BOOST_AUTO_TEST_CASE(places_are_kept_for_origins_that_were_quick) {
  callback_queue queue{{.prompt = 3, .kept = 1, .slow = 1, .at_server = 1000}};
  attempt(queue, "quick", 100, limits::callback_quick);
  for (std::int64_t number = 1; number <= 3; ++number)
    queue.add("new " + std::to_string(number), unix_millis{0}, entry(number));
  BOOST_TEST(next(queue, 10) == 1);
  BOOST_TEST(next(queue, 10) == 2);
  BOOST_TEST(next(queue, 10) == 0);
  BOOST_TEST(!queue.next_due().has_value());
  queue.add("quick", unix_millis{9}, entry(4));
  BOOST_TEST(queue.next_due().value().count() == 9);
  BOOST_TEST(next(queue, 10) == 4);
  queue.end(1);
  BOOST_TEST(next(queue, 10) == 3);
}

BOOST_AUTO_TEST_CASE(
    an_origin_whose_last_attempt_took_long_waits_for_a_place_of_the_slow_until_it_is_quick_again) {
  callback_queue queue{{.prompt = 2, .kept = 0, .slow = 1, .at_server = 1000}};
  attempt(queue, "a", 100, limits::callback_quick + std::chrono::milliseconds{1});
  attempt(queue, "b", 101, limits::callback_quick + std::chrono::milliseconds{1});
  queue.add("a", unix_millis{0}, entry(1));
  queue.add("b", unix_millis{0}, entry(2));
  BOOST_TEST(next(queue, 0) == 1);
  BOOST_TEST(next(queue, 0) == 0);
  queue.attempted(1, unix_millis{5});
  queue.again(1, unix_millis{5}, 1);  // its attempt failed, at no cost for the others
  BOOST_TEST(next(queue, 5) == 2);
  BOOST_TEST(next(queue, 5) == 1);
}

BOOST_AUTO_TEST_CASE(the_origins_remembered_are_bounded_and_slow_ones_evict_no_quick_one) {
  callback_queue queue{{.prompt = 2, .kept = 1, .slow = 1, .at_server = 1000}};
  const auto many = static_cast<std::int64_t>(limits::callback_origins);
  for (std::int64_t i = 0; i < many; ++i)
    attempt(queue, "quick " + std::to_string(i), i + 1, std::chrono::milliseconds{0});
  for (std::int64_t i = 0; i <= many; ++i)
    attempt(queue, "slow " + std::to_string(i), i + 1, limits::callback_deadline);
  queue.add("another", unix_millis{0}, entry(1));
  BOOST_TEST(next(queue, 0) == 1);  // has a place for unknown origins
  queue.add("quick 0", unix_millis{0}, entry(2));
  BOOST_TEST(next(queue, 0) == 2);
  queue.end(2);
  queue.end(1);
  attempt(queue, "one more", 3,
          std::chrono::milliseconds{0});  // pushes out the one that was quick the longest ago
  queue.add("another", unix_millis{0}, entry(1));
  BOOST_TEST(next(queue, 0) == 1);
  queue.add("quick 1", unix_millis{0}, entry(4));
  BOOST_TEST(next(queue, 0) == 0);
  queue.add("slow 0", unix_millis{0}, entry(5));  // was pushed out, too
  BOOST_TEST(next(queue, 0) == 0);
  queue.add("slow 1", unix_millis{0}, entry(6));
  BOOST_TEST(next(queue, 0) == 6);
}

BOOST_AUTO_TEST_CASE(entries_attempted_before_the_start_wait_for_a_place_of_the_slow) {
  callback_queue queue{{.prompt = 2, .kept = 0, .slow = 1, .at_server = 1000}};
  for (std::int64_t number = 1; number <= 2; ++number) {
    queue.add("origin " + std::to_string(number), unix_millis{0},
              {number, job_id{number}, run_number{1}, 1});
  }
  BOOST_TEST(next(queue, 0) == 1);
  BOOST_TEST(next(queue, 0) == 0);
}

BOOST_AUTO_TEST_CASE(entries_beyond_the_bound_of_a_server_wait_for_it_and_take_no_place) {
  callback_queue queue{{.prompt = 8, .kept = 0, .slow = 8, .at_server = 2}};
  for (std::int64_t number = 1; number <= 5; ++number)
    queue.add("name " + std::to_string(number), unix_millis{number}, entry(number));
  for (std::int64_t number = 1; number <= 5; ++number) {
    BOOST_TEST(next(queue, 10) == number);
    BOOST_TEST(queue.leads_to(number, "192.0.2.1") == (number <= 2));
  }
  BOOST_TEST(queue.find_out(3) == nullptr);
  BOOST_TEST(queue.size() == 5U);
  BOOST_TEST(next(queue, 10) == 0);
  queue.add("elsewhere", unix_millis{10}, entry(6));
  BOOST_TEST(next(queue, 10) == 6);
  BOOST_TEST(queue.leads_to(6, "192.0.2.2"));
  queue.end(1);
  BOOST_TEST(next(queue, 10) == 3);  // the one that waited longest, alone
  BOOST_TEST(next(queue, 10) == 0);
  BOOST_TEST(queue.leads_to(3, "192.0.2.9"));  // the name has moved, and hands the wake-up on
  BOOST_TEST(next(queue, 10) == 4);
  BOOST_TEST(queue.leads_to(4, "192.0.2.1"));
  queue.end(2);
  BOOST_TEST(next(queue, 10) == 5);
  queue.end(5);  // without resolving its address
  queue.end(4);
  queue.end(3);
  queue.end(6);
  BOOST_TEST(queue.size() == 0U);
}

BOOST_AUTO_TEST_CASE(
    at_a_full_server_quick_origins_wait_for_no_others_and_no_others_for_slow_ones) {
  callback_queue queue{{.prompt = 8, .kept = 1, .slow = 8, .at_server = 1}};
  attempt(queue, "quick", 100, std::chrono::milliseconds{0});
  for (const std::int64_t number : {101, 102})
    attempt(queue, "slow " + std::to_string(number), number, limits::callback_deadline);
  queue.add("slow 101", unix_millis{1}, entry(1));
  queue.add("slow 102", unix_millis{2}, entry(2));
  queue.add("new", unix_millis{3}, entry(3));
  queue.add("quick", unix_millis{4}, entry(4));
  for (std::int64_t number = 1; number <= 4; ++number) {
    BOOST_TEST(next(queue, 10) == number);
    BOOST_TEST(queue.leads_to(number, "192.0.2.1:443") == (number == 1 || number == 4));
  }
  queue.end(4);  // was not counted
  BOOST_TEST(next(queue, 10) == 0);
  queue.end(1);
  BOOST_TEST(next(queue, 10) == 3);
  BOOST_TEST(queue.leads_to(3, "192.0.2.1:443"));
  queue.end(3);
  BOOST_TEST(next(queue, 10) == 2);
}

BOOST_AUTO_TEST_CASE(a_woken_entry_has_its_place_before_all_that_come_later) {
  callback_queue queue{{.prompt = 8, .kept = 0, .slow = 8, .at_server = 1}};
  for (std::int64_t number = 1; number <= 3; ++number)
    queue.add("name " + std::to_string(number), unix_millis{number}, entry(number));
  BOOST_TEST(next(queue, 10) == 1);
  BOOST_TEST(queue.leads_to(1, "192.0.2.1"));
  BOOST_TEST(next(queue, 10) == 2);
  BOOST_TEST(!queue.leads_to(2, "192.0.2.1"));
  BOOST_TEST(next(queue, 10) == 3);
  queue.end(1);
  BOOST_TEST(next(queue, 10) == 2);
  BOOST_TEST(!queue.leads_to(3, "192.0.2.1"));  // known sooner than where the woken one leads
  BOOST_TEST(queue.leads_to(2, "192.0.2.1"));
  queue.end(2);
  BOOST_TEST(next(queue, 10) == 3);
  BOOST_TEST(queue.leads_to(3, "192.0.2.1"));
}

BOOST_AUTO_TEST_CASE(slow_ones_have_every_eighth_turn_at_a_server_where_others_never_stop_coming) {
  callback_queue queue{{.prompt = 8, .kept = 0, .slow = 8, .at_server = 1}};
  constexpr std::int64_t slow = 1000;
  attempt(queue, "slow", slow, limits::callback_deadline);
  std::int64_t there = 1;
  queue.add("name 1", unix_millis{0}, entry(there));
  BOOST_TEST(next(queue, 10) == there);
  BOOST_TEST(queue.leads_to(there, "192.0.2.1"));
  queue.add("slow", unix_millis{1}, entry(slow));
  BOOST_TEST(next(queue, 10) == slow);
  BOOST_TEST(!queue.leads_to(slow, "192.0.2.1"));
  for (std::size_t turn = 1; turn <= 2 * limits::callback_parts; ++turn) {
    const auto fresh = static_cast<std::int64_t>(turn) + 1;
    queue.add("name " + std::to_string(fresh), unix_millis{2}, entry(fresh));
    BOOST_TEST(next(queue, 10) == fresh);
    BOOST_TEST(!queue.leads_to(fresh, "192.0.2.1"));
    queue.end(there);
    there = next(queue, 10);
    BOOST_TEST((there == slow) == (turn == limits::callback_parts), "turn " << turn);
    BOOST_TEST_REQUIRE(queue.leads_to(there, "192.0.2.1"));
  }
}

BOOST_AUTO_TEST_CASE(slow_ones_that_wait_for_a_place_of_theirs_keep_few_of_their_server) {
  callback_queue queue{{.prompt = 8, .kept = 0, .slow = 1, .at_server = 2}};
  for (const std::int64_t number : {11, 12, 13})
    attempt(queue, "slow " + std::to_string(number), number, limits::callback_deadline);
  const auto comes = [&](const std::string& origin, std::int64_t number,
                         const std::string& server) {
    queue.add(origin, unix_millis{number}, entry(number));
    BOOST_TEST_REQUIRE(next(queue, 20) == number);
    return queue.leads_to(number, server);
  };
  BOOST_TEST(comes("name 1", 1, "192.0.2.1"));
  BOOST_TEST(comes("name 2", 2, "192.0.2.1"));
  BOOST_TEST(!comes("slow 11", 11, "192.0.2.1"));
  BOOST_TEST(!comes("slow 12", 12, "192.0.2.1"));
  BOOST_TEST(comes("slow 13", 13, "192.0.2.2"));  // has the one place of the slow
  queue.end(1);
  queue.end(2);
  BOOST_TEST(next(queue, 20) == 0);
  BOOST_TEST(comes("name 3", 3, "192.0.2.1"));
  BOOST_TEST(!comes("name 4", 4, "192.0.2.1"));
  queue.end(13);
  BOOST_TEST(next(queue, 20) == 11);
  BOOST_TEST(queue.leads_to(11, "192.0.2.1"));
  queue.end(3);
  BOOST_TEST(next(queue, 20) == 4);
  BOOST_TEST(queue.leads_to(4, "192.0.2.1"));
  queue.end(11);
  BOOST_TEST(next(queue, 20) == 12);
  BOOST_TEST(queue.leads_to(12, "192.0.2.1"));
}

BOOST_AUTO_TEST_CASE(
    the_bound_of_a_server_holds_and_no_entry_is_refused_by_its_waker_or_left_behind) {
  const std::array<std::string, 4> servers{"", "192.0.2.1:80", "192.0.2.2:80", "192.0.2.2:443"};
  for (std::uint64_t seed = 1; seed <= 200; ++seed) {
    callback_queue queue{{.prompt = 6, .kept = 1, .slow = 2, .at_server = 2}};
    struct delivery {
      std::string origin, server;
      bool is_quick;
      std::int64_t since;
    };
    std::map<std::int64_t, delivery> out;  // by number
    std::map<std::string, bool> was_quick;
    std::int64_t now = 0, last = 0, ended = 0;
    std::vector<std::int64_t> asked;                 // and not yet told where it leads
    std::map<std::string, std::string> turned_away;  // by origin: the server that alone may wake it
    const auto tell_one = [&](std::uint64_t step, std::uint64_t i) {
      const auto which =
          asked.begin() +
          draw_between(0, static_cast<std::int64_t>(asked.size()) - 1, {seed, step, i, 10});
      const auto number = *which;
      asked.erase(which);
      const auto& server =
          servers[static_cast<std::size_t>(draw_between(0, 3, {seed, step, i, 9}))];  // names move
      const auto origin = queue.origin_of(number);
      const auto woken_by = std::exchange(turned_away[origin], "");
      if (queue.leads_to(number, server)) {
        out.emplace(number, delivery{origin, server, was_quick[origin], now});
      } else {
        BOOST_TEST_REQUIRE(woken_by != server);
        turned_away[origin] = server;
      }
    };
    const auto begin_all = [&](std::uint64_t step) {
      while (const auto number = next(queue, now)) asked.push_back(number);
      for (std::uint64_t i = 0;
           !asked.empty() && (step >= 300 || draw_between(0, 2, {seed, step, i, 11}) > 0); ++i) {
        tell_one(step, i);
        while (const auto number = next(queue, now)) asked.push_back(number);
      }
      std::map<std::string, int> at;
      for (const auto& [number, each] : out) {
        BOOST_TEST_REQUIRE((each.server.empty() || each.is_quick || ++at[each.server] <= 2),
                           "at " << each.server << " with " << number);
      }
      BOOST_TEST_REQUIRE(out.size() + asked.size() <= 8U);
    };
    const auto finish_one = [&](std::uint64_t step) {
      auto which = out.begin();
      std::advance(which,
                   draw_between(0, static_cast<std::int64_t>(out.size()) - 1, {seed, step, 3}));
      queue.attempted(which->first, unix_millis{now});
      was_quick[which->second.origin] =
          std::chrono::milliseconds{now - which->second.since} <= limits::callback_quick;
      if (step < 300 && draw_between(0, 2, {seed, step, 4}) == 0) {
        queue.again(which->first, unix_millis{now + draw_between(0, 5000, {seed, step, 5})}, 1);
      } else {
        queue.end(which->first);
        ++ended;
      }
      out.erase(which);
    };
    for (std::uint64_t step = 0; step < 300; ++step) {
      now += draw_between(0, 1500, {seed, step, 1});
      if (draw_between(0, 1, {seed, step, 2}) == 0) {
        queue.add("origin " + std::to_string(draw_between(0, 30, {seed, step, 6})),
                  unix_millis{now}, entry(++last));
      }
      begin_all(step);
      if (!out.empty() && draw_between(0, 2, {seed, step, 7}) == 0) finish_one(step);
    }
    now += 10'000;
    for (std::uint64_t step = 300; queue.size() > 0; ++step) {
      begin_all(step);
      BOOST_TEST_REQUIRE(!out.empty());  // else what waits is forgotten
      finish_one(step);
    }
    BOOST_TEST(ended == last);
  }
}

/// Against a list that is searched from its beginning every time.
BOOST_AUTO_TEST_CASE(it_behaves_as_a_simple_reference_queue) {
  struct plain_entry {
    std::int64_t due, number;
    std::string origin;
    int attempts = 0;
    bool out = false;
    int pace = 0;  // 0 quick, 1 unknown, 2 slow; of what is out
    std::int64_t since = 0;
    auto at() const { return std::pair{due, number}; }
  };
  for (std::uint64_t seed = 1; seed <= 200; ++seed) {
    callback_queue queue{{.prompt = 4, .kept = 1, .slow = 1, .at_server = 1000}};
    std::vector<plain_entry> plain;
    std::map<std::string, bool> was_quick;
    std::int64_t now = 0, last = 0;
    for (std::uint64_t step = 0; step < 300; ++step) {
      const auto chance = [&](std::int64_t below, std::uint64_t what) {
        return draw_between(0, below - 1, {seed, step, what});
      };
      const auto out_now = [&](const plain_entry& each) { return each.out; };
      const auto pace_of = [&](const plain_entry& each) {
        if (const auto known = was_quick.find(each.origin); known != was_quick.end())
          return known->second ? 0 : 2;
        return each.attempts > 0 ? 2 : 1;
      };
      const auto has_room = [&](int pace) {
        const auto out_of = [&](int kind) {
          return std::ranges::count_if(plain,
                                       [&](const auto& e) { return e.out && e.pace == kind; });
        };
        if (pace == 2) return out_of(2) < 1;
        return out_of(0) + out_of(1) < 4 && (pace == 0 || out_of(1) < 3);
      };
      switch (chance(4, 0)) {
        case 0: {
          const plain_entry added{now + chance(20, 1), ++last,
                                  "origin " + std::to_string(chance(9, 2)),
                                  static_cast<int>(chance(8, 6) / 7)};
          plain.push_back(added);
          queue.add(added.origin, unix_millis{added.due},
                    {added.number, job_id{added.number}, run_number{1}, added.attempts});
          break;
        }
        case 1:
          now += chance(3, 3) == 0 ? chance(3000, 7) : chance(10, 3);
          break;
        case 2: {
          auto first = plain.end();
          for (auto each = plain.begin(); each != plain.end(); ++each) {
            const bool behind =
                std::ranges::any_of(plain, [&](const auto& other) {  // another of its origin
                  return other.origin == each->origin && (other.out || other.at() < each->at());
                });
            if (each->out || behind || each->due > now || !has_room(pace_of(*each))) continue;
            if (first == plain.end() || each->at() < first->at()) first = each;
          }
          BOOST_TEST(next(queue, now) == (first == plain.end() ? 0 : first->number));
          if (first != plain.end()) {
            first->out = true;
            first->pace = pace_of(*first);
            first->since = now;
          }
          break;
        }
        default: {
          const auto back = std::ranges::find_if(plain, out_now);
          if (back == plain.end()) break;
          queue.attempted(back->number, unix_millis{now});
          was_quick[back->origin] =
              std::chrono::milliseconds{now - back->since} <= limits::callback_quick;
          if (chance(2, 4) == 0) {
            queue.end(back->number);
            plain.erase(back);
          } else {
            back->due = now + chance(20, 5);
            back->out = false;
            back->attempts = 1;
            queue.again(back->number, unix_millis{back->due}, 1);
          }
        }
      }
      BOOST_REQUIRE(queue.size() == plain.size());
    }
  }
}

BOOST_AUTO_TEST_SUITE_END()
