#include "fetch/engine/circuit_breaker.hpp"

#include <atomic>
#include <boost/test/unit_test.hpp>
#include <set>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace retail_pulse::fetch {

BOOST_AUTO_TEST_SUITE(circuit_breaking)

namespace {

using namespace std::chrono_literals;
using std::chrono::milliseconds;

constexpr milliseconds deadline = 10s;
const std::string shop = "http://shop.example:80";

/// A breaker and a clock that does not advance by itself.
struct bench {
  circuit_breaker breaker{deadline};
  steady_time now{1h};

  std::optional<milliseconds> ask(const std::string& origin = shop) {
    return breaker.blocked_for(origin, now);
  }
  bool passes(const std::string& origin = shop) { return !ask(origin); }
  void tell(contact health, const std::string& origin = shop) {
    breaker.record(origin, health, now, now);
  }

  /// Outcomes of attempts that began now: F failed, A answered, ? unknown.
  void tell(std::string_view outcomes, const std::string& origin = shop) {
    for (const char c : outcomes)
      tell(c == 'F' ? contact::failed : c == 'A' ? contact::reached : contact::none, origin);
  }
  void open(const std::string& origin = shop) {
    tell(std::string(limits::breaker_least, 'F'), origin);
  }
  bool probe(contact health) {
    if (!passes()) return false;
    tell(health);
    return true;
  }
};

}  // namespace

BOOST_AUTO_TEST_CASE(only_a_host_that_does_not_answer_is_not_reached) {
  for (const auto& row : error_table) {
    using enum error_code;
    const bool fails = row.code == dns_failed || row.code == connect_failed ||
                       row.code == tls_failed || row.code == timed_out;
    const bool tells_nothing = row.code == store_not_found || row.code == invalid_url ||
                               row.code == blocked_address || row.code == origin_unavailable ||
                               row.code == cancelled || row.code == internal;
    outcome last;
    last.code = row.code;
    BOOST_TEST((contact_of(last) == (fails           ? contact::failed
                                     : tells_nothing ? contact::none
                                                     : contact::reached)),
               row.name);
    last.evidence.http_status = 503;  // a head came, whatever followed
    BOOST_TEST((contact_of(last) == contact::reached), row.name);
  }
}

BOOST_AUTO_TEST_CASE(it_opens_at_a_failure_with_half_of_the_last_outcomes_failed) {
  struct row {
    std::string outcomes;
    bool opens;
  };
  const row rows[]{
      {"FFFFFFFFF", false},            // 9: too few to say
      {"FFFFFFFFFF", true},            // 10
      {"AAAAAAAAAAFFFFFFFFF", false},  // answers before the first failure do not count, neither way
      {"FAAAAFAFFF", true},            // 5 of 10
      {"FAAAAAAFFF", false},           // 4 of 10
      {"FAAAAAAAAAFFFFFFFF", true},    // 9 of 18
      {"FFFFFAAAAAA",
       false},  // 5 of 11, and none of them opened it: too few until the tenth, which was an answer
      {"FFFFFFFFFA", false},             // an answer never opens it
      {"FFFFFFFFFAF", true},             // 10 of 11, at a failure
      {"FFFFFFFFF?????", false},         // what tells nothing is not counted
      {"FAAAAAAAAAAFFFFFFFFF", true},    // 10 of 20
      {"FAAAAAAAAAAAFFFFFFFFF", false},  // the first has left the window: 9 of 20
      {"FAAAAAAAAAAAFFFFFFFFFF", true},  // 10 of 20
  };
  for (const auto& r : rows) {
    bench with;
    with.tell(r.outcomes);
    BOOST_TEST(with.passes() == !r.opens, r.outcomes);
  }
}

BOOST_AUTO_TEST_CASE(an_open_circuit_refuses_until_its_time_and_lets_one_probe_pass) {
  bench with;
  with.open();
  BOOST_TEST((with.ask() == limits::breaker_open));
  with.now += limits::breaker_open - 1ms;
  BOOST_TEST((with.ask() == 1ms));
  with.now += 999us;
  BOOST_TEST((with.ask() == 1ms));  // never 0: who comes back after so long may pass
  with.now += 1us;
  BOOST_TEST(with.passes());
  BOOST_TEST((with.ask() == deadline));
}

BOOST_AUTO_TEST_CASE(every_probe_that_fails_opens_it_for_twice_as_long_up_to_the_cap) {
  bench with;
  with.open();
  for (const milliseconds length : {5s, 10s, 20s, 30s, 30s}) {
    BOOST_TEST((with.ask() == length));
    with.now += length - 1ms;
    BOOST_TEST(!with.passes());
    with.now += 1ms;
    BOOST_TEST(with.probe(contact::failed));
  }
  BOOST_TEST((limits::breaker_open_cap == 30s));
}

BOOST_AUTO_TEST_CASE(a_probe_that_is_answered_closes_it_with_an_empty_window_and_the_first_length) {
  bench with;
  with.open();
  with.now += limits::breaker_open;
  BOOST_TEST(with.probe(contact::failed));
  with.now += 2 * limits::breaker_open;
  BOOST_TEST(with.probe(contact::reached));
  BOOST_TEST(with.passes());
  with.tell("FFFFFFFFF");
  BOOST_TEST(with.passes());
  with.tell("F");
  BOOST_TEST((with.ask() == limits::breaker_open));
}

BOOST_AUTO_TEST_CASE(a_probe_that_tells_nothing_gives_its_place_back) {
  bench with;
  with.open();
  with.now += limits::breaker_open;
  for (int i = 0; i < 3; ++i) BOOST_TEST(with.probe(contact::none));
  BOOST_TEST(with.probe(contact::failed));
  BOOST_TEST((with.ask() == 2 * limits::breaker_open));
}

BOOST_AUTO_TEST_CASE(a_probe_that_is_lost_blocks_the_origin_no_longer_than_its_deadline) {
  bench with;
  with.open();
  with.now += limits::breaker_open;
  const auto lost = with.now;
  BOOST_TEST(with.passes());
  with.now += deadline - 1ms;
  BOOST_TEST((with.ask() == 1ms));
  with.now += 1ms;
  BOOST_TEST(with.passes());
  with.breaker.record(shop, contact::failed, lost,
                      with.now);  // does not count as the second probe
  BOOST_TEST((with.ask() == deadline));
  with.tell(contact::reached);
  BOOST_TEST(with.passes());
}

BOOST_AUTO_TEST_CASE(late_outcomes_of_attempts_from_before_a_change_change_nothing) {
  bench with;
  const auto early = with.now;
  const auto late = [&](contact health) { with.breaker.record(shop, health, early, with.now); };
  with.now += 1s;
  with.open();
  for (int i = 0; i < 30; ++i) late(i % 2 == 0 ? contact::failed : contact::reached);
  late(contact::none);
  BOOST_TEST((with.ask() == limits::breaker_open));
  with.now += limits::breaker_open;
  BOOST_TEST(with.passes());
  for (const auto health : {contact::failed, contact::reached, contact::none}) late(health);
  BOOST_TEST((with.ask() == deadline));
  with.tell(contact::reached);
  for (int i = 0; i < 30; ++i) late(contact::failed);  // still the end of the outage
  BOOST_TEST(with.passes());
  with.open();
  BOOST_TEST(!with.passes());
}

BOOST_AUTO_TEST_CASE(origins_do_not_answer_for_each_other) {
  bench with;
  with.open();
  BOOST_TEST(!with.passes());
  BOOST_TEST(with.passes("https://shop.example:443"));
  BOOST_TEST(with.passes("http://shop.example:8080"));
}

BOOST_AUTO_TEST_CASE(an_origin_is_remembered_from_its_first_failure_until_a_window_of_answers) {
  bench with;
  with.tell("AAAA?A");
  BOOST_TEST(with.passes());
  BOOST_TEST(with.breaker.remembered() == 0u);
  with.tell("F" + std::string(limits::breaker_window - 1, 'A'));
  BOOST_TEST(with.breaker.remembered() == 1u);
  with.tell("A");
  BOOST_TEST(with.breaker.remembered() == 0u);
}

BOOST_AUTO_TEST_CASE(the_origin_that_was_longest_out_of_use_is_forgotten_when_there_are_too_many) {
  bench with;
  with.open("the first");
  with.open("the second");
  for (std::size_t i = 2; i < limits::breaker_origins; ++i) with.tell("F", std::to_string(i));
  BOOST_TEST(with.breaker.remembered() == limits::breaker_origins);
  BOOST_TEST(!with.passes("the second"));
  BOOST_TEST(!with.passes("the first"));
  with.tell("F", "one more");
  BOOST_TEST(with.breaker.remembered() == limits::breaker_origins);
  for (std::size_t i = 3; i < limits::breaker_origins; ++i) with.tell("F", std::to_string(i));
  with.tell("F", "and another");
  BOOST_TEST(!with.passes("the first"));
  BOOST_TEST(with.passes("the second"));
}

BOOST_AUTO_TEST_CASE(threads_that_ask_at_once_get_one_probe) {
  bench with;
  with.open();
  with.now += limits::breaker_open;
  std::atomic<int> passed = 0;
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&] {
      for (int i = 0; i < 1000; ++i) {
        passed += with.breaker.blocked_for(shop, with.now) ? 0 : 1;
        const auto other = std::to_string(i % 8);
        if (!with.breaker.blocked_for(other, with.now)) {
          with.breaker.record(other, i % 3 == 0 ? contact::reached : contact::failed, with.now,
                              with.now);
        }
      }
    });
  }
  for (auto& thread : threads) thread.join();
  BOOST_TEST(passed == 1);
  for (int i = 0; i < 8; ++i) BOOST_TEST((with.ask(std::to_string(i)) == limits::breaker_open));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace retail_pulse::fetch
