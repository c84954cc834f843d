#include "simulation/scenario.hpp"

#include <algorithm>

#include "core/limits.hpp"
#include "core/require.hpp"
#include "fetch/url/origin_numbers.hpp"
#include "fetch/url/url.hpp"
#include "simulation/chance.hpp"

namespace retail_pulse::simulation {
namespace {

constexpr fault origin_faults[] = {fault::slow_origin,       fault::dead_origin,
                                   fault::flapping_origin,   fault::refusing_origin,
                                   fault::throttling_origin, fault::truncating_origin,
                                   fault::circular_origin,   fault::absent_origin};

constexpr fault process_faults[] = {fault::slow_storage,
                                    fault::busy_storage,
                                    fault::failing_statement,
                                    fault::full_disk,
                                    fault::unknown_commit,
                                    fault::failing_reads,
                                    fault::crash,
                                    fault::crash_in_commit,
                                    fault::clock_jump,
                                    fault::store_master_reload,
                                    fault::drain,
                                    fault::job_actor_dies};

/// Clients submit and incidents happen within this.
constexpr millis busy_time{20'000};

/// Each world has some of the faults; a few worlds have none, and a few have all.
fault_set faults_of(std::uint64_t seed) {
  chance dice{seed, stream::scenario};
  const auto wildness = dice.below(10);
  if (wildness == 0) return fault_set::none();
  if (wildness == 9) return fault_set::all();
  const auto only_of_origins =
      wildness == 1;  // in these worlds it shows whether every job has its turn
  auto found = fault_set::none();
  for (const auto& row : fault_table) {
    if (dice.one_in(wildness < 5 ? 6 : 3) &&
        (!only_of_origins || std::ranges::find(origin_faults, row.kind) != std::end(origin_faults)))
      found = found.with(row.kind);
  }
  return found;
}

void size_windows(scenario& world, chance& dice) {
  // A few are so large that a turn is a page of several images.
  world.pool.images_in_flight = dice.one_in(6) ? 64 + dice.below(193) : 2 + dice.below(15);
  world.pool.fetch_slots = 1 + dice.below(world.pool.images_in_flight);
  world.pool.origin_connections = 1 + dice.below(4);
  world.pool.attempts = static_cast<int>(1 + dice.below(4));
  world.pool.origin_patience.failures = static_cast<int>(1 + dice.below(6));
  world.pool.origin_patience.lasts = millis{dice.one_in(4) ? 0 : dice.between(500, 12'000)};
  const bool has_delay = !dice.one_in(4);
  world.pool.image.delay_min = millis{has_delay ? 100 : 0};
  world.pool.image.delay_max = millis{has_delay ? 400 : 0};
  world.pool.image.seed = world.seed;
  if (dice.one_in(5)) world.supervisor.max_jobs = dice.between(1, 4);
  if (dice.one_in(5)) world.supervisor.max_pending_images = dice.between(40, 120);
  world.timers_first = dice.one_in(2) ? 2 + dice.below(30) : 0;
}

void add_origins(scenario& world, fault_set present) {
  chance dice{world.seed, stream::origins};
  const auto count = 1 + dice.below(6);
  for (std::uint64_t i = 0; i < count; ++i) {
    origin_plan each;
    each.host = "o" + std::to_string(i) + ".test";
    each.address = "10.0.0." + std::to_string(dice.one_in(3) ? 0 : i);
    const auto kind = origin_faults[dice.below(std::size(origin_faults))];
    if (present.has(kind) && i > 0) each.behaviour = kind;  // the first is healthy
    world.origins.push_back(each);
  }
}

void add_jobs(scenario& world) {
  chance dice{world.seed, stream::jobs};
  const auto count = 1 + dice.below(7);
  const std::string mark = "/" + std::to_string(world.seed) + "/";
  for (std::uint64_t j = 0; j < count; ++j) {
    job_plan job;
    job.at = millis{dice.one_in(3) ? 0 : dice.between(0, busy_time.count() / 2)};
    const auto visits = 1 + dice.below(3);
    const auto most = dice.one_in(3) ? 1U : 30U;
    for (std::uint64_t v = 0; v < visits; ++v) {
      visit_plan visit;
      visit.store = dice.one_in(8)   ? unknown_store
                    : dice.one_in(5) ? passing_store
                                     : known_stores[dice.below(std::size(known_stores))];
      for (auto left = 1 + dice.below(most); left > 0; --left) {
        const auto name =
            "j" + std::to_string(j) + "v" + std::to_string(v) + "i" + std::to_string(left) + ".jpg";
        const auto& host = world.origins[dice.below(world.origins.size())].host;
        visit.urls.push_back((dice.one_in(25) ? invalid_url_mark : "http://") + host + mark + name);
      }
      job.visits.push_back(std::move(visit));
    }
    world.jobs.push_back(std::move(job));
  }
}

bool only_origins_are_at_fault(fault_set present) {
  for (const auto kind : origin_faults) present = present.without(kind);
  return present == fault_set::none();
}

/// Some worlds have few fetch slots, two jobs with many images, and a job that comes late: whether
/// turns go round shows only where they are scarce.
void add_newcomer(scenario& world, fault_set present) {
  chance dice{world.seed, stream::jobs, 2};
  if (!only_origins_are_at_fault(present) || !dice.one_in(2)) return;
  world.pool.images_in_flight = 24 + dice.below(80);
  world.pool.fetch_slots = 1 + dice.below(6);
  world.supervisor = {};
  world.timers_first = 0;
  for (int i = 0; i < 2; ++i) {
    visit_plan visit{known_stores[1], {}};
    for (auto left = 50 + dice.below(70); left > 0; --left) {
      visit.urls.push_back("http://" + world.origins[dice.below(world.origins.size())].host + "/" +
                           std::to_string(world.seed) + "/crowd" + std::to_string(i) + "-" +
                           std::to_string(left) + ".jpg");
    }
    auto& crowd = world.jobs.emplace_back();
    crowd.visits.push_back(std::move(visit));
  }
  world.origins.push_back({"quiet.test", "10.0.1.1", std::nullopt});
  job_plan job;
  job.at = millis{dice.between(1, busy_time.count() / 8)};
  job.visits.push_back(
      {known_stores[0], {"http://quiet.test/" + std::to_string(world.seed) + "/newcomer.jpg"}});
  world.newcomer = world.jobs.size();
  world.jobs.push_back(std::move(job));
}

/// Some jobs were stored by a version that did not number origins.
void choose_old_jobs(scenario& world) {
  chance dice{world.seed, stream::jobs, 3};
  for (auto& job : world.jobs) job.is_numbered = !dice.one_in(4);
}

/// A few worlds have a job that is stored slice by slice. Its images belong to a store that does
/// not exist: none is fetched, which keeps the world small.
void add_large_job(scenario& world) {
  chance dice{world.seed, stream::jobs, 1};
  if (!dice.one_in(25)) return;
  job_plan job;
  job.at = millis{dice.between(2, busy_time.count() / 2)};
  // An incident that may happen between its slices happens right before it. The incident is moved,
  // not the job, which is the same without the fault.
  const auto between = std::ranges::find_if(world.incidents, [](const incident& each) {
    return each.kind == fault::crash_in_commit || each.kind == fault::full_disk ||
           each.kind == fault::failing_statement || each.kind == fault::busy_storage;
  });
  if (between != world.incidents.end()) between->at = job.at - millis{1};
  std::ranges::stable_sort(world.incidents, {}, &incident::at);
  visit_plan visit{unknown_store, {}};
  const auto& host = world.origins.front().host;
  for (auto left = limits::slice_rows + 1 + dice.below(limits::slice_rows); left > 0; --left) {
    visit.urls.push_back("http://" + host + "/" + std::to_string(world.seed) + "/large" +
                         std::to_string(left) + ".jpg");
  }
  job.visits.push_back(std::move(visit));
  world.jobs.push_back(std::move(job));
  world.pool.images_in_flight = std::max<std::size_t>(world.pool.images_in_flight, 128);
}

void add_incidents(scenario& world) {
  chance dice{world.seed, stream::incidents};
  for (const auto kind : process_faults) {
    // All are drawn, also those that are left out, so that the others stay as they are.
    for (auto left = 1 + dice.below(kind == fault::crash ? 4 : 2); left > 0; --left) {
      incident each{millis{dice.between(1, busy_time.count())}, kind, dice.next()};
      // Some drains begin right behind a submission.
      if (kind == fault::drain && each.drawn % 2 == 0)
        each.at = world.jobs[each.drawn / 2 % world.jobs.size()].at;
      if (world.faults.has(kind)) world.incidents.push_back(each);
    }
  }
  std::ranges::stable_sort(world.incidents, {}, &incident::at);
}

/// An impatient client asks about its jobs, and submits each of them again: the same visits, other
/// pictures.
void add_impatience(scenario& world) {
  if (!world.faults.has(fault::impatient_client)) return;
  const auto submitted = world.jobs.size();
  for (std::size_t j = 0; j < submitted; ++j) {
    world.jobs[j].is_asked_about = true;
    if (j % 2 != 0 || j == world.newcomer || world.jobs[j].image_count() > limits::slice_rows)
      continue;
    auto again = world.jobs[j];
    for (auto& visit : again.visits) {
      for (auto& url : visit.urls) url += "?again";
    }
    world.jobs.push_back(std::move(again));
  }
}

/// The requests of clients about their jobs. All are drawn, also those that are left out, so that
/// the others stay as they are.
void add_requests(scenario& world) {
  for (std::size_t j = 0; j < world.jobs.size(); ++j) {
    auto& job = world.jobs[j];
    chance dice{world.seed, stream::clients, j};
    const bool cancels = dice.one_in(2);
    const millis after{dice.one_in(3) ? 0 : dice.between(0, 6000)};
    const auto redrives = static_cast<int>(dice.below(3));
    const millis redriven_after{dice.one_in(2) ? 0 : dice.between(0, 3000)};
    const bool has_key = dice.one_in(2) || job.image_count() > limits::slice_rows;
    if (world.faults.has(fault::client_cancels) && cancels) job.cancelled_after = after;
    if (world.faults.has(fault::client_redrives)) job.redrives = redrives;
    job.redriven_after = redriven_after;
    job.has_key = world.faults.has(fault::client_repeats_key) && has_key;
  }
}

}  // namespace

std::size_t job_plan::image_count() const {
  std::size_t count = 0;
  for (const auto& visit : visits) count += visit.urls.size();
  return count;
}

submission_ptr job_plan::submission() const {
  auto made = std::make_shared<retail_pulse::submission>();
  fetch::origin_numbers numbers;
  for (const auto& visit : visits) {
    for (const auto& url : visit.urls)
      made->add_url(url, is_numbered ? numbers.number_of(url) : not_numbered);
    made->add_visit(visit.store, "2026-01-02");
  }
  made->set_origins(numbers.origins());
  return made;
}

const origin_plan& scenario::origin_of(const std::string& url) const {
  const auto host = url.substr(0, url.find('/', url.find("://") + 3));
  const auto found = std::ranges::find_if(origins, [&](const origin_plan& each) {
    return host.ends_with(each.host) || host.ends_with(each.host + ":80");
  });
  require(found != origins.end(), "every URL of a scenario lies on one of its origins");
  return *found;
}

scenario scenario_of(std::uint64_t seed, fault_set allowed) {
  scenario world;
  world.seed = seed;
  const auto present = faults_of(seed);
  for (const auto& row : fault_table) {
    if (present.has(row.kind) && allowed.has(row.kind)) world.faults = world.faults.with(row.kind);
  }
  chance dice{seed, stream::scenario, 1};
  size_windows(world, dice);
  add_origins(world, world.faults);
  add_jobs(world);
  add_incidents(world);
  add_newcomer(world, present);
  if (!world.newcomer) add_large_job(world);
  choose_old_jobs(world);
  add_impatience(world);
  add_requests(world);
  world.calm_at = busy_time + millis{10'000};
  return world;
}

}  // namespace retail_pulse::simulation
