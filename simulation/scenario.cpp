#include "simulation/scenario.hpp"

#include <algorithm>
#include <iterator>
#include <map>

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
                                   fault::circular_origin,   fault::absent_origin,
                                   fault::dying_origin,      fault::silent_urls};

/// Those with which origins are away, or seem to be.
constexpr fault absences[] = {fault::absent_origin, fault::dying_origin, fault::silent_urls,
                              fault::dead_origin, fault::refusing_origin};

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

constexpr fault storage_faults[] = {fault::slow_storage, fault::busy_storage,
                                    fault::failing_statement, fault::full_disk};

/// Clients submit and incidents happen within this.
constexpr millis busy_time{20'000};
/// The longest patience, or worlds of few slots would take too long.
constexpr millis borne_at_most{3'600'000};

bool is_of_origins(fault kind) {
  return std::ranges::find(origin_faults, kind) != std::end(origin_faults);
}

bool only_origins_are_at_fault(fault_set present) {
  for (const auto kind : origin_faults) present = present.without(kind);
  return present == fault_set::none();
}

/// A quarter of the worlds are about origins that are away.
bool is_about_absences(std::uint64_t seed) { return seed % 4 == 0; }

/// Most of the faults with which origins are away. In half of these worlds only image hosts fail,
/// and nothing else lengthens a wait; in the others storage fails or hangs meanwhile.
fault_set absences_of(chance& dice) {
  auto found = fault_set::none();
  for (const auto kind : absences) {
    if (!dice.one_in(3)) found = found.with(kind);
  }
  if (dice.one_in(2)) return found;
  for (const auto& row : fault_table) {
    if (dice.one_in(8)) found = found.with(row.kind);
  }
  return found.with(storage_faults[dice.below(std::size(storage_faults))]);
}

/// Each world has some of the faults; a few worlds have none, and a few have all.
fault_set faults_of(std::uint64_t seed) {
  chance dice{seed, stream::scenario};
  if (is_about_absences(seed)) return absences_of(dice);
  const auto wildness = dice.below(10);
  if (wildness == 0) return fault_set::none();
  if (wildness == 9) return fault_set::all();
  const auto only_of_origins =
      wildness == 1;  // in these worlds it shows whether every job has its turn
  auto found = fault_set::none();
  for (const auto& row : fault_table) {
    if (dice.one_in(wildness < 5 ? 6 : 3) && (!only_of_origins || is_of_origins(row.kind)))
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

constexpr error_code ways_to_be_away[] = {error_code::connect_failed, error_code::dns_failed,
                                          error_code::timed_out};

void draw_absence(origin_plan& of, chance& dice) {
  of.absence = ways_to_be_away[dice.below(std::size(ways_to_be_away))];
  of.round = millis{dice.one_in(2) ? 8'000 : 24'000};
  // At the start, or while its first images are fetched, or later.
  of.dies_at =
      millis{dice.one_in(4) ? 0 : dice.between(0, dice.one_in(3) ? busy_time.count() : 1500)};
  of.silent_percent = static_cast<unsigned>(dice.between(3, 30));
}

void add_origins(scenario& world) {
  chance dice{world.seed, stream::origins};
  const auto count = 1 + dice.below(6);
  for (std::uint64_t i = 0; i < count; ++i) {
    origin_plan each;
    each.host = "o" + std::to_string(i) + ".test";
    each.address = "10.0.0." + std::to_string(dice.one_in(3) ? 0 : i);
    const auto kind = origin_faults[dice.below(std::size(origin_faults))];
    draw_absence(each, dice);
    if (world.faults.has(kind) && i > 0) each.behaviour = kind;  // the first is healthy
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

/// Few or many origins, of which some share an address, and about half are faulty.
void add_origins_that_are_away(scenario& world, fault_set present, chance& dice, bool is_wide) {
  const auto count = is_wide ? limits::origins_page + 1 + dice.below(100) : 2 + dice.below(5);
  const auto addresses = 1 + dice.below(2 * count);
  std::vector<fault> kinds;
  std::ranges::copy_if(absences, std::back_inserter(kinds),
                       [&](fault kind) { return present.has(kind); });
  if (kinds.empty()) kinds.push_back(fault::dying_origin);
  world.origins.clear();
  for (std::uint64_t i = 0; i < count; ++i) {
    origin_plan each;
    each.host = "o" + std::to_string(i) + ".test";
    each.address = "10.0.0." + std::to_string(dice.below(addresses));
    draw_absence(each, dice);
    const auto kind = kinds[dice.below(kinds.size())];
    const bool is_faulty = dice.one_in(2) && present.has(kind) && i > 0;  // the first is healthy
    if (is_faulty && world.faults.has(kind)) each.behaviour = kind;
    each.is_borne = is_faulty && kind == fault::silent_urls;
    world.origins.push_back(each);
  }
}

/// A job with one image at each of these origins, and more at some of them.
job_plan job_at(const scenario& world, const std::string& name, std::size_t origins,
                std::uint64_t more, chance& dice) {
  visit_plan visit{known_stores[dice.below(std::size(known_stores))], {}};
  const auto add = [&](std::size_t origin) {
    visit.urls.push_back("http://" + world.origins[origin].host + "/" + std::to_string(world.seed) +
                         "/" + name + "i" + std::to_string(visit.urls.size()) + ".jpg");
  };
  for (std::size_t i = 0; i < origins; ++i) add(i);
  for (; more > 0; --more) add(dice.below(world.origins.size()));
  job_plan job;
  job.visits.push_back(std::move(visit));
  return job;
}

/// So many jobs at one origin, with so many credits, that it has images enough waiting.
void add_crowded_origin(scenario& world, chance& dice) {
  world.supervisor = {};
  world.pool.images_in_flight = 256 + dice.below(128);
  world.pool.fetch_slots = 1 + dice.below(world.pool.images_in_flight);
  world.origins.resize(1);
  world.jobs.clear();
  for (auto left = 6 + dice.below(3); left > 0; --left) {
    const auto images =
        dice.one_in(2) ? 40 + dice.below(20) : limits::page_images + 1 + dice.below(20);
    world.jobs.push_back(job_at(world, "crowd" + std::to_string(left), 0, images, dice));
  }
}

/// A world about absences has a job of more origins than one page of them has, or of more images
/// than one page has at few of them; and jobs that come later, the last one perhaps to origins that
/// have been away for long.
void add_absences(scenario& world, fault_set present) {
  if (!is_about_absences(world.seed)) return;
  chance dice{world.seed, stream::origins, 1};
  if (dice.one_in(8)) return add_crowded_origin(world, dice);
  const bool is_wide = dice.one_in(4);
  add_origins_that_are_away(world, present, dice, is_wide);
  auto& pool = world.pool;
  if (dice.one_in(2)) {  // such windows that a turn is a page, and that slots are free
    pool.images_in_flight = 64 + dice.below(193);
    pool.fetch_slots = 8 + dice.below(pool.images_in_flight - 8);
  }
  if (const auto much = dice.below(4); much < 2) {
    pool.origin_patience.lasts = limits::default_origin_patience;
  } else if (much == 2) {
    pool.origin_patience.lasts = millis{0};
  }
  if (dice.one_in(2)) world.timers_first = 0;
  world.supervisor = {};
  world.jobs.clear();
  auto large = job_at(world, "large", is_wide ? world.origins.size() : 0,
                      is_wide ? dice.below(40) : limits::page_images + 1 + dice.below(60), dice);
  large.is_numbered = !dice.one_in(4);
  world.jobs.push_back(std::move(large));
  for (auto left = 1 + dice.below(2); left > 0; --left) {
    auto small = job_at(world, "small" + std::to_string(left), 0, 1 + dice.below(12), dice);
    small.at = millis{dice.between(1, busy_time.count())};
    world.jobs.push_back(std::move(small));
  }
  auto late = job_at(world, "late", is_wide ? 0 : world.origins.size(), 1 + dice.below(20), dice);
  // When patience with an origin that has died is about to end, or at any time.
  const auto& one = world.origins[dice.below(world.origins.size())];
  const auto end = one.dies_at + pool.origin_patience.lasts;
  const millis before{dice.between(0, 3000)};
  late.at = dice.one_in(2)
                ? std::max(millis{1}, end - before)
                : millis{dice.between(1, (pool.origin_patience.lasts + busy_time).count())};
  world.jobs.push_back(std::move(late));
  // What storage does to a job whose origin is given up shows only at that moment.
  for (auto& each : world.incidents) {
    if (std::ranges::find(storage_faults, each.kind) != std::end(storage_faults) &&
        each.drawn % 4 != 0)
      each.at = end + limits::probe_pause - millis{dice.between(0, 1500)};
  }
  std::ranges::stable_sort(world.incidents, {}, &incident::at);
}

/// How long an outage lasts in which so many probes in a row fail by silence.
millis time_of_probes(std::uint64_t failing) {
  millis away{0};
  for (; failing > 0; --failing)
    away += std::clamp(away / 8, limits::probe_pause, limits::probe_pause_cap) +
            limits::default_fetch_deadline;
  return away;
}

/// Makes patience with a host of silent URLs so long that a probe could fail for each of these, and
/// for each job that has no others, though other silent hosts take the slots meanwhile. A probe is
/// an image that was never tried, while its job has any.
void bear_silent_urls(scenario& world) {
  auto& patience = world.pool.origin_patience.lasts;
  std::size_t images = 0;
  std::map<std::string, std::uint64_t> silent;
  for (const auto& job : world.jobs) {
    for (const auto& visit : job.visits) {
      if (visit.store == unknown_store) continue;  // none is fetched
      images += visit.urls.size();
      for (const auto& url : visit.urls) {
        const auto& origin = world.origin_of(url);
        if (origin.is_borne && origin.would_be_silent_at(url)) ++silent[origin.host];
      }
    }
  }
  const auto others =
      limits::default_fetch_deadline *
      (images * static_cast<std::size_t>(world.pool.attempts) / world.pool.fetch_slots);
  for (auto& origin : world.origins) {
    if (patience.count() == 0) origin.is_borne = false;
    if (!origin.is_borne) continue;
    const millis needed = time_of_probes(silent[origin.host] + world.jobs.size()) + others;
    origin.is_borne = needed <= borne_at_most;
    if (!origin.is_borne) continue;
    patience = std::max(patience, needed);
  }
}

/// Some worlds have few fetch slots, two jobs with many images, and a job that comes late: whether
/// turns go round shows only where they are scarce.
void add_newcomer(scenario& world, fault_set present) {
  chance dice{world.seed, stream::jobs, 2};
  if (is_about_absences(world.seed) || !only_origins_are_at_fault(present) || !dice.one_in(2))
    return;
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

/// A few worlds have a job that is stored slice by slice. Its images belong to a store that does
/// not exist: none is fetched, which keeps the world small.
void add_large_job(scenario& world, fault_set present) {
  chance dice{world.seed, stream::jobs, 1};
  if (is_about_absences(world.seed) || !dice.one_in(present.has(fault::busy_storage) ? 6 : 25))
    return;
  job_plan job;
  job.at = millis{dice.between(2, busy_time.count() / 2)};
  // An incident that may happen between its slices happens right before it. The incident is moved,
  // not the job, which is the same without the fault.
  for (auto& each : world.incidents) {
    if (each.kind == fault::busy_storage) each.drawn &= ~std::uint64_t{1};  // behind a commit
    if (each.kind == fault::busy_storage || each.kind == fault::crash_in_commit) {
      each.at = job.at - millis{1};
      break;
    }
  }
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

/// What a start does not read counts only while jobs are ongoing, and the next start reads it. So
/// the last crash comes soon after the last submission.
void fail_reads_after_last_crash(scenario& world) {
  const auto reads = std::ranges::find_if(world.incidents, [](const incident& each) {
    return each.kind == fault::failing_reads && each.drawn % 3 == 0;
  });
  if (reads == world.incidents.end()) return;
  millis last{0};
  for (const auto& job : world.jobs) last = std::max(last, job.at);
  last += millis{1 + reads->drawn % 300};
  bool crashes = false;
  for (auto& each : world.incidents) {
    if (each.kind != fault::crash) continue;
    each.at = crashes ? std::min(each.at, last) : last;
    crashes = true;
  }
  if (crashes) reads->at = last - millis{1};
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
  fail_reads_after_last_crash(world);
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

/// A job actor that dies soon after its job was cancelled, while images are in flight.
void kill_behind_cancel(scenario& world) {
  const auto kill = std::ranges::find(world.incidents, fault::job_actor_dies, &incident::kind);
  if (kill == world.incidents.end()) return;
  for (const auto& job : world.jobs) {
    if (!job.cancelled_after) continue;
    kill->at = job.at + *job.cancelled_after + millis{1 + kill->drawn % 200};
    std::ranges::stable_sort(world.incidents, {}, &incident::at);
    return;
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
  kill_behind_cancel(world);
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

bool origin_plan::would_be_silent_at(const std::string& url) const {
  return number_of(url) % 100 < silent_percent;
}

const origin_plan& scenario::origin_of(const std::string& url) const {
  const auto host = url.substr(0, url.find('/', url.find("://") + 3));
  const auto found = std::ranges::find_if(origins, [&](const origin_plan& each) {
    return host.ends_with(each.host) || host.ends_with(each.host + ":80");
  });
  require(found != origins.end(), "every URL of a scenario lies on one of its origins");
  return *found;
}

bool scenario::only_hosts_fail() const { return only_origins_are_at_fault(faults); }

millis scenario::slots_go_round() const {
  return (1 + origins.size() * pool.origin_connections / pool.fetch_slots) *
         limits::default_fetch_deadline;
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
  add_origins(world);
  add_jobs(world);
  add_incidents(world);
  add_absences(world, present);
  add_newcomer(world, present);
  if (!world.newcomer) add_large_job(world, present);
  add_impatience(world);
  add_requests(world);
  bear_silent_urls(world);
  world.calm_at = busy_time + millis{10'000};
  return world;
}

}  // namespace retail_pulse::simulation
