#include "actors/turns.hpp"

#include <boost/test/unit_test.hpp>
#include <random>
#include <set>

#include "core/limits.hpp"

using namespace retail_pulse;
using namespace retail_pulse::actors;

namespace {

image_offer offer_of(const std::string& origin, std::size_t count, std::uint64_t unused = 0,
                     bool more = false) {
  image_offer offer;
  for (std::size_t i = 0; i < count; ++i)
    offer.images.push_back(
        {{image_number{static_cast<std::int64_t>(i)}, "S", origin + "/", 1}, origin});
  offer.unused = unused;
  offer.more = more;
  return offer;
}

pool_member member_of(std::uint64_t ticket, std::uint64_t unread) {
  pool_member member;
  member.ticket = {ticket};
  member.unread = unread;
  return member;
}

struct table {
  std::vector<std::string> asked;
  turns t;
  explicit table(turn_limits limits)
      : t{limits, [this](const std::string& origin) { asked.push_back(origin); }} {}

  std::size_t dispatch_all() {
    std::size_t count = 0;
    while (t.next_dispatch()) ++count;
    return count;
  }
};

}  // namespace

BOOST_AUTO_TEST_SUITE(turns_of_the_pool)

BOOST_AUTO_TEST_CASE(an_image_waits_for_the_address_of_its_origin) {
  table a{{10, 10, 10, 20}};
  a.t.join(member_of(1, 1));
  BOOST_REQUIRE(a.t.next_grant().has_value());
  a.t.offer({1}, offer_of("http://x:80", 1));
  BOOST_TEST(a.asked == std::vector<std::string>{"http://x:80"}, boost::test_tools::per_element());
  BOOST_TEST(!a.t.next_dispatch().has_value());
  a.t.resolved("http://x:80", "203.0.113.1");
  const auto next = a.t.next_dispatch();
  BOOST_REQUIRE(next.has_value());
  BOOST_TEST(next->address == "203.0.113.1");
}

BOOST_AUTO_TEST_CASE(an_origin_without_an_address_is_limited_by_its_name) {
  table a{{10, 10, 2, 20}};
  a.t.join(member_of(1, 5));
  a.t.next_grant();
  a.t.offer({1}, offer_of("http://x:80", 5));
  a.t.resolved("http://x:80", "");
  BOOST_TEST(a.dispatch_all() == 2U);
}

BOOST_AUTO_TEST_CASE(a_turn_takes_whole_pages_of_credits_and_gives_back_what_it_does_not_use) {
  table a{{4096, 10, 10, 8192}};
  a.t.join(member_of(1, 1000));
  const auto first = a.t.next_grant();
  BOOST_REQUIRE(first.has_value());
  BOOST_TEST(first->credits == 64U);
  BOOST_TEST(a.t.held() == 64U);
  BOOST_TEST(!a.t.next_grant().has_value());
  a.t.offer({1}, offer_of("http://x:80", 3, 61, false));
  BOOST_TEST(a.t.held() == 3U);
  a.t.settled({1}, 3);
  BOOST_TEST(a.t.held() == 0U);
  BOOST_TEST(!a.t.next_grant().has_value());  // nothing more to read
}

BOOST_AUTO_TEST_CASE(credits_of_a_job_that_leaves_come_back) {
  table a{{4096, 10, 10, 8192}};
  a.t.join(member_of(1, 64));
  a.t.next_grant();
  a.t.offer({1}, offer_of("http://x:80", 64));
  a.t.resolved("http://x:80", "a");
  const auto gone = a.t.next_dispatch();
  a.t.leave({1});
  BOOST_TEST(a.t.held() == 0U);
  BOOST_TEST(a.dispatch_all() == 0U);
  a.t.fetched(*gone, "a");
  a.t.reported(*gone, false);
  BOOST_TEST(a.t.in_flight() == 0U);
  BOOST_TEST(a.t.fetching() == 0U);
}

BOOST_AUTO_TEST_CASE(an_answer_to_a_turn_of_a_job_that_has_left_is_ignored) {
  table a{{4096, 10, 10, 8192}};
  a.t.join(member_of(1, 64));
  a.t.next_grant();
  a.t.leave({1});
  a.t.offer({1}, offer_of("http://x:80", 64));
  a.t.settled({1}, 64);
  BOOST_TEST(a.t.held() == 0U);
}

BOOST_AUTO_TEST_CASE(jobs_that_wait_for_a_silent_origin_leave_credits_for_a_newcomer) {
  table a{{4096, 256, 32, 8192}};
  for (std::uint64_t job = 1; job <= 150; ++job) {
    a.t.join(member_of(job, 10'000));
    while (const auto grant = a.t.next_grant())
      a.t.offer(grant->ticket, offer_of("http://silent:80", grant->credits, 0, true));
    if (job == 1) BOOST_TEST(a.t.held() <= 256U);
  }
  a.t.join(member_of(1000, 10'000));
  const auto newcomer = a.t.next_grant();
  BOOST_REQUIRE(newcomer.has_value());
  BOOST_TEST(newcomer->ticket.value == 1000U);
  BOOST_TEST(newcomer->credits >= 1U);
}

BOOST_AUTO_TEST_CASE(a_job_reads_ahead_only_while_few_of_its_images_are_ready) {
  table a{{4096, 256, 4096, 8192}};
  a.t.join(member_of(1, 10'000));
  std::size_t read = 0;
  while (const auto grant = a.t.next_grant()) {
    a.t.offer({1}, offer_of("http://x:80", grant->credits, 0, true));
    a.t.resolved("http://x:80", "a");
    read += grant->credits;
  }
  BOOST_TEST(read == limits::ready_ahead);
}

BOOST_AUTO_TEST_CASE(lanes_that_wait_for_an_address_move_up_when_another_leaves) {
  table a{{100, 100, 1, 400}};
  for (std::uint64_t job = 1; job <= 3; ++job) {
    a.t.join(member_of(job, 2));
    a.t.next_grant();
    a.t.offer({job}, offer_of("http://h" + std::to_string(job) + ":80", 2));
    a.t.resolved("http://h" + std::to_string(job) + ":80", "same");
  }
  const auto first = a.t.next_dispatch();
  BOOST_REQUIRE(first.has_value());
  BOOST_TEST(!a.t.next_dispatch().has_value());  // all others are parked on the address now
  a.t.fetched(*first, "same");                   // wakes job 2,
  a.t.leave({2});                                // which leaves before it was served
  const auto next = a.t.next_dispatch();
  BOOST_REQUIRE(next.has_value());
  BOOST_TEST(next->ticket.value != 2U);
}

BOOST_AUTO_TEST_CASE(a_wake_up_is_handed_on_when_its_lane_goes_to_another_address) {
  table a{{100, 100, 2, 8192}};
  const auto join = [&](std::uint64_t job, const std::string& origin) {
    a.t.join(member_of(job, 1));
    a.t.next_grant();
    a.t.offer({job}, offer_of(origin, 1));
  };
  join(1, "http://x:80");
  join(2, "http://o1:80");
  a.t.resolved("http://x:80", "A1");
  a.t.resolved("http://o1:80", "A1");
  const auto first = a.t.next_dispatch();
  const auto second = a.t.next_dispatch();
  BOOST_REQUIRE(first && second);
  join(3, "http://x:80");
  join(4, "http://x:80");
  join(5, "http://o3:80");
  a.t.resolved("http://o3:80", "A1");
  BOOST_TEST(a.dispatch_all() == 0U);  // A1 has its two connections; the three are parked on it
  a.t.fetched(*first, "A2");           // x has moved: job 3 is woken by A1 and goes to A2,
  BOOST_TEST(a.dispatch_all() >= 1U);
  a.t.fetched(*second, "A1");  // and so does job 4: A1 would be idle with job 5 parked on it
  a.dispatch_all();
  BOOST_TEST(a.t.in_flight() == 5U);
}

BOOST_AUTO_TEST_CASE(origins_without_an_address_share_one_limit) {
  table a{{100, 100, 2, 8192}};
  for (std::uint64_t job = 1; job <= 5; ++job) {
    const auto origin = "http://nowhere" + std::to_string(job) + ":80";
    a.t.join(member_of(job, 2));
    a.t.next_grant();
    a.t.offer({job}, offer_of(origin, 2));
    a.t.resolved(origin, "");
  }
  BOOST_TEST(a.dispatch_all() == 2U);
}

BOOST_AUTO_TEST_CASE(images_in_their_retry_wait_count_as_waiting) {
  table a{{4096, 256, 4096, 8192}};
  a.t.join(member_of(1, 100'000));
  std::vector<dispatch> resting;
  for (int turn = 0; turn < 10'000; ++turn) {  // every image fails at once and rests
    while (const auto grant = a.t.next_grant()) {
      a.t.offer({1}, offer_of("http://x:80", grant->credits, 0, true));
      a.t.resolved("http://x:80", "a");
    }
    while (auto next = a.t.next_dispatch()) {
      a.t.fetched(*next, "a");
      a.t.reported(*next, true);
      resting.push_back(std::move(*next));
    }
  }
  BOOST_TEST(a.t.held() <= 8192U / 32 + 64);
  for (const auto& image : resting) a.t.again({1}, image.image);
  a.t.resolved("http://x:80", "a");  // nobody had images for it, so its address was forgotten
  BOOST_TEST(a.dispatch_all() == std::min<std::size_t>(resting.size(), 256));
}

// Random schedules: whatever happens, no bound is passed, nothing is forgotten, and everything
// ends.
BOOST_AUTO_TEST_CASE(any_schedule_keeps_the_bounds_and_serves_everything) {
  for (unsigned seed = 0; seed < 300; ++seed) {
    std::mt19937 chance{seed};
    const auto below = [&](std::size_t n) { return static_cast<std::size_t>(chance() % n); };
    const turn_limits limits{1 + below(20), 1 + below(10), 1 + below(4), 2 + below(200)};
    table a{limits};
    struct job {
      std::uint64_t unread, held = 0, in_queue = 0;
      bool here = true;
    };
    std::map<std::uint64_t, job> jobs;
    std::vector<dispatch> fetching, reporting;
    std::map<std::string, std::size_t> at_origin, at_address;
    for (std::uint64_t ticket = 1; ticket <= 1 + below(12); ++ticket) {
      jobs[ticket] = {1 + below(300)};
      a.t.join(member_of(ticket, jobs[ticket].unread));
    }
    std::uint64_t served = 0, left_behind = 0, total = 0;
    for (const auto& [ticket, j] : jobs) total += j.unread;
    for (int step = 0; step < 20'000; ++step) {
      while (const auto grant = a.t.next_grant()) {
        auto& j = jobs.at(grant->ticket.value);
        const auto read = std::min<std::uint64_t>(j.unread, grant->credits);
        j.unread -= read;
        j.held += read;
        j.in_queue += read;
        image_offer offer;
        for (std::uint64_t i = 0; i < read; ++i) {
          const auto origin = "http://h" + std::to_string(below(6)) + ":80";
          offer.images.push_back({{image_number{0}, "S", origin + "/", 1}, origin});
        }
        offer.unused = grant->credits - read;
        offer.more = j.unread > 0;
        a.t.offer(grant->ticket, offer);
      }
      for (const auto& origin : std::exchange(a.asked, {})) {
        a.t.resolved(origin, below(6) == 0 ? "" : "address " + std::to_string(below(3)));
      }
      while (auto next = a.t.next_dispatch()) {
        ++served;
        --jobs.at(next->ticket.value).in_queue;
        BOOST_REQUIRE(++at_origin[next->image.origin] <= limits.origin_connections);
        BOOST_REQUIRE(++at_address[next->address] <= limits.origin_connections);
        fetching.push_back(std::move(*next));
        BOOST_REQUIRE(fetching.size() <= limits.slots);
        BOOST_REQUIRE(fetching.size() + reporting.size() <= limits.workers);
      }
      BOOST_REQUIRE(a.t.held() <= limits.credits);
      if (!fetching.empty() && below(2) == 0) {
        const auto i = below(fetching.size());
        auto done = std::move(fetching[i]);
        fetching.erase(fetching.begin() + static_cast<std::ptrdiff_t>(i));
        --at_origin[done.image.origin];
        --at_address[done.address];
        const bool moved = below(10) == 0;  // names move between addresses while a job runs
        a.t.fetched(done, moved           ? "address " + std::to_string(below(3))
                          : below(4) == 0 ? ""
                                          : done.address);
        reporting.push_back(std::move(done));
      } else if (!reporting.empty()) {
        const auto done = std::move(reporting.back());
        reporting.pop_back();
        auto& j = jobs.at(done.ticket.value);
        const bool rests = below(5) == 0;
        a.t.reported(done, rests);
        if (rests && j.here) {
          --served;  // it will be served again
          ++j.in_queue;
          a.t.again(done.ticket, done.image);
        } else if (j.here) {
          --j.held;
          a.t.settled(done.ticket, 1);
        }
      } else if (below(40) == 0) {
        auto& [ticket, j] =
            *std::next(jobs.begin(), static_cast<std::ptrdiff_t>(below(jobs.size())));
        if (j.here && below(3) == 0) {
          left_behind += j.unread + j.in_queue;
          j.here = false;
          a.t.leave({ticket});
        }
      }
      if (served + left_behind == total && fetching.empty() && reporting.empty()) break;
    }
    BOOST_REQUIRE_MESSAGE(served + left_behind == total, "seed " << seed << ": served " << served
                                                                 << " of " << total - left_behind);
    BOOST_REQUIRE_EQUAL(a.t.in_flight(), 0U);
    BOOST_REQUIRE_EQUAL(a.t.fetching(), 0U);
    BOOST_REQUIRE_EQUAL(a.t.held(), 0U);
  }
}

BOOST_AUTO_TEST_SUITE_END()
