#include "simulation/world.hpp"

#include <algorithm>
#include <string>

#include "simulation/cast.hpp"

namespace retail_pulse::simulation {
namespace {

constexpr std::uint64_t most_steps = 2'000'000;  ///< a world that needs more does not end
constexpr millis longest{4 * 3'600'000};  ///< nor does one that lasts longer, in virtual time

}  // namespace

progress& this_threads_progress() {
  thread_local progress here;
  return here;
}

world::world(const options& wanted)
    : shared_{wanted},
      clients_{shared_},
      incidents_{shared_, clients_},
      schedule_{shared_.plan.seed, stream::schedule},
      most_steps_{std::min(wanted.steps, most_steps)},
      stops_as_wanted_{wanted.steps < most_steps} {
  this_threads_progress() = {shared_.plan.seed, 0};
}

world::~world() {
  shared_.answers_are_lost = true;
  shared_.process.reset();
}

outcome world::run() {
  shared_.tell.note("seed", shared_.plan.seed, 0,
                    [&] { return "faults: " + shared_.plan.faults.text(); });
  while (is_open() && !is_finished()) live();
  if (is_open()) conclude();
  return {shared_.tell.violation(),
          steps_,
          shared_.tell.hash(),
          shared_.plan.faults,
          shared_.watched.accepted_jobs(),
          shared_.watched.images_done(),
          shared_.lives};
}

bool world::is_finished() {
  return clients_.are_finished() && incidents_.are_over() &&
         shared_.watched.all_have_ended(shared_.database.reader);
}

// --- one life -----------------------------------------------------------------------------------

void world::start() {
  shared_.reading.process_starts();
  while (!shared_.process) open_process();
  ++shared_.lives;
  shared_.tell.now_is(shared_.now());
  shared_.tell.note("start", shared_.lives, 0,
                    [&] { return "life " + std::to_string(shared_.lives); });
  shared_.web.serve(&*shared_.process);
  clients_.process_starts();
  incidents_.process_starts();
  shared_.process->at(shared_.plan.calm_at, outside::simulation, "every fault of storage is over",
                      [this] { shared_.writing.calm(); });
  if (shared_.now() >= shared_.plan.calm_at) shared_.writing.calm();
}

/// A process that cannot open its database ends, and is started again a second later.
void world::open_process() {
  try {
    const life::surroundings around{shared_.plan,
                                    shared_.where,
                                    shared_.web,
                                    shared_.writing,
                                    shared_.reading,
                                    shared_.tell,
                                    [this] { return shared_.wall_time(); },
                                    shared_.stores};
    shared_.process.emplace(around, shared_.between_lives);
  } catch (const storage::storage_error&) {
    shared_.between_lives += millis{1000};
    shared_.tell.now_is(shared_.between_lives);
    if (shared_.between_lives >= shared_.plan.calm_at) shared_.writing.calm();
  }
}

/// Until the process ends or everything is done.
void world::live() {
  start();
  auto& ends = shared_.ends;
  while (is_open() && !ends && !(shared_.now() >= shared_.plan.calm_at && is_finished())) step();
  // A slice of a submission whose commit was hidden is deleted by the next start.
  if (!ends) come_to_rest(shared_.plan.faults.has(fault::unknown_commit));
  if (!is_open()) return end_at_once();
  if (ends == ending::in_order || !ends) {
    end_in_order();
  } else {
    shared_.tell.note("crash", 0, 0);
    end_at_once();
  }
  ends.reset();
}

void world::step() {
  ++this_threads_progress().steps;
  shared_.tell.step_is(++steps_);
  if (!shared_.process->step(schedule_)) return check_standstill();
  if (shared_.writing.commits() != commits_seen_) {
    commits_seen_ = shared_.writing.commits();
    shared_.watched.look_at(shared_.database.reader, shared_.now());
  }
  shared_.watched.look_at(shared_.process->gauges(), shared_.process->longest_mailbox(),
                          shared_.now());
  if (shared_.writing.crash_wanted()) shared_.ends = ending::at_once;
  if (shared_.now() > longest) broken("the world does not come to its end");
  if (steps_ == most_steps_ && !stops_as_wanted_) broken("the world does not come to its end");
}

/// There is neither a message nor a timer.
void world::check_standstill() {
  if (!shared_.watched.only_unanswered_are_ongoing(shared_.database.reader))
    return broken("nothing goes on although jobs are ongoing");
  if (clients_.any_waits()) return broken("nothing goes on although a client waits for its answer");
  shared_.ends = ending::at_once;
}

void world::end_at_once() {
  shared_.between_lives = shared_.now();
  shared_.web.serve(nullptr);
  shared_.answers_are_lost = true;
  shared_.process.reset();
  shared_.answers_are_lost = false;
  // What the ledger was writing may have been committed.
  shared_.watched.look_at(shared_.database.reader, shared_.between_lives);
  shared_.watched.process_ends(shared_.between_lives);
  shared_.writing.crashed();
}

void world::end_in_order() {
  shared_.between_lives = shared_.now();
  shared_.web.serve(nullptr);
  shared_.answers_are_lost = true;
  const auto left = shared_.process->end();
  shared_.answers_are_lost = false;
  if (left != 0) broken(std::to_string(left) + " actors live after the end");
  shared_.process.reset();
  shared_.watched.look_at(shared_.database.reader, shared_.between_lives);
  shared_.watched.process_ends(shared_.between_lives);
}

// --- the end ------------------------------------------------------------------------------------

void world::ask_for_load() {
  shared_.process->load([this](std::optional<actors::load_report> report) {
    if (!shared_.answers_are_lost) load_ = report;
  });
  shared_.process->at(shared_.now() + millis{500}, outside::simulation,
                      "asks how busy the service is", [this] { ask_for_load(); });
}

bool world::is_at_rest(bool orphans_may_stay) {
  if (!load_ || load_->at != actors::phase::ready) return false;
  if (load_->ongoing_jobs != 0 || load_->pending_images != 0) return false;
  const auto gauges = shared_.process->gauges();
  if (gauges.images_in_flight != 0 || gauges.fetches != 0 || gauges.images_held != 0) return false;
  auto& database = shared_.database.reader;
  return shared_.watched.all_have_ended(database) &&
         (orphans_may_stay || database.staging_jobs().empty());
}

/// Every count goes to zero, also in a life that has seen faults, and nothing is left of
/// submissions that were not stored to their end.
void world::come_to_rest(bool orphans_may_stay) {
  load_.reset();
  ask_for_load();
  const auto latest = shared_.now() + rest_within;
  while (is_open() && !shared_.ends && !is_at_rest(orphans_may_stay) && shared_.now() < latest)
    step();
  if (!is_open() || shared_.ends) return;
  if (!load_) return broken("the supervisor does not answer");
  shared_.watched.rests(shared_.database.reader, *load_, shared_.process->gauges(),
                        orphans_may_stay);
}

/// A last life without faults: recovery finds what a commit hid from the process before.
void world::conclude() {
  shared_.is_concluding = true;
  shared_.writing.calm();
  start();
  come_to_rest(false);
  if (is_open()) {
    shared_.watched.conclude(shared_.database.reader);
    incidents_.drain();
    while (is_open() && !shared_.ends) step();
  }
  is_open() ? end_in_order() : end_at_once();
}

}  // namespace retail_pulse::simulation
