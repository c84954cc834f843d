#include <boost/test/unit_test.hpp>
#include <map>

#include "actors/decaying_rate.hpp"
#include "actors/turns.hpp"

using namespace retail_pulse;
using namespace retail_pulse::actors;
using namespace std::chrono_literals;

namespace {

constexpr auto good_host = "http://good:80";
constexpr auto dead_host = "http://dead:80";
constexpr job_id job{7};
constexpr job_ticket ticket{70};
constexpr steady_point start{1000s};

/// A job of three images on their way: one is at the dead host.
class scene {
 public:
  scene() {
    t_.set_time(start);
    pool_member member;
    member.ticket = ticket;
    member.id = job;
    t_.join(member);
    offer();
  }

  /// The images are read, or read again, and go.
  void offer() {
    while (const auto next = t_.next_grant()) {
      image_offer offer;
      offer.lane = next->order.lane;
      const auto add = [&](std::int64_t number) {
        offer.images.push_back(
            {{image_number{number}, "S1", "u"}, number == 1 ? dead_host : good_host});
        offer.last = std::max(offer.last, image_number{number});
      };
      for (const auto number : next->order.again) add(number.value);
      for (std::int64_t n = next->order.after.value + 1; next->order.fresh > 0 && n < 3; ++n)
        add(n);
      offer.read = offer.images.size();
      t_.offer(ticket, offer);
    }
    for (const auto* host : {good_host, dead_host}) t_.resolved(host, std::string{"at "} + host);
    while (auto next = t_.next_dispatch()) flying_.emplace(next->image.origin, *next);
  }

  void end(const std::string& origin, fetch::contact with) {
    BOOST_REQUIRE(flying_.contains(origin));
    const auto done = std::move(flying_.extract(flying_.find(origin)).mapped());
    const bool failed = with == fetch::contact::failed;
    attempt_report report{{}, with};
    if (failed) report.result.code = error_code::connect_failed;
    report.can_pass = failed;
    t_.fetched(done, report);
    if (!failed) t_.finished(done);
  }

  void wait(std::chrono::milliseconds time) {
    now_ += time;
    t_.set_time(now_);
    t_.advance();
    offer();
  }

  live_origins known() const { return t_.origins_at_work(job); }
  turns& operator*() { return t_; }

 private:
  steady_point now_ = start;
  turns t_{{16, 16, 16, 8192, {2, 90s}}};
  std::multimap<std::string, dispatch> flying_;
};

}  // namespace

BOOST_AUTO_TEST_SUITE(reports_of_turns)

BOOST_AUTO_TEST_CASE(a_job_that_is_not_here_has_no_origins_at_work) {
  scene a;
  BOOST_TEST((*a).origins_at_work(job_id{8}).empty());
  (*a).leave(ticket);
  BOOST_TEST(a.known().empty());
}

BOOST_AUTO_TEST_CASE(origins_have_their_images_in_flight_and_then_their_rate) {
  scene a;
  auto known = a.known();
  BOOST_REQUIRE(known.size() == 2U);
  BOOST_TEST(known[0].origin == dead_host);  // by name, as none is away
  for (const auto& each : known) {
    BOOST_TEST(each.in_flight == (each.origin == good_host ? 2U : 1U));
    BOOST_TEST(each.images_per_second == 0);
    BOOST_TEST(!each.away.has_value());
  }
  a.end(good_host, fetch::contact::reached);
  known = a.known();
  BOOST_TEST(known.at(1).in_flight == 1U);
  BOOST_TEST(known.at(1).images_per_second > 0);
  BOOST_TEST(known.at(0).images_per_second == 0);
  a.end(good_host, fetch::contact::reached);
  BOOST_TEST(a.known().size() == 1U);  // nothing of the job is left there
}

BOOST_AUTO_TEST_CASE(an_origin_that_is_away_comes_first_with_its_outage) {
  scene a;
  a.end(dead_host, fetch::contact::failed);
  BOOST_TEST(a.known().size() == 1U);  // it waits for another attempt, and one failure is no outage
  a.wait(2s);
  a.end(dead_host, fetch::contact::failed);
  a.wait(500ms);
  auto known = a.known();
  BOOST_REQUIRE(known.size() == 2U);
  BOOST_TEST(known[0].origin == dead_host);
  BOOST_REQUIRE(known[0].away.has_value());
  BOOST_TEST((known[0].away->lasts == 2500ms));
  BOOST_TEST((known[0].away->given_up_in == 87'500ms));
  BOOST_TEST((known[0].away->last_cause == error_code::connect_failed));
  BOOST_TEST(known[0].away->probes == 0);
  BOOST_TEST(known[1].origin == good_host);
  a.wait(600ms);
  BOOST_TEST(a.known()[0].in_flight == 1U);  // the probe
  a.end(dead_host, fetch::contact::failed);
  BOOST_TEST(a.known()[0].away->probes == 1);
  a.wait(1100ms);
  a.end(dead_host, fetch::contact::reached);
  BOOST_TEST(a.known().size() == 1U);
}

BOOST_AUTO_TEST_CASE(a_job_that_joins_again_is_found_under_its_new_ticket) {
  scene a;
  pool_member again;
  again.ticket = {71};
  again.id = job;
  (*a).join(again);
  BOOST_TEST(a.known().empty());
  (*a).leave(ticket);
  BOOST_TEST(a.known().empty());
  (*a).leave({71});
  BOOST_TEST(a.known().empty());
}

BOOST_AUTO_TEST_CASE(a_rate_follows_what_happens_and_falls_when_nothing_does) {
  decaying_rate rate;
  BOOST_TEST(rate.per_second(start) == 0);
  rate.add(start);
  BOOST_TEST(rate.per_second(start) <= 1.2);  // one event is no rate of thousands
  auto now = start;
  for (int i = 0; i < 1000; ++i) rate.add(now += 10ms);
  BOOST_TEST(std::abs(rate.per_second(now) - 100) < 2);
  BOOST_TEST(rate.per_second(now + 5s) < 45);
  BOOST_TEST(rate.per_second(now + 60s) < 0.01);
  for (int i = 0; i < 3000; ++i) rate.add(now += 100ms);
  BOOST_TEST(std::abs(rate.per_second(now) - 10) < 0.2);
}

BOOST_AUTO_TEST_SUITE_END()
