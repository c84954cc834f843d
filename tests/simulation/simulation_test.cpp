#include "simulation/simulation.hpp"

#include <boost/test/unit_test.hpp>
#include <set>
#include <string>
#include <thread>

#include "simulation/scenario.hpp"

namespace retail_pulse::simulation {

BOOST_AUTO_TEST_SUITE(a_simulated_service)

namespace {

constexpr std::uint64_t seeds = 300;

outcome of_seed(std::uint64_t seed, fault_set allowed = fault_set::all()) {
  return simulate({seed, allowed});
}

}  // namespace

BOOST_AUTO_TEST_CASE(violates_no_invariant_whatever_goes_wrong) {
  std::uint64_t images = 0, lives = 0;
  auto met = fault_set::none();
  for (std::uint64_t seed = 1; seed <= seeds; ++seed) {
    const auto result = of_seed(seed);
    BOOST_TEST(result.violation.empty(),
               "seed " << seed << " step " << result.steps << ": " << result.violation);
    images += result.images;
    lives += result.lives;
    for (const auto& row : fault_table) {
      if (result.faults.has(row.kind)) met = met.with(row.kind);
    }
  }
  // No violation proves something only where something was done.
  BOOST_TEST((met == fault_set::all()), "met only " << met.text());
  BOOST_TEST(images > 50 * seeds);
  BOOST_TEST(lives > 2 * seeds);
}

BOOST_AUTO_TEST_CASE(tells_the_same_story_of_the_same_seed_also_beside_another) {
  for (std::uint64_t seed = 1; seed <= 40; ++seed) {
    outcome first, second;
    std::thread other{[&] { first = of_seed(seed); }};
    second = of_seed(seed);
    other.join();
    BOOST_TEST(first.hash == second.hash, "seed " << seed);
    BOOST_TEST(first.steps == second.steps);
  }
}

BOOST_AUTO_TEST_CASE(tells_another_story_of_another_seed) {
  std::set<std::uint64_t> hashes;
  for (std::uint64_t seed = 1; seed <= 100; ++seed) hashes.insert(of_seed(seed).hash);
  BOOST_TEST(hashes.size() == 100u);
}

BOOST_AUTO_TEST_CASE(does_the_same_work_without_faults) {
  for (std::uint64_t seed = 1; seed <= 40; ++seed) {
    const auto result = of_seed(seed, fault_set::none());
    BOOST_TEST(result.violation.empty(), "seed " << seed << ": " << result.violation);
    BOOST_TEST((result.faults == fault_set::none()));
    BOOST_TEST(result.lives ==
               2u);  // its own, and the last one, which checks that nothing was left
  }
}

BOOST_AUTO_TEST_CASE(ends_after_the_given_number_of_steps) {
  const auto whole = of_seed(9);
  const auto half = simulate({9, fault_set::all(), whole.steps / 2});
  BOOST_TEST(half.steps == whole.steps / 2);
  BOOST_TEST(half.violation.empty());
  BOOST_TEST(half.hash != whole.hash);
  BOOST_TEST(simulate({9, fault_set::all(), whole.steps}).steps == whole.steps);
}

BOOST_AUTO_TEST_CASE(leaves_out_faults_without_changing_anything_else) {
  for (std::uint64_t seed = 1; seed <= 200; ++seed) {
    const auto all = scenario_of(seed, fault_set::all());
    const auto none = scenario_of(seed, fault_set::none());
    BOOST_TEST(none.incidents.empty());
    BOOST_TEST(all.pool.images_in_flight == none.pool.images_in_flight);
    BOOST_TEST(all.origins.size() == none.origins.size());
    for (std::size_t j = 0; j < none.jobs.size(); ++j) {
      BOOST_TEST(all.jobs[j].image_count() == none.jobs[j].image_count());
      BOOST_TEST(all.jobs[j].at.count() == none.jobs[j].at.count());
    }
    for (const auto& row : fault_table) {
      if (!all.faults.has(row.kind)) continue;
      const auto without = scenario_of(seed, fault_set::all().without(row.kind));
      BOOST_TEST((without.faults == all.faults.without(row.kind)));
    }
  }
}

BOOST_AUTO_TEST_CASE(every_fault_has_one_name) {
  std::set<std::string_view> names;
  for (std::size_t i = 0; i < fault_table.size(); ++i) {
    BOOST_TEST(static_cast<std::size_t>(fault_table[i].kind) == i);
    BOOST_TEST((fault_named(fault_table[i].name) == fault_table[i].kind));
    names.insert(fault_table[i].name);
  }
  BOOST_TEST(names.size() == fault_table.size());
  BOOST_TEST(!fault_named("bad-luck").has_value());
  BOOST_TEST(fault_set::none().with(fault::crash).with(fault::drain).text() == "crash,drain");
  BOOST_TEST(fault_set::none().text() == "none");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace retail_pulse::simulation
