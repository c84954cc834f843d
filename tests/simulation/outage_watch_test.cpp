// The parts of the witness that look at hosts that are away, and at those that are passed over:
// each of their invariants is broken here once.
#include "simulation/outage_watch.hpp"

#include <boost/test/unit_test.hpp>
#include <string>

#include "core/limits.hpp"
#include "simulation/room_watch.hpp"

namespace retail_pulse::simulation {

BOOST_AUTO_TEST_SUITE(a_watch_over_absences)

namespace {

using namespace std::chrono_literals;

scenario patient_plan() {
  scenario plan;
  plan.pool.fetch_slots = 2;
  plan.pool.origin_connections = 1;
  plan.pool.attempts = 3;
  plan.pool.origin_patience = {2, 60s};
  plan.origins = {{"o0.test", "10.0.0.1", std::nullopt}, {"o1.test", "10.0.0.1", std::nullopt}};
  return plan;
}

const std::string host = "o0.test";

struct fixture {
  scenario plan = patient_plan();
  outage_watch watched{plan};
  int attempts = 0;

  std::string begin(const std::string& url, millis at) {
    return watched.fetch_begins(url, host, at);
  }
  void end(const std::string& url, fetch::contact with, millis at,
           error_code code = error_code::connect_failed) {
    fetch::outcome outcome;
    outcome.with_origin = with;
    outcome.code = with == fetch::contact::reached ? error_code::none : code;
    watched.fetch_ends(url, host, outcome, ++attempts, at);
  }
  void fail(const std::string& url, millis at, error_code code = error_code::connect_failed) {
    begin(url, at);
    end(url, fetch::contact::failed, at, code);
  }
  void reach(const std::string& url, millis at) {
    begin(url, at);
    end(url, fetch::contact::reached, at);
  }
  /// Away since the second failure.
  void go_away() {
    fail("a", 0ms, error_code::dns_failed);
    fail("b", 100ms);
  }
};

bool has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

}  // namespace

BOOST_AUTO_TEST_CASE(sees_a_host_that_is_away_and_fetched_from_before_a_probe_is_due) {
  const auto next_at = [](millis at) {
    fixture c;
    c.go_away();
    return c.begin("c", at);
  };
  BOOST_TEST(next_at(100ms) == "");  // of the same moment: it may have been sent before
  BOOST_TEST(has(next_at(101ms), "before its next probe"));
  BOOST_TEST(has(next_at(1099ms), "before its next probe"));
  BOOST_TEST(next_at(1100ms) == "");
}

BOOST_AUTO_TEST_CASE(sees_two_probes_at_once_or_without_a_pause) {
  fixture c;
  c.go_away();
  BOOST_TEST(c.begin("c", 1100ms) == "");
  BOOST_TEST(has(c.begin("d", 1200ms), "twice at once"));
  fixture d;
  d.go_away();
  d.begin("c", 1100ms);
  d.end("c", fetch::contact::failed, 1200ms);
  BOOST_TEST(has(d.begin("c", 2199ms), "before its next probe"));
  fixture e;  // a probe that decided nothing is followed by another at once
  e.go_away();
  e.begin("c", 1100ms);
  e.end("c", fetch::contact::none, 1200ms, error_code::origin_unavailable);
  BOOST_TEST(e.begin("c", 1200ms) == "");
}

BOOST_AUTO_TEST_CASE(lets_a_host_that_is_back_or_was_never_away_be_fetched_from) {
  fixture c;
  c.go_away();
  c.reach("c", 1100ms);
  BOOST_TEST(c.begin("d", 1101ms) == "");
  fixture d;
  d.fail("a", 0ms);
  d.reach("b", 10ms);
  d.fail("a", 20ms);
  BOOST_TEST(d.begin("b", 21ms) == "");
}

BOOST_AUTO_TEST_CASE(does_not_judge_where_the_service_may_know_otherwise) {
  fixture c;  // two outcomes of one moment
  c.fail("a", 0ms);
  c.reach("c", 0ms);
  c.fail("a", 50ms);
  c.fail("b", 100ms);
  BOOST_TEST(c.begin("d", 101ms) == "");
  fixture d;  // no job wants the host meanwhile
  d.attempts = d.plan.pool.attempts;
  d.fail("a", 0ms, error_code::too_large);
  d.fail("b", 50ms, error_code::too_large);
  BOOST_TEST(d.begin("d", 101ms) == "");
  fixture e;
  e.plan.timers_first = 3;
  e.go_away();
  BOOST_TEST(e.begin("c", 101ms) == "");
  fixture f;
  f.go_away();
  f.watched.jobs_leave();
  BOOST_TEST(f.begin("c", 101ms) == "");
  fixture g;
  g.watched.jobs_may_die();
  g.go_away();
  BOOST_TEST(g.begin("c", 101ms) == "");
  fixture h;  // one image of two jobs: it is not known which of its fetches ends
  h.begin("c", 0ms);
  h.begin("c", 0ms);
  h.end("c", fetch::contact::reached, 10ms);
  h.fail("a", 20ms);
  h.fail("b", 30ms);
  BOOST_TEST(h.begin("d", 31ms) == "");
}

BOOST_AUTO_TEST_CASE(knows_which_fetches_are_no_attempts) {
  fixture c;
  c.go_away();
  BOOST_TEST(c.watched.missed("a") == 1);  // it rested when the outage began
  BOOST_TEST(c.watched.missed("b") == 1);
  c.begin("c", 1100ms);
  c.end("c", fetch::contact::failed, 1200ms);
  BOOST_TEST(c.watched.missed("c") == 1);
  c.watched.begin_run("c");
  BOOST_TEST(c.watched.missed("c") == 0);
  fixture d;  // it may have been tried again before the outage began
  d.fail("a", 0ms, error_code::connect_failed);
  d.fail("b", 100ms);
  BOOST_TEST(d.watched.missed("a") == 0);
  fixture e;  // the success may have come first
  e.begin("c", 0ms);
  e.go_away();
  e.end("c", fetch::contact::reached, 100ms);
  BOOST_TEST(e.watched.missed("b") == 0);
}

BOOST_AUTO_TEST_CASE(takes_silence_for_evidence_only_if_nothing_came_meanwhile) {
  fixture c;
  c.begin("a", 0ms);
  c.begin("b", 0ms);
  c.reach("c", 5000ms);
  BOOST_TEST(c.watched.was_reached_meanwhile("a", host, 10'000ms));
  c.end("a", fetch::contact::failed, 10'000ms, error_code::timed_out);
  BOOST_TEST(c.begin("d", 10'001ms) == "");
  c.end("d", fetch::contact::none, 10'001ms);
  c.begin("e", 10'002ms);
  BOOST_TEST(!c.watched.was_reached_meanwhile("e", host, 20'002ms));
  c.end("e", fetch::contact::failed, 20'002ms, error_code::timed_out);
  BOOST_TEST(has(c.begin("d", 20'003ms), "before its next probe"));
}

BOOST_AUTO_TEST_CASE(sees_an_origin_that_is_given_up_before_a_probe_has_failed) {
  fixture c;
  c.go_away();
  BOOST_TEST(has(c.watched.give_up(host), "before a probe has failed"));
  c.begin("c", 1100ms);
  BOOST_TEST(has(c.watched.give_up(host), "before a probe has failed"));
  c.end("c", fetch::contact::failed, 1200ms);
  BOOST_TEST(c.watched.give_up(host) == "");
  fixture d;
  d.plan.pool.origin_patience.lasts = 0ms;
  d.go_away();
  BOOST_TEST(d.watched.give_up(host) == "");
}

BOOST_AUTO_TEST_CASE(sees_a_host_that_is_passed_over_although_slots_are_free) {
  auto plan = patient_plan();
  const std::string url = "http://o0.test/1.jpg";
  const auto latest = room_watch::bound(plan);
  const std::map<std::string, std::size_t> none, full_address{{"10.0.0.1", 1}},
      full_host{{host, 1}};
  const auto violation = [&](const room_watch::open_fetches& open, std::size_t in_flight,
                             millis end, bool is_wanted = true) {
    room_watch watched{plan};
    if (is_wanted) watched.wants(url);
    BOOST_TEST(watched.look_at(open, in_flight, 0ms) == "");
    return watched.look_at(open, in_flight, end);
  };
  BOOST_TEST(violation({0, none}, 0, latest) == "");
  BOOST_TEST(has(violation({0, none}, 0, latest + 1ms), "is passed over"));
  BOOST_TEST(has(violation({1, none}, 1, latest + 1ms), "is passed over"));
  BOOST_TEST(violation({2, none}, 2, latest + 1ms) == "");
  BOOST_TEST(violation({0, none}, plan.pool.images_in_flight, latest + 1ms) == "");
  BOOST_TEST(violation({1, full_address}, 1, latest + 1ms) == "");
  BOOST_TEST(violation({1, full_host}, 1, latest + 1ms) == "");
  BOOST_TEST(violation({0, none}, 0, latest + 1ms, false) == "");
  plan.timers_first = 3;
  BOOST_TEST(violation({0, none}, 0, latest + 1ms) == "");
  plan.timers_first = 0;
  plan.faults = plan.faults.with(fault::slow_storage);
  BOOST_TEST(violation({0, none}, 0, latest + 1ms) == "");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace retail_pulse::simulation
