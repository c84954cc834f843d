#include "actors/turns.hpp"

#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <map>
#include <random>
#include <set>

#include "core/limits.hpp"

using namespace retail_pulse;
using namespace retail_pulse::actors;
using namespace std::chrono_literals;

namespace {

/// Jobs in an imaginary storage, an imaginary web, and the turns between them.
class table {
 public:
  struct image {
    std::string origin;
    bool is_done = false;
    bool is_given_up = false;
    bool is_held = false;  ///< read, and not handed back
  };
  struct job {
    std::vector<image> images;
    bool is_here = true;
    bool is_exhausted = false;
    std::uint64_t openings = 0, turns = 0;
    bool is_large() const { return images.size() > limits::page_images; }
  };

  explicit table(turn_limits limits) : limits_{limits}, t{limits} { t.set_time(now); }

  void add(std::uint64_t ticket, const std::vector<std::string>& origins) {
    auto& made = jobs[ticket];
    for (const auto& origin : origins) made.images.push_back({origin});
    pool_member who;
    who.ticket = {ticket};
    who.is_numbered = made.is_large();
    t.join(who);
  }
  void add(std::uint64_t ticket, const std::string& origin, std::size_t count) {
    add(ticket, std::vector<std::string>(count, origin));
  }

  /// The jobs answer every request of the turns, until none is left.
  void serve() {
    for (bool busy = true; std::exchange(busy, false);) {
      while (const auto origin = t.next_look_up()) {
        t.resolved(*origin, address_of ? address_of(*origin) : "at " + *origin);
        busy = true;
      }
      while (const auto next = t.next_opening()) {
        open(*next);
        busy = true;
      }
      while (const auto next = t.next_surrender()) {
        surrender(*next);
        busy = true;
      }
      while (const auto next = t.next_exhausted()) jobs.at(next->ticket.value).is_exhausted = true;
      while (const auto next = t.next_grant()) {
        read(*next);
        busy = true;
      }
    }
  }

  std::vector<dispatch> dispatch_all() {
    std::vector<dispatch> all;
    for (serve(); auto next = t.next_dispatch(); serve()) all.push_back(std::move(*next));
    return all;
  }

  void wait(std::chrono::milliseconds time) {
    now += time;
    t.set_time(now);
    t.advance();
    serve();
  }

  /// Ends an attempt, as a failure that may pass, and a measured image's delay with it.
  void end(const dispatch& done, fetch::contact with, bool is_measured,
           error_code code = error_code::connect_failed,
           std::chrono::milliseconds retry_after = 0ms) {
    end_attempt(done, is_measured ? measured(with) : failed(with, code, retry_after));
    if (is_measured) finish(done);
  }
  /// Ends an attempt; a measured image keeps its worker until `finish`.
  void end_attempt(const dispatch& done, const attempt_report& report) {
    if (t.fetched(done, report)) record(done);
    if (!report.result.succeeded()) image_of(done).is_held = false;
    serve();
  }
  void finish(const dispatch& done) {
    t.finished(done);
    record(done);
    image_of(done).is_held = false;
    serve();
  }
  /// It ends as an attempt that does not count.
  void give_way(const dispatch& done) {
    auto report = failed(fetch::contact::none, error_code::origin_unavailable);
    report.postponed = report.gave_way = true;
    end_attempt(done, report);
  }
  void succeed(const dispatch& done) { end(done, fetch::contact::reached, true); }

  attempt_report measured(fetch::contact with) const { return {{}, with, leads_to}; }
  attempt_report failed(fetch::contact with, error_code code,
                        std::chrono::milliseconds retry_after = 0ms) const {
    auto report = measured(with);
    report.result.code = code;
    report.can_pass = true;
    report.retry_after = retry_after;
    return report;
  }

  /// What a host does with a request.
  struct answer {
    std::chrono::milliseconds after{10};
    fetch::contact with = fetch::contact::reached;
  };
  /// Lets time pass, with three attempts per image, until every job is exhausted. False: they are
  /// not within `most`.
  bool run(const std::function<answer(const dispatch&)>& web, std::chrono::seconds most) {
    std::multimap<steady_point, std::pair<dispatch, fetch::contact>> flights;
    const auto until = now + most;
    while (now < until) {
      for (auto& each : dispatch_all()) {
        const auto [after, with] = web(each);
        flights.emplace(now + after, std::pair{std::move(each), with});
      }
      if (std::ranges::all_of(jobs, [](const auto& each) { return each.second.is_exhausted; }))
        return true;
      auto next = t.next_event().value_or(until);
      if (!flights.empty()) next = std::min(next, flights.begin()->first);
      now = std::max(now, next);
      t.set_time(now);
      while (!flights.empty() && flights.begin()->first <= now) {
        const auto [done, with] = std::move(flights.extract(flights.begin()).mapped());
        end(done, with, with == fetch::contact::reached, error_code::timed_out);
      }
      t.advance();
      serve();
    }
    return false;
  }

  std::size_t done(std::uint64_t ticket) const {
    return static_cast<std::size_t>(std::ranges::count_if(jobs.at(ticket).images, &image::is_done));
  }
  std::size_t given_up(std::uint64_t ticket) const {
    return static_cast<std::size_t>(
        std::ranges::count_if(jobs.at(ticket).images, &image::is_given_up));
  }

  turn_limits limits_;
  std::function<std::string(const std::string& origin)> address_of;
  std::string leads_to;
  steady_point now{1h};
  std::map<std::uint64_t, job> jobs;
  turns t;

 private:
  image& image_of(const dispatch& sent) {
    return jobs.at(sent.ticket.value)
        .images.at(static_cast<std::size_t>(sent.image.task.number.value));
  }
  void record(const dispatch& done) {
    image_of(done).is_done = true;
    t.settled(done.ticket, 1);
  }

  static std::vector<std::string> origins_of(const job& of) {
    std::vector<std::string> all;
    for (const auto& each : of.images)
      if (std::ranges::find(all, each.origin) == all.end()) all.push_back(each.origin);
    return all;
  }

  void open(const turns::opening& next) {
    auto& of = jobs.at(next.to.ticket.value);
    ++of.openings;
    origin_page page;
    const auto all = origins_of(of);
    for (std::size_t i = 0; i < all.size(); ++i) {
      const auto number = static_cast<std::int32_t>(i + 1);
      if (number <= next.after.value || page.origins.size() == limits::origins_page) continue;
      page.origins.push_back({origin_number{number}, all[i]});
    }
    page.more = page.origins.size() == limits::origins_page;
    t.opened(next.to.ticket, page);
  }

  void read(const turns::grant& next) {
    auto& of = jobs.at(next.to.ticket.value);
    ++of.turns;
    const auto all = origins_of(of);
    image_offer offer;
    offer.lane = next.order.lane;
    const auto take = [&](std::size_t i) {
      offer.images.push_back(
          {{image_number{static_cast<std::int64_t>(i)}, "S", ""}, of.images[i].origin});
      of.images[i].is_held = true;
    };
    auto again = next.order.again;
    std::ranges::sort(again);  // as storage does
    for (const auto number : again) take(static_cast<std::size_t>(number.value));
    std::uint64_t fresh = 0;
    for (auto i = static_cast<std::size_t>(next.order.after.value + 1);
         i < of.images.size() && fresh < next.order.fresh; ++i) {
      const auto& each = of.images[i];
      const bool fits =
          next.order.origin == not_numbered ||
          all.at(static_cast<std::size_t>(next.order.origin.value - 1)) == each.origin;
      if (!fits || each.is_done || each.is_given_up) continue;
      take(i);
      offer.last = image_number{static_cast<std::int64_t>(i)};
      ++fresh;
    }
    offer.more = fresh == next.order.fresh;
    offer.read = offer.images.size();
    t.offer(next.to.ticket, offer);
  }

  void surrender(const turns::surrender& next) {
    auto& of = jobs.at(next.to.ticket.value);
    const auto all = origins_of(of);
    for (std::size_t i = 0; i < of.images.size(); ++i) {
      auto& each = of.images[i];
      const bool meant =
          next.what.origin == not_numbered
              ? std::ranges::count(next.what.images, image_number{static_cast<std::int64_t>(i)}) > 0
              : all.at(static_cast<std::size_t>(next.what.origin.value - 1)) == each.origin;
      if (meant && !each.is_done) each.is_given_up = true;
    }
  }
};

std::vector<std::string> host_by_host(std::size_t hosts, std::size_t images) {
  std::vector<std::string> all;
  for (std::size_t h = 0; h < hosts; ++h)
    all.insert(all.end(), images / hosts, "http://h" + std::to_string(h) + ":80");
  return all;
}

const actors::patience default_patience{10, 90s};

}  // namespace

BOOST_AUTO_TEST_SUITE(turns_of_the_pool)

BOOST_AUTO_TEST_CASE(an_image_waits_for_the_address_of_its_origin) {
  table a{{10, 10, 10, 20}};
  a.add(1, "http://x:80", 1);
  const auto grant = a.t.next_grant();
  BOOST_REQUIRE(grant.has_value());
  a.t.offer({1}, {grant->order.lane, {{{image_number{0}, "S", ""}, "http://x:80"}}, 1, {}, false});
  BOOST_TEST((a.t.next_look_up() == "http://x:80"));
  BOOST_TEST(!a.t.next_look_up().has_value());
  BOOST_TEST(!a.t.next_dispatch().has_value());
  a.t.resolved("http://x:80", "203.0.113.1");
  const auto next = a.t.next_dispatch();
  BOOST_REQUIRE(next.has_value());
  BOOST_TEST(next->address == "203.0.113.1");
}

BOOST_AUTO_TEST_CASE(all_hosts_of_a_list_that_goes_host_by_host_work_at_once) {
  table a{{4096, 256, 32, 8192}};
  a.add(1, host_by_host(8, 12'800));
  std::map<std::string, std::size_t> at;
  for (const auto& each : a.dispatch_all()) ++at[each.image.origin];
  BOOST_TEST(at.size() == 8U);
  for (const auto& [origin, count] : at) BOOST_TEST(count == 32U);
}

BOOST_AUTO_TEST_CASE(an_origin_that_is_full_holds_no_more_than_its_read_ahead) {
  table a{{4096, 256, 32, 8192}};
  a.add(1, "http://slow:80", 10'000);
  BOOST_TEST(a.dispatch_all().size() == 32U);
  BOOST_TEST(a.t.held() <= 32 + 2 * limits::page_images);
}

BOOST_AUTO_TEST_CASE(a_small_job_reads_its_images_in_one_turn_and_opens_no_origins) {
  table a{{4096, 256, 32, 8192}};
  a.add(1, host_by_host(4, 40));
  auto all = a.dispatch_all();
  BOOST_TEST(all.size() == 40U);
  BOOST_TEST(a.jobs[1].openings == 0U);
  BOOST_TEST(a.jobs[1].turns == 1U);
  for (const auto& each : all) a.succeed(each);
  BOOST_TEST(a.jobs[1].is_exhausted);
  BOOST_TEST(a.t.held() == 0U);
}

BOOST_AUTO_TEST_CASE(credits_of_a_job_that_leaves_come_back) {
  table a{{4096, 10, 10, 8192}};
  a.add(1, "http://x:80", 64);
  const auto gone = a.dispatch_all();
  a.t.leave({1});
  BOOST_TEST(a.t.held() == 0U);
  for (const auto& each : gone) {
    a.t.fetched(each, a.measured(fetch::contact::reached));
    a.t.finished(each);
  }
  BOOST_TEST(a.t.in_flight() == 0U);
  BOOST_TEST(a.t.fetching() == 0U);
}

BOOST_AUTO_TEST_CASE(an_answer_to_a_turn_of_a_job_that_has_left_is_ignored) {
  table a{{4096, 10, 10, 8192}};
  a.add(1, "http://x:80", 64);
  const auto grant = a.t.next_grant();
  a.t.leave({1});
  a.t.offer({1}, {grant->order.lane, {{{image_number{0}, "S", ""}, "http://x:80"}}, 1, {}, false});
  a.t.settled({1}, 64);
  BOOST_TEST(a.t.held() == 0U);
}

BOOST_AUTO_TEST_CASE(jobs_at_a_slow_origin_leave_credits_for_a_newcomer) {
  table a{{4096, 256, 32, 8192}};
  for (std::uint64_t job = 1; job <= 300; ++job) a.add(job, "http://slow:80", 1'000);
  BOOST_TEST(a.dispatch_all().size() == 32U);
  BOOST_TEST(a.t.held() < 6'000U);
  a.add(1'000, "http://other:80", 1'000);
  BOOST_TEST(a.dispatch_all().size() == 32U);
}

BOOST_AUTO_TEST_CASE(lanes_of_an_address_take_turns_by_job) {
  table a{{4096, 256, 2, 8192}};
  a.address_of = [](const std::string&) { return "same"; };
  a.add(1, host_by_host(60, 60));
  const auto first = a.dispatch_all();
  BOOST_TEST(first.size() == 2U);
  a.add(2, "http://other:80", 1);
  BOOST_TEST(a.dispatch_all().empty());
  a.succeed(first[0]);
  const auto second = a.dispatch_all();
  a.succeed(first[1]);
  const auto third = a.dispatch_all();
  BOOST_REQUIRE(second.size() == 1U && third.size() == 1U);
  BOOST_TEST((second[0].ticket.value == 2U || third[0].ticket.value == 2U));
}

BOOST_AUTO_TEST_CASE(lanes_that_wait_for_an_address_move_up_when_another_leaves) {
  table a{{100, 100, 1, 400}};
  a.address_of = [](const std::string&) { return "same"; };
  for (std::uint64_t job = 1; job <= 3; ++job)
    a.add(job, "http://h" + std::to_string(job) + ":80", 2);
  const auto first = a.dispatch_all();
  BOOST_REQUIRE(first.size() == 1U);  // all others are parked on the address now
  a.t.fetched(first[0], {{}, fetch::contact::reached, "same"});  // wakes job 2,
  a.t.leave({2});  // which leaves before it was served
  const auto next = a.dispatch_all();
  BOOST_REQUIRE(next.size() == 1U);
  BOOST_TEST(next[0].ticket.value != 2U);
}

BOOST_AUTO_TEST_CASE(a_wake_up_is_handed_on_when_its_lane_goes_to_another_address) {
  table a{{100, 100, 2, 8192}};
  a.address_of = [](const std::string&) { return "A1"; };
  a.add(1, "http://x:80", 1);
  a.add(2, "http://o1:80", 1);
  const auto begun = a.dispatch_all();
  BOOST_REQUIRE(begun.size() == 2U);
  a.add(3, "http://x:80", 1);
  a.add(4, "http://x:80", 1);
  a.add(5, "http://o3:80", 1);
  BOOST_TEST(a.dispatch_all().empty());  // A1 has its two connections; the three are parked on it
  const bool first_is_x = begun[0].image.origin == "http://x:80";
  const auto& x = first_is_x ? begun[0] : begun[1];
  const auto& other = first_is_x ? begun[1] : begun[0];
  a.t.fetched(x, {{}, fetch::contact::reached, "A2"});  // x has moved to A2:
  a.dispatch_all();
  a.t.fetched(other, {{}, fetch::contact::reached, "A1"});
  a.dispatch_all();
  BOOST_TEST(a.t.in_flight() == 5U);  // A1 would be idle with job 5 parked on it
}

BOOST_AUTO_TEST_CASE(origins_without_an_address_share_one_limit) {
  table a{{100, 100, 2, 8192}};
  a.address_of = [](const std::string&) { return ""; };
  for (std::uint64_t job = 1; job <= 5; ++job)
    a.add(job, "http://nowhere" + std::to_string(job) + ":80", 2);
  BOOST_TEST(a.dispatch_all().size() == 2U);
}

BOOST_AUTO_TEST_CASE(an_image_that_waits_for_another_attempt_holds_no_credit) {
  table a{{4096, 256, 256, 8192}};
  a.add(1, "http://busy:80", 10'000);
  for (int round = 0; round < 200; ++round) {
    for (const auto& each : a.dispatch_all())
      a.end(each, fetch::contact::reached, false, error_code::http_status, 30s);
  }
  BOOST_TEST(a.t.held() == 0U);
  a.wait(31s);
  const auto again = a.dispatch_all();
  BOOST_REQUIRE(!again.empty());
  BOOST_TEST(again[0].image.task.history.attempt == 2);
}

// --- origins that are away ----------------------------------------------------------------------

BOOST_AUTO_TEST_CASE(an_origin_that_is_away_holds_nothing_and_is_probed_by_one_image_at_a_time) {
  table a{{4096, 256, 32, 8192, default_patience}};
  a.add(1, "http://dead:80", 100'000);
  for (const auto& each : a.dispatch_all()) a.end(each, fetch::contact::failed, false);
  BOOST_TEST(a.t.held() == 0U);
  BOOST_TEST(a.dispatch_all().empty());
  a.wait(limits::probe_pause);
  const auto probe = a.dispatch_all();
  BOOST_REQUIRE(probe.size() == 1U);
  BOOST_TEST(probe[0].is_probe);
  a.end(probe[0], fetch::contact::failed, false);
  BOOST_TEST(a.dispatch_all().empty());
}

BOOST_AUTO_TEST_CASE(a_dead_origin_costs_the_others_of_its_job_nothing) {
  table a{{4096, 256, 32, 8192, default_patience}};
  auto list = host_by_host(1, 10'000);
  list.insert(list.end(), 200, "http://healthy:80");
  a.add(1, list);
  std::size_t healthy = 0;
  for (int round = 0; round < 20; ++round) {
    for (const auto& each : a.dispatch_all()) {
      if (each.image.origin == "http://healthy:80") {
        a.succeed(each);
        ++healthy;
      } else {
        a.end(each, fetch::contact::failed, false);
      }
    }
  }
  BOOST_TEST(healthy == 200U);
}

BOOST_AUTO_TEST_CASE(an_origin_that_returns_goes_on_and_nothing_has_lost_an_attempt) {
  table a{{4096, 256, 32, 8192, default_patience}};
  a.add(1, "http://x:80", 500);
  for (const auto& each : a.dispatch_all()) a.end(each, fetch::contact::failed, false);
  for (int probes = 0; probes < 5; ++probes) {
    a.wait(10s);
    for (const auto& each : a.dispatch_all()) a.end(each, fetch::contact::failed, false);
  }
  a.wait(10s);
  const auto probe = a.dispatch_all();
  BOOST_REQUIRE(probe.size() == 1U);
  a.succeed(probe[0]);
  for (int round = 0; round < 100; ++round) {
    for (const auto& each : a.dispatch_all()) {
      BOOST_TEST(each.image.task.history.attempt == 1);
      a.succeed(each);
    }
  }
  BOOST_TEST(a.done(1) == 500U);
  BOOST_TEST(a.given_up(1) == 0U);
}

BOOST_AUTO_TEST_CASE(images_of_an_origin_are_given_up_when_patience_is_over) {
  for (const std::size_t images : {40U, 5'000U}) {
    table a{{4096, 256, 32, 8192, default_patience}};
    a.add(1, "http://dead:80", images);
    const auto began = a.now;
    while (!a.jobs[1].is_exhausted && a.now - began < 200s) {
      for (const auto& each : a.dispatch_all()) a.end(each, fetch::contact::failed, false);
      if (a.now - began < 90s) BOOST_REQUIRE_EQUAL(a.given_up(1), 0U);
      a.wait(500ms);
    }
    BOOST_TEST(a.given_up(1) == images);
    BOOST_TEST((a.now - began <= 95s));
    BOOST_TEST(a.t.held() == 0U);
  }
}

BOOST_AUTO_TEST_CASE(no_patience_gives_up_when_the_origin_is_found_away) {
  table a{{4096, 256, 32, 8192, {10, 0s}}};
  a.add(1, "http://dead:80", 5'000);
  for (const auto& each : a.dispatch_all()) a.end(each, fetch::contact::failed, false);
  BOOST_TEST(a.given_up(1) == 5'000U);
  BOOST_TEST(a.jobs[1].is_exhausted);
}

BOOST_AUTO_TEST_CASE(a_job_that_comes_late_to_a_dead_origin_sees_a_probe_fail_before_it_gives_up) {
  table a{{4096, 256, 32, 8192, default_patience}};
  a.add(1, "http://dead:80", 5'000);
  for (const auto& each : a.dispatch_all()) a.end(each, fetch::contact::failed, false);
  for (int second = 0; second < 89; ++second) {
    a.wait(1s);
    for (const auto& each : a.dispatch_all()) a.end(each, fetch::contact::failed, false);
  }
  a.add(2, "http://dead:80", 5'000);
  a.serve();
  a.wait(1100ms);
  BOOST_TEST(a.given_up(2) == 0U);
  a.wait(15s);
  const auto probe = a.dispatch_all();
  BOOST_REQUIRE(probe.size() == 1U);
  BOOST_TEST(probe[0].ticket.value == 2U);
  BOOST_TEST(a.given_up(1) == 5'000U);
  a.end(probe[0], fetch::contact::failed, false);
  BOOST_TEST(a.given_up(2) == 5'000U);
}

BOOST_AUTO_TEST_CASE(a_probe_that_was_sent_before_a_job_came_gives_up_none_of_its_images) {
  table a{{4096, 256, 32, 8192, default_patience}};
  a.add(1, "http://dead:80", 5'000);
  for (const auto& each : a.dispatch_all()) a.end(each, fetch::contact::failed, false);
  a.wait(limits::probe_pause);
  const auto probe = a.dispatch_all();
  BOOST_REQUIRE(probe.size() == 1U);
  a.wait(95s);
  a.add(2, "http://dead:80", 5'000);
  a.serve();
  a.end(probe[0], fetch::contact::failed, false);
  BOOST_TEST(a.given_up(1) == 5'000U);
  BOOST_TEST(a.given_up(2) == 0U);
}

BOOST_AUTO_TEST_CASE(a_withdrawn_job_is_exhausted_when_its_images_in_flight_have_ended) {
  table a{{4096, 256, 32, 8192, default_patience}};
  a.add(1, "http://x:80", 5'000);
  const auto flying = a.dispatch_all();
  a.t.withdraw({1});
  a.serve();
  BOOST_TEST(!a.jobs[1].is_exhausted);
  BOOST_TEST(a.dispatch_all().empty());
  for (const auto& each : flying) a.end(each, fetch::contact::failed, false);
  BOOST_TEST(a.jobs[1].is_exhausted);
  BOOST_TEST(a.t.held() == 0U);
}

BOOST_AUTO_TEST_CASE(a_job_with_a_hundred_thousand_origins_opens_few_at_once) {
  table a{{4096, 256, 32, 8192, default_patience}};
  a.add(1, host_by_host(3'000, 3'000));
  a.dispatch_all();
  BOOST_TEST(a.jobs[1].openings <= 20U);
}

/// Silence until the deadline, for some images; all others are measured.
std::function<table::answer(const dispatch&)> silent_where(
    std::function<bool(const dispatch&)> is_silent) {
  return [=](const dispatch& each) {
    return is_silent(each) ? table::answer{10s, fetch::contact::failed} : table::answer{};
  };
}

BOOST_AUTO_TEST_CASE(urls_that_never_answer_cost_the_others_of_their_host_nothing) {
  for (const int every : {100, 20, 10, 3}) {
    table a{{4096, 256, 32, 8192, default_patience}};
    a.add(1, "http://x:80", 2'000);
    const auto is_silent = [&](std::int64_t image) { return image % every == 0; };
    BOOST_TEST(a.run(
        silent_where([&](const dispatch& each) { return is_silent(each.image.task.number.value); }),
        3h));
    const auto& images = a.jobs[1].images;
    for (std::size_t i = 0; i < images.size(); ++i) {
      if (!is_silent(static_cast<std::int64_t>(i)))
        BOOST_REQUIRE_MESSAGE(images[i].is_done && !images[i].is_given_up,
                              "image " << i << ", every " << every << "th is silent");
    }
  }
}

BOOST_AUTO_TEST_CASE(silent_urls_of_strangers_cost_a_job_at_the_same_host_nothing) {
  for (const bool is_first : {true, false}) {
    table a{{4096, 256, 32, 8192, default_patience}};
    if (is_first) a.add(100, "http://x:80", 500);
    for (std::uint64_t job = 1; job <= 20; ++job) a.add(job, "http://x:80", 64);
    if (!is_first) a.add(100, "http://x:80", 500);
    BOOST_TEST(
        a.run(silent_where([](const dispatch& each) { return each.ticket.value < 100; }), 3h));
    BOOST_TEST(a.done(100) == 500U);
    BOOST_TEST(a.given_up(100) == 0U);
  }
}

BOOST_AUTO_TEST_CASE(an_image_that_an_outage_has_missed_is_no_probe_while_others_were_never_tried) {
  table a{{64, 64, 1, 4096, {1, 90s}}};
  a.add(1, "http://x:80", 5);
  const auto next = [&](std::int64_t expected) {
    const auto all = a.dispatch_all();
    BOOST_REQUIRE(all.size() == 1U);
    BOOST_TEST(all[0].image.task.number.value == expected);
    return all[0];
  };
  const auto is_silent = [&](const dispatch& each) {
    a.wait(10s);
    a.end(each, fetch::contact::failed, false, error_code::timed_out);
    a.wait(2s);  // longer than the pause before a probe
  };
  is_silent(next(0));
  is_silent(next(1));
  a.succeed(next(2));
  is_silent(next(0));  // read again with all others, in their order
  const auto probe = next(3);
  BOOST_TEST(probe.is_probe);
}

BOOST_AUTO_TEST_CASE(a_turn_that_is_under_way_when_an_outage_begins_may_bring_the_probe) {
  table a{{64, 64, 2, 128, default_patience}};
  a.add(1, "http://x:80", 5'000);
  auto flying = a.dispatch_all();
  std::optional<turns::grant> open;
  for (int failed = 0; failed < default_patience.failures; ++failed) {
    BOOST_REQUIRE(!flying.empty());
    a.t.fetched(flying.back(), a.failed(fetch::contact::failed, error_code::connect_failed));
    flying.pop_back();
    if (!open) open = a.t.next_grant();
    while (auto next = a.t.next_dispatch()) flying.push_back(std::move(*next));
  }
  for (const auto& each : flying) a.end(each, fetch::contact::failed, false);
  if (open) {  // its answer takes longer than the pause before the first probe
    a.now += 5s;
    a.t.set_time(a.now);
    a.t.advance();
    a.t.offer({1}, {open->order.lane, {}, 0, {}, true});
  }
  BOOST_REQUIRE(open.has_value());
  const auto probe = a.dispatch_all();
  BOOST_REQUIRE(probe.size() == 1U);
  BOOST_TEST(probe[0].is_probe);
}

BOOST_AUTO_TEST_CASE(nothing_is_given_up_before_a_probe_has_failed) {
  table a{{4096, 256, 32, 8192, default_patience}};
  a.add(1, "http://x:80", 5'000);
  for (const auto& each : a.dispatch_all()) a.end(each, fetch::contact::failed, false);
  a.now += 10min;  // in which storage does not answer
  a.t.set_time(a.now);
  a.t.advance();
  BOOST_TEST(!a.t.next_surrender().has_value());
  const auto probe = a.dispatch_all();
  BOOST_REQUIRE(probe.size() == 1U);
  a.succeed(probe[0]);
  BOOST_TEST(a.dispatch_all().size() == 32U);
}

BOOST_AUTO_TEST_CASE(a_probe_goes_to_a_job_that_has_something_to_read) {
  table a{{4096, 512, 512, 8192, default_patience}};
  a.add(1, "http://x:80", 200);
  for (const auto& each : a.dispatch_all())  // all rest: it reads nothing until one is due
    a.end(each, fetch::contact::reached, false, error_code::http_status, 30s);
  a.add(2, "http://x:80", 5'000);
  for (const auto& each : a.dispatch_all()) a.end(each, fetch::contact::failed, false);
  a.wait(limits::probe_pause);
  const auto probe = a.dispatch_all();
  BOOST_REQUIRE(probe.size() == 1U);
  BOOST_TEST(probe[0].ticket.value == 2U);
}

// --- newcomers, looks and doubtful origins
// --------------------------------------------------------

BOOST_AUTO_TEST_CASE(the_newest_of_a_thousand_newcomers_has_the_next_slot) {
  table a{{4096, 256, 32, 8192, default_patience}};
  for (std::uint64_t job = 1; job <= 1'280; ++job)
    a.add(job, "http://silent" + std::to_string(job) + ":80", 1);
  const auto silent = a.dispatch_all();
  BOOST_REQUIRE(silent.size() == 256U);
  a.add(9'999, "http://x:80", 1);
  a.serve();
  BOOST_TEST(!a.t.next_dispatch().has_value());
  a.give_way(silent[0]);
  a.give_way(silent[1]);
  const auto next = a.dispatch_all();
  BOOST_REQUIRE(next.size() == 2U);
  BOOST_TEST(std::ranges::count(next, job_ticket{9'999}, &dispatch::ticket) == 1);
}

BOOST_AUTO_TEST_CASE(newcomers_do_not_starve_a_job_that_has_begun) {
  table a{{4096, 2, 2, 8192, default_patience}};
  a.add(1, "http://x:80", 1'000);
  for (const auto& each : a.dispatch_all()) a.succeed(each);
  std::size_t of_the_job = 0;
  for (std::uint64_t job = 2; job < 202; job += 2) {
    a.add(job, "http://y:80", 1);
    a.add(job + 1, "http://z:80", 1);
    for (const auto& each : a.dispatch_all()) {
      of_the_job += each.ticket.value == 1 ? 1 : 0;
      a.succeed(each);
    }
  }
  BOOST_TEST(of_the_job >= 90U);
}

BOOST_AUTO_TEST_CASE(a_look_gives_way_only_while_others_wait_for_its_place) {
  table a{{4096, 4, 2, 8192, default_patience}};
  a.address_of = [](const std::string& origin) {
    return origin.starts_with("http://a") ? "address a" : "address b";
  };
  a.add(1, "http://a1:80", 1);
  a.add(2, "http://a2:80", 1);
  const auto looks = a.dispatch_all();
  BOOST_REQUIRE(looks.size() == 2U);
  for (const auto& each : looks) {
    BOOST_REQUIRE(each.as_look.has_value());
    BOOST_TEST(!each.as_look->gives_way());
  }
  a.add(3, "http://a3:80", 1);  // the address is full
  BOOST_TEST(a.dispatch_all().empty());
  for (const auto& each : looks) BOOST_TEST(each.as_look->gives_way());
  a.give_way(looks[0]);
  BOOST_REQUIRE(a.dispatch_all().size() == 1U);
  BOOST_TEST(!looks[1].as_look->gives_way());
  a.add(4, "http://b:80", 2);
  BOOST_TEST(a.dispatch_all().size() == 2U);
  BOOST_TEST(!looks[1].as_look->gives_way());
  a.address_of = [](const std::string&) { return "address c"; };
  a.add(5, "http://c:80", 1);  // no slot is left
  BOOST_TEST(a.dispatch_all().empty());
  BOOST_TEST(looks[1].as_look->gives_way());
}

BOOST_AUTO_TEST_CASE(an_origin_that_was_reached_is_not_asked_to_give_way) {
  table a{{4096, 256, 32, 8192, default_patience}};
  a.add(1, "http://x:80", 100);
  const auto first = a.dispatch_all();
  BOOST_TEST(first[0].as_look.has_value());
  a.succeed(first[0]);
  const auto next = a.dispatch_all();
  BOOST_REQUIRE(next.size() == 1U);
  BOOST_TEST(!next[0].as_look.has_value());
  BOOST_TEST(!next[0].is_doubtful);
}

BOOST_AUTO_TEST_CASE(doubtful_origins_leave_a_part_of_the_slots_and_of_their_address) {
  table a{{4096, 256, 32, 8192, default_patience}};
  for (std::uint64_t job = 1; job <= 600; ++job)
    a.add(job, "http://silent" + std::to_string(job) + ":80", 1);
  std::size_t doubtful = 0;
  for (int round = 0; round < 20; ++round) {
    for (const auto& each : a.dispatch_all()) {
      if (each.is_doubtful) {
        ++doubtful;  // and stays
      } else {
        a.give_way(each);
      }
    }
    a.wait(1s);
  }
  BOOST_TEST(doubtful == 192U);

  table b{{4096, 256, 32, 8192, default_patience}};
  b.address_of = [](const std::string&) { return "address"; };
  std::vector<std::string> ports;
  for (int port = 1; port <= 400; ++port) ports.push_back("http://x:" + std::to_string(port));
  b.add(1, ports);
  doubtful = 0;
  for (int round = 0; round < 100; ++round) {
    for (const auto& each : b.dispatch_all()) {
      if (each.is_doubtful) {
        ++doubtful;
      } else {
        b.give_way(each);
      }
    }
    b.wait(1s);
  }
  BOOST_TEST(doubtful == 24U);
  b.add(2, "http://x:80000", 1);
  const auto next = b.dispatch_all();
  BOOST_REQUIRE(next.size() == 1U);
  BOOST_TEST(next[0].ticket.value == 2U);
}

BOOST_AUTO_TEST_CASE(a_doubtful_origin_that_answers_works_as_any_other) {
  table a{{4096, 256, 32, 8192, default_patience}};
  a.add(1, "http://x:80", 1'000);
  for (const auto& each : a.dispatch_all()) a.give_way(each);
  a.wait(3s);
  const auto doubtful = a.dispatch_all();
  BOOST_REQUIRE(doubtful.size() == 24U);
  a.succeed(doubtful[0]);
  BOOST_TEST(a.dispatch_all().size() == 9U);
}

// Random schedules: whatever happens, no bound is passed, nothing is forgotten, and everything
// ends.
BOOST_AUTO_TEST_CASE(any_schedule_keeps_the_bounds_and_serves_everything) {
  for (unsigned seed = 0; seed < 400; ++seed) {
    std::mt19937 chance{seed};
    const auto below = [&](std::size_t n) { return static_cast<std::size_t>(chance() % n); };
    const turn_limits limits{1 + below(20),
                             1 + below(10),
                             1 + below(4),
                             2 + below(200),
                             {1 + static_cast<int>(below(5)), std::chrono::seconds{below(3) * 20}}};
    table a{limits};
    a.address_of = [&](const std::string&) {
      return below(6) == 0 ? "" : "address " + std::to_string(below(3));
    };
    // When each host is away: from, until.
    std::map<std::string, std::pair<steady_point, steady_point>> away;
    const auto hosts = 1 + below(8);
    for (std::size_t h = 0; h < hosts; ++h) {
      const auto from = a.now + std::chrono::seconds{below(30)};
      const auto length = std::chrono::seconds{below(3) == 0 ? 100'000 : below(40)};
      if (below(2) == 0) away["http://h" + std::to_string(h) + ":80"] = {from, from + length};
    }
    for (std::uint64_t ticket = 1; ticket <= 1 + below(8); ++ticket) {
      std::vector<std::string> list;
      for (std::size_t left = 1 + below(below(3) == 0 ? 300 : 30); left > 0; --left)
        list.push_back("http://h" + std::to_string(below(hosts)) + ":80");
      a.add(ticket, list);
    }
    std::vector<dispatch> fetching, delayed;
    std::map<std::string, std::size_t> at_origin, at_address, doubtful_at_address;
    std::size_t doubtful = 0;
    const auto part = [](std::size_t of) { return std::max<std::size_t>(1, of - of / 4); };
    const auto is_away = [&](const std::string& host) {
      const auto found = away.find(host);
      return found != away.end() && found->second.first <= a.now && a.now < found->second.second;
    };
    const auto ended = [&] {
      return std::ranges::all_of(a.jobs, [](const auto& each) {
        return !each.second.is_here || each.second.is_exhausted;
      });
    };
    for (int step = 0; step < 100'000 && !(ended() && fetching.empty() && delayed.empty());
         ++step) {
      for (a.serve(); auto next = a.t.next_dispatch(); a.serve()) {
        BOOST_REQUIRE(++at_origin[next->image.origin] <= limits.origin_connections);
        BOOST_REQUIRE(++at_address[next->address] <= limits.origin_connections);
        if (next->is_doubtful) {
          BOOST_REQUIRE(++doubtful <= part(limits.slots));
          BOOST_REQUIRE(++doubtful_at_address[next->address] <= part(limits.origin_connections));
        }
        fetching.push_back(std::move(*next));
        BOOST_REQUIRE(fetching.size() <= limits.slots);
        BOOST_REQUIRE(fetching.size() + delayed.size() <= limits.workers);
      }
      BOOST_REQUIRE(a.t.held() <= limits.credits);
      if (!fetching.empty() && below(2) == 0) {
        const auto i = below(fetching.size());
        auto done = std::move(fetching[i]);
        fetching.erase(fetching.begin() + static_cast<std::ptrdiff_t>(i));
        --at_origin[done.image.origin];
        --at_address[done.address];
        if (done.is_doubtful) {
          --doubtful;
          --doubtful_at_address[done.address];
        }
        if (done.as_look && done.as_look->gives_way() && below(2) == 0) {
          a.give_way(done);
          continue;
        }
        const auto moved = below(10) == 0  ? "address " + std::to_string(below(3))
                           : below(4) == 0 ? ""
                                           : done.address;
        const auto with = is_away(done.image.origin) ? fetch::contact::failed
                          : below(10) == 0           ? fetch::contact::none
                                                     : fetch::contact::reached;
        const bool is_measured = with != fetch::contact::failed && below(5) > 0;
        auto report = is_measured ? a.measured(with)
                                  : a.failed(with, error_code::timed_out,
                                             std::chrono::milliseconds{below(3'000)});
        report.leads_to = moved;
        a.end_attempt(done, report);
        if (is_measured) delayed.push_back(std::move(done));
      } else if (!delayed.empty()) {
        const auto done = std::move(delayed.back());
        delayed.pop_back();
        a.finish(done);
      } else if (below(60) == 0) {
        auto& [ticket, j] =
            *std::next(a.jobs.begin(), static_cast<std::ptrdiff_t>(below(a.jobs.size())));
        if (j.is_here && below(3) == 0) {
          j.is_here = false;
          a.t.leave({ticket});
        } else if (j.is_here && below(6) == 0) {
          a.t.withdraw({ticket});
          for (auto& each : j.images) each.is_given_up = each.is_given_up || !each.is_done;
        }
      } else {
        a.wait(std::chrono::milliseconds{below(2'000)});
      }
    }
    BOOST_REQUIRE_MESSAGE(ended(), "seed " << seed << " does not end");
    for (const auto& [ticket, j] : a.jobs) {
      if (!j.is_here) continue;
      for (const auto& each : j.images)
        BOOST_REQUIRE_MESSAGE(each.is_done || each.is_given_up,
                              "seed " << seed << ": an image of job " << ticket << " is forgotten");
    }
    BOOST_REQUIRE_EQUAL(a.t.in_flight(), 0U);
    BOOST_REQUIRE_EQUAL(a.t.fetching(), 0U);
    BOOST_REQUIRE_EQUAL(a.t.held(), 0U);
  }
}

BOOST_AUTO_TEST_SUITE_END()
