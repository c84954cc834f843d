// Runs every case, or those whose name contains a word given behind "--", and prints what each came
// to.
#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <future>
#include <iostream>
#include <memory>
#include <string>

#include "tests/hostile/world.hpp"

namespace retail_pulse::hostile {
namespace {

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr bool memory_is_our_own = false;  // a sanitizer's shadow grows beside what is fetched
#else
constexpr bool memory_is_our_own = true;
#endif

constexpr std::size_t at_once = 8;  ///< connections of one case: fewer than a circuit needs to open
constexpr auto watchdog = 5s;       ///< behind the deadline
constexpr std::int64_t most_growth_kib = 1024;  ///< resident, of one connection

std::size_t open_descriptors() {
  const std::filesystem::directory_iterator all{"/proc/self/fd"};
  return static_cast<std::size_t>(std::distance(begin(all), end(all)));
}

/// A figure of /proc/self/status in KiB.
std::int64_t status_kib(const std::string& name) {
  std::ifstream status{"/proc/self/status"};
  for (std::string line; std::getline(status, line);) {
    if (line.starts_with(name + ":")) return std::stoll(line.substr(name.size() + 1));
  }
  return 0;
}

void forget_peak_memory() { std::ofstream{"/proc/self/clear_refs"} << "5"; }

std::future<fetch::outcome> begin_fetch(fetch::engine& from, const std::string& url) {
  const auto done = std::make_shared<std::promise<fetch::outcome>>();
  from.submit({url}, [done](fetch::outcome result) { done->set_value(std::move(result)); });
  return done->get_future();
}

struct verdict {
  error_code code = error_code::internal;
  std::int64_t slowest_ms = 0;
  std::int64_t growth_kib = 0;  ///< of one connection
};

verdict run(const world& hosts, std::size_t number, const hostile_case& each) {
  verdict result;
  const auto descriptors = open_descriptors();
  {
    const auto engine = fetch::make_blocking_engine(hosts.options_of(number));
    for (std::size_t i = 0; i < at_once; ++i)
      begin_fetch(*engine, hosts.healthy_url())
          .wait();  // threads and buffers are there from here on
    forget_peak_memory();
    const auto before_kib = status_kib("VmRSS");
    const auto start = std::chrono::steady_clock::now();
    std::vector<std::future<fetch::outcome>> answers;
    for (std::size_t i = 0; i < at_once; ++i)
      answers.push_back(begin_fetch(*engine, hosts.url_of(number)));
    for (auto& answer : answers) {
      if (answer.wait_until(start + each.deadline + watchdog) != std::future_status::ready) {
        std::cerr << each.name << " is not settled " << std::chrono::seconds{watchdog}.count()
                  << " s behind its deadline\n";
        std::abort();  // the engine cannot end either
      }
      const auto outcome = answer.get();
      result.code = outcome.code;
      BOOST_TEST((outcome.code == each.expected), "came to " << describe(outcome.code).name << " ("
                                                             << outcome.detail << "), not "
                                                             << describe(each.expected).name);
      if (each.expected == error_code::invalid_url) BOOST_TEST(!outcome.reason.empty());
      if (each.expected == error_code::blocked_address)
        BOOST_TEST(outcome.evidence.address + outcome.reason == "");
      if (!each.reason.empty()) BOOST_TEST(outcome.reason == each.reason);
      if (each.expected == error_code::none) {
        BOOST_TEST(outcome.measured.width == each.width);
        BOOST_TEST(outcome.measured.height == each.height);
      }
    }
    result.slowest_ms = (std::chrono::steady_clock::now() - start) / 1ms;
    result.growth_kib = std::max<std::int64_t>(0, status_kib("VmHWM") - before_kib) /
                        static_cast<std::int64_t>(at_once);
    if (memory_is_our_own) BOOST_TEST(result.growth_kib <= most_growth_kib);
  }
  BOOST_TEST(open_descriptors() == descriptors, "no descriptor is left open");
  return result;
}

bool is_wanted(const std::string& name) {
  const auto& suite = boost::unit_test::framework::master_test_suite();
  if (suite.argc < 2) return true;
  return std::any_of(suite.argv + 1, suite.argv + suite.argc,
                     [&](const char* word) { return name.find(word) != std::string::npos; });
}

}  // namespace

BOOST_AUTO_TEST_SUITE(a_hostile_host)

BOOST_AUTO_TEST_CASE(comes_to_the_right_code_in_time_and_leaves_nothing_behind) {
  const auto all = all_cases();
  BOOST_TEST(all.size() >= 80u);
  const world hosts{all};
  std::printf("%zu cases, %zu connections each\n%-62s %-20s %11s %8s %9s\n", all.size(), at_once,
              "case", "code", "deadline ms", "ms", "KiB/conn");
  std::int64_t latest_percent = 0;
  for (std::size_t number = 0; number < all.size(); ++number) {
    const auto& each = all[number];
    if (!is_wanted(each.name)) continue;
    BOOST_TEST_CONTEXT(each.name) {
      const auto came_to = run(hosts, number, each);
      std::printf("%-62s %-20s %11lld %8lld %9lld\n", each.name.c_str(),
                  std::string{describe(came_to.code).name}.c_str(),
                  static_cast<long long>(each.deadline / 1ms),
                  static_cast<long long>(came_to.slowest_ms),
                  static_cast<long long>(came_to.growth_kib));
      if (came_to.code == error_code::timed_out)
        latest_percent =
            std::max(latest_percent, 100 * came_to.slowest_ms / (each.deadline / 1ms) - 100);
    }
  }
  std::printf("the latest that ended at its deadline was %lld %% behind it\n",
              static_cast<long long>(latest_percent));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace retail_pulse::hostile
