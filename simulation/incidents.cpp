#include "simulation/incidents.hpp"

#include <string>
#include <utility>

#include "core/limits.hpp"
#include "simulation/cast.hpp"

namespace retail_pulse::simulation {
namespace {

constexpr int too_many_deaths = limits::job_restarts + 2;

}  // namespace

void incidents::process_starts() {
  for (std::size_t i = next_; i < world_.plan.incidents.size(); ++i) {
    const auto& each = world_.plan.incidents[i];
    const auto& info = fault_table[static_cast<std::size_t>(each.kind)];
    world_.process->at(each.at, outside::simulation, std::string{info.name} + " is due", [this, i] {
      next_ = i + 1;
      begin(world_.plan.incidents[i]);
    });
  }
}

void incidents::begin(const incident& what) {
  auto& process = *world_.process;
  if (world_.now() >= world_.plan.calm_at) return;
  world_.tell.note("fault", static_cast<std::uint64_t>(what.kind), what.drawn, [&] {
    const auto& info = fault_table[static_cast<std::size_t>(what.kind)];
    return std::string{info.name} + ": " + std::string{info.meaning};
  });
  const millis lasting{static_cast<std::int64_t>(100 + what.drawn % 4000)};
  const auto end = world_.now() + lasting;
  switch (what.kind) {
    case fault::slow_storage:
      return process.hold_ledger(end);
    case fault::failing_reads:
      return what.drawn % 3 == 0 ? world_.reading.fail_at_next_start(lasting)
                                 : world_.reading.fail_until(end);
    case fault::crash:
      world_.ends = ending::at_once;
      return;
    case fault::clock_jump:
      world_.wall_offset = millis{static_cast<std::int64_t>(what.drawn % 7'200'000) - 3'600'000};
      return;
    case fault::store_master_reload:
      world_.watched.store_comes_or_goes();
      reload(false);
      return process.at(end, outside::simulation, "the store comes back", [this] { reload(true); });
    case fault::unknown_commit:
      if (world_.plan.faults.has(fault::client_redrives) && what.drawn % 4 != 0)
        return world_.writing.hide_next_failure();
      return world_.writing.begin(what);
    case fault::drain:
      return drain();
    case fault::job_actor_dies:
      if (what.drawn % 3 == 1) return kill_one_that_records(what.drawn);
      if (what.drawn % 3 == 0) return kill_all(too_many_deaths);
      world_.watched.job_actor_was_killed();
      return process.kill_a_job_actor(what.drawn);
    default:
      return world_.writing.begin(what);
  }
}

void incidents::reload(bool passing) {
  world_.stores = stores_with(passing);
  world_.process->reload(world_.stores);
}

void incidents::kill_one_that_records(std::uint64_t drawn) {
  world_.watched.job_actor_was_killed();
  const bool only_with_last_results = drawn % 2 == 0;
  world_.process->kill_next_that_records(
      [this, only_with_last_results](job_id id, std::size_t results) {
        const auto status = world_.database.reader.status(id);
        return !only_with_last_results ||
               (status && status->images.pending() == static_cast<std::int64_t>(results));
      });
}

/// So often that the jobs are given up.
void incidents::kill_all(int times) {
  world_.watched.job_actors_die_often();
  world_.process->kill_all_job_actors();
  // With the last deaths but one, closing the jobs is the first thing that storage refuses.
  if (times == 2 && world_.plan.faults.has(fault::busy_storage))
    world_.writing.begin({world_.now(), fault::busy_storage, 1000});
  if (times > 1) {
    world_.process->at(world_.now() + millis{20}, outside::simulation, "all job actors die again",
                       [this, times] { kill_all(times - 1); });
  }
}

void incidents::drain() {
  if (std::exchange(draining_in_, world_.lives) == world_.lives) return;
  clients_.drain_begins();
  world_.process->drain([this, began = world_.now()](const actors::load_report&) {
    if (world_.answers_are_lost) return;
    world_.tell.note("drained", 0, 0);
    check_drain(began);
    world_.ends = ending::in_order;
  });
}

void incidents::check_drain(millis began) {
  if (clients_.any_waits_since_drain())
    world_.broken("a drain ended before a client had its answer");
  // After its timeout images may be left in flight, or without a recorded result.
  if (world_.now() - began >= limits::default_drain) return;
  if (world_.process->gauges().images_in_flight != 0)
    return world_.broken("a drain ended before the images in flight were reported");
  world_.watched.drained(world_.database.reader, world_.now());
}

}  // namespace retail_pulse::simulation
