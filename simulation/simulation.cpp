#include "simulation/simulation.hpp"

#include <algorithm>
#include <atomic>
#include <exception>
#include <memory>
#include <optional>
#include <vector>

#include "simulation/imaginary_web.hpp"
#include "simulation/life.hpp"
#include "simulation/scenario.hpp"
#include "simulation/story.hpp"
#include "simulation/witness.hpp"
#include "storage/repository.hpp"

namespace retail_pulse::simulation {
namespace {

using actors::control_outcome;
using actors::submit_outcome;

constexpr std::uint64_t most_steps = 2'000'000;  ///< a world that needs more does not come to its end
constexpr millis rest_within{600'000};  ///< after the last verdict, in virtual time: some deletions and answers are still on their way
constexpr int too_many_deaths = limits::job_restarts + 2;
constexpr millis watched_every{200};      ///< a client that wishes to redrive looks so often whether its job has failed
constexpr millis longest{4 * 3'600'000};  ///< and so does one that lasts longer, in virtual time

thread_local progress here;

storage::location new_database() {
  static std::atomic<std::uint64_t> count = 0;
  return storage::location::shared_memory("simulation " + std::to_string(++count));
}

stores::store_table_ptr stores_with(bool passing) {
  std::vector<stores::store> rows;
  for (const char* id : known_stores) rows.push_back({id, "name", "area"});
  if (passing) rows.push_back({passing_store, "name", "area"});
  return std::make_shared<const stores::store_table>(std::move(rows));
}

/// A client on its way to a `201`, and with its wishes behind it. It outlives the process that it talks to.
struct client {
  const job_plan* job = nullptr;
  std::string key;  ///< empty: none
  std::optional<job_id> id;
  bool waits_for_answer = false;
  bool has_given_up = false;
  int tries = 0;
  std::uint64_t was_there_before_drain_in = 0;  ///< the life whose drain began while this client waited for an answer
  bool waits_for_cancel = false;
  bool cancel_is_done = false;
  bool waits_for_redrive = false;
  int redrives_left = 0;
  bool redrive_failed = false;  ///< storage refused one, or nobody answered: it may have been done
  bool waits() const { return waits_for_answer || waits_for_cancel || waits_for_redrive; }
};

class world {
 public:
  explicit world(const options& wanted)
      : plan_{scenario_of(wanted.seed, wanted.allowed)},
        story_{wanted.trace},
        most_steps_{std::min(wanted.steps, most_steps)},
        stops_at_wish_{wanted.steps < most_steps},
        database_{storage::writer{where_, {millis{0}, nullptr}}, storage::reader{where_, {millis{0}, nullptr}}},
        witness_{plan_, story_},
        writing_{story_, [this] { return now(); }},
        reading_{[this] { return now(); }},
        web_{plan_, witness_, story_},
        schedule_{plan_.seed, stream::schedule} {
    here = {plan_.seed, 0};
    for (const auto& job : plan_.jobs) {
      client& made = clients_.emplace_back();
      made.job = &job;
      made.redrives_left = job.redrives;
      if (job.has_key) made.key = "key " + std::to_string(clients_.size());
    }
  }

  outcome run() {
    story_.note("seed", plan_.seed, 0, [&] { return "faults: " + plan_.faults.text(); });
    while (is_open() && !is_finished()) live();
    if (is_open()) conclude();
    return {story_.violation(), steps_, story_.hash(), plan_.faults, witness_.accepted_jobs(), witness_.images_done(), lives_};
  }

 private:
  /// The database lives as long as one session of it.
  struct sessions {
    storage::writer keeper;
    storage::reader reader;
  };

  bool is_open() const { return story_.violation().empty() && steps_ < most_steps_; }
  millis now() { return life_ ? life_->now() : between_lives_; }
  unix_millis wall_time() { return unix_millis{1'700'000'000'000} + now() + wall_offset_; }

  // --- lives ---

  /// A process that cannot open its database ends, and whoever looks after it starts it again.
  void start() {
    reading_.process_starts();
    while (!life_) {
      try {
        life_.emplace(life::surroundings{plan_, where_, web_, writing_, reading_, story_, [this] { return wall_time(); }, stores_},
                      between_lives_);
      } catch (const storage::storage_error&) {
        between_lives_ += millis{1000};
        story_.now_is(between_lives_);
        if (between_lives_ >= plan_.calm_at) writing_.calm();
      }
    }
    ++lives_;
    story_.now_is(now());
    story_.note("start", lives_, 0);
    web_.serve(&*life_);
    for (auto& each : clients_) {
      each.waits_for_answer = each.waits_for_cancel = false;
      if (std::exchange(each.waits_for_redrive, false)) each.redrive_failed = true;
      if (!each.id && !each.has_given_up) life_->at(each.job->at, [this, &each] { submit(each); });
      if (each.id && each.job->is_asked_about) ask_again(each);
      if (each.id) wish(each, now() + millis{200});
      if (!each.key.empty() && !is_concluding_) repeat(each);
    }
    for (std::size_t i = next_incident_; i < plan_.incidents.size(); ++i) {
      life_->at(plan_.incidents[i].at, [this, i] {
        next_incident_ = i + 1;
        begin(plan_.incidents[i]);
      });
    }
    life_->at(plan_.calm_at, [this] { writing_.calm(); });
    if (now() >= plan_.calm_at) writing_.calm();
  }

  /// One life, until the process ends or everything is done.
  void live() {
    start();
    while (is_open() && !ends_ && !(now() >= plan_.calm_at && is_finished())) step();
    if (!ends_) come_to_rest(plan_.faults.has(fault::unknown_commit));  // a slice of one that was hidden goes with the next start
    if (!is_open()) return end_at_once();
    if (ends_ == ending::in_order || !ends_) {
      end_in_order();
    } else {
      story_.note("crash", 0, 0);
      end_at_once();
    }
    ends_.reset();
  }

  void step() {
    ++here.steps;
    ++steps_;
    if (!life_->step(schedule_)) {
      if (!witness_.only_unanswered_are_ongoing(database_.reader)) return broken("nothing goes on although jobs are ongoing");
      if (std::ranges::any_of(clients_, &client::waits)) return broken("nothing goes on although a client waits for its answer");
      ends_ = ending::at_once;
      return;
    }
    if (writing_.commits() != commits_seen_) {
      commits_seen_ = writing_.commits();
      witness_.look_at(database_.reader, now());
    }
    witness_.look_at(life_->gauges(), life_->longest_mailbox());
    if (writing_.crash_wanted()) ends_ = ending::at_once;
    if (now() > longest) broken("the world does not come to its end");
    if (steps_ == most_steps_ && !stops_at_wish_) broken("the world does not come to its end");
  }

  void end_at_once() {
    between_lives_ = now();
    web_.serve(nullptr);
    is_deaf_ = true;  // whatever is answered while the process ends reaches nobody
    life_.reset();
    is_deaf_ = false;
    witness_.look_at(database_.reader, between_lives_);  // what the ledger had in hand may have been written
    witness_.process_ends();
    writing_.crashed();
  }

  void end_in_order() {
    between_lives_ = now();
    web_.serve(nullptr);
    is_deaf_ = true;
    const auto left = life_->end();
    is_deaf_ = false;
    if (left != 0) broken(std::to_string(left) + " actors live after the end");
    life_.reset();
    witness_.look_at(database_.reader, between_lives_);
    witness_.process_ends();
  }

  bool is_finished() {
    for (const auto& each : clients_) {
      if ((!each.id && !each.has_given_up) || each.waits()) return false;
    }
    return between_incidents() && witness_.all_have_ended(database_.reader);
  }
  bool between_incidents() { return next_incident_ == plan_.incidents.size() || now() >= plan_.calm_at; }

  void ask_for_load() {
    life_->load([this](std::optional<actors::load_report> report) {
      if (!is_deaf_) load_ = report;
    });
    life_->at(now() + millis{500}, [this] { ask_for_load(); });
  }

  /// Every count goes to zero, also in a life that has seen faults, and nothing is left of submissions that did not come to their end.
  void come_to_rest(bool orphans_may_stay) {
    load_.reset();
    ask_for_load();
    const auto latest = now() + rest_within;
    const auto counts = [&] { return std::pair{load_->ongoing_jobs, load_->pending_images}; };
    const auto windows_are_free = [&] {
      const auto gauges = life_->gauges();
      return gauges.images_in_flight == 0 && gauges.fetches == 0 && gauges.images_held == 0;
    };
    const auto is_at_rest = [&] {
      return load_ && load_->at == actors::phase::ready && counts() == std::pair{std::int64_t{0}, std::int64_t{0}} && windows_are_free() &&
             witness_.all_have_ended(database_.reader) && (orphans_may_stay || database_.reader.staging_jobs().empty());
    };
    while (is_open() && !ends_ && !is_at_rest() && now() < latest) step();
    if (!is_open() || ends_) return;
    if (!load_) return broken("the supervisor does not answer");
    witness_.rests(database_.reader, *load_, life_->gauges(), orphans_may_stay);
  }

  /// A last life without faults: what a commit hid from the process before is found by recovery.
  void conclude() {
    is_concluding_ = true;
    writing_.calm();
    start();
    come_to_rest(false);
    if (is_open()) {
      witness_.conclude(database_.reader);
      drain();
      while (is_open() && !ends_) step();
    }
    is_open() ? end_in_order() : end_at_once();
  }

  // --- clients ---

  void submit(client& who) {
    if (who.id || who.waits_for_answer) return;
    who.waits_for_answer = true;
    ++who.tries;
    send(who, [this, &who](const submit_outcome& answer) {
      if (is_deaf_) return;  // the process ended: whether the job is stored is not known
      who.waits_for_answer = false;
      take_answer(who, answer);
    });
  }

  void send(const client& who, std::function<void(submit_outcome)> answer) {
    const auto key = who.key.empty() ? no_key : submission_key{who.key, "its own"};
    life_->submit(who.job->submission(), key, std::move(answer));
  }

  /// Once more under the same key, at a moment of its own, and once with another body.
  void repeat(client& who) {
    chance dice{plan_.seed, stream::clients, mix(lives_) ^ static_cast<std::uint64_t>(who.job - plan_.jobs.data())};
    const auto when = std::max(now(), who.job->at);
    life_->at(when + millis{dice.one_in(2) ? 0 : dice.between(0, 3000)}, [this, &who] {
      send(who, [this, &who](const submit_outcome& answer) {
        if (!is_deaf_ && (answer.what == submit_outcome::kind::accepted || answer.what == submit_outcome::kind::replayed))
          take_id(who, answer);
        if (!is_deaf_ && answer.what == submit_outcome::kind::key_used) broken("a submission is called another than itself");
      });
    });
    life_->at(when + millis{dice.between(0, 6000)}, [this, &who] {
      if (!who.id) return;  // or it might be the first
      life_->submit(who.job->submission(), submission_key{who.key, "another"}, [this](const submit_outcome& answer) {
        if (!is_deaf_ && (answer.what == submit_outcome::kind::accepted || answer.what == submit_outcome::kind::replayed))
          broken("another submission was taken under a key that is used");
      });
    });
  }

  void take_id(client& who, const submit_outcome& answer) {
    if (who.id) {
      if (*who.id != answer.id || answer.what == submit_outcome::kind::accepted) broken("one key has led to two jobs");
      return;
    }
    who.id = answer.id;
    witness_.accepted(answer.id, *who.job, database_.reader, now());
    if (who.job->is_asked_about) ask_again(who);
    wish(who, now());
  }

  void take_answer(client& who, const submit_outcome& answer) {
    who.was_there_before_drain_in = 0;
    if (answer.what == submit_outcome::kind::accepted || answer.what == submit_outcome::kind::replayed) {
      if (who.key.empty() && answer.what == submit_outcome::kind::replayed) broken("a submission without a key is taken for another");
      return take_id(who, answer);
    }
    story_.note("refused", static_cast<std::uint64_t>(answer.what), 0, [&] { return answer.detail; });
    if (answer.what == submit_outcome::kind::storage_failed && now() >= plan_.calm_at + rest_within)
      return broken("a submission cannot be stored although storage is well");
    if (answer.what == submit_outcome::kind::key_used) return broken("a submission is called another than itself");
    if (answer.what == submit_outcome::kind::key_busy && now() >= plan_.calm_at + rest_within) return broken("a key is busy for ever");
    if (answer.what == submit_outcome::kind::too_large) {
      who.has_given_up = true;
      return;
    }
    life_->at(now() + millis{1000 + 100 * who.tries}, [this, &who] { submit(who); });
  }

  void ask_again(client& who) {
    life_->at(now() + millis{700}, [this, &who] {
      life_->ask(*who.id, [this, &who](const actors::status_outcome& answer) {
        if (is_deaf_ || answer.what != actors::status_outcome::kind::told) return;
        if (!answer.status) return broken("an accepted job is not known");
        witness_.told(*who.id, *answer.status);
        if (answer.status->state == job_state::ongoing) ask_again(who);
      });
    });
  }

  // --- wishes ---

  bool may_wish() { return !is_concluding_ && now() < plan_.calm_at; }

  /// What this client still wishes of its job, from then on.
  void wish(client& who, millis from) {
    if (who.job->cancelled_after && !who.cancel_is_done) life_->at(from + *who.job->cancelled_after, [this, &who] { cancel(who); });
    if (who.redrives_left > 0) watch(who, from);
  }

  void cancel(client& who) {
    if (who.waits_for_cancel || !may_wish()) return;
    who.waits_for_cancel = true;
    witness_.cancel_is_asked_for(*who.id);
    life_->cancel(*who.id, [this, &who](const control_outcome& answer) {
      if (is_deaf_) return;
      who.waits_for_cancel = false;
      who.was_there_before_drain_in = 0;
      witness_.cancel_is_answered(*who.id);
      take_cancel(who, answer);
    });
  }

  void take_cancel(client& who, const control_outcome& answer) {
    using kind = control_outcome::kind;
    if (answer.what == kind::no_such_job) return broken("an accepted job is not known");
    if (answer.what == kind::done) witness_.cancelled(*who.id, answer.job.run, now());
    if (answer.what != kind::done && answer.what != kind::ended) {
      story_.note("refused", static_cast<std::uint64_t>(answer.what), 0, [&] { return answer.detail; });
      return life_->at(now() + millis{1000}, [this, &who] { cancel(who); });
    }
    if (std::exchange(who.cancel_is_done, true)) return;
    life_->at(now() + millis{300}, [this, &who] { cancel(who); });  // twice is as good as once
  }

  void watch(client& who, millis from) {
    life_->at(from + watched_every, [this, &who] {
      if (!may_wish()) return;
      life_->ask(*who.id, [this, &who](const actors::status_outcome& answer) {
        if (is_deaf_) return;
        const bool has_failed = answer.status && answer.status->state == job_state::failed;
        const bool has_ended = answer.status && answer.status->state == job_state::completed;
        if (has_failed) return life_->at(now() + who.job->redriven_after, [this, &who] { redrive(who); });
        if (!has_ended) watch(who, now());
      });
    });
  }

  void redrive(client& who) {
    if (who.waits_for_redrive || !may_wish()) return;
    who.waits_for_redrive = true;
    witness_.redrive_is_asked_for(*who.id);
    life_->redrive(*who.id, [this, &who](const control_outcome& answer) {
      if (is_deaf_) return;
      who.waits_for_redrive = false;
      who.was_there_before_drain_in = 0;
      take_redrive(who, answer);
    });
  }

  void take_redrive(client& who, const control_outcome& answer) {
    using kind = control_outcome::kind;
    switch (answer.what) {
      case kind::done:
        witness_.redriven(*who.id, answer.job.run, database_.reader);
        break;
      case kind::ongoing:
      case kind::nothing_failed:
        if (!who.redrive_failed) return broken("a job that failed cannot be redriven: " + std::to_string(static_cast<int>(answer.what)));
        witness_.redrive_is_settled(*who.id);
        break;
      case kind::no_such_job:
      case kind::ended:
        return broken("an accepted job is not known");
      default:
        story_.note("refused", static_cast<std::uint64_t>(answer.what), 1, [&] { return answer.detail; });
        if (answer.what == kind::storage_failed) who.redrive_failed = true;
        if (!who.redrive_failed) witness_.redrive_is_settled(*who.id);
        return watch(who, now() + millis{500});
    }
    who.redrive_failed = false;
    if (--who.redrives_left > 0) watch(who, now());
  }

  // --- incidents ---

  void begin(const incident& what) {
    if (now() >= plan_.calm_at) return;
    story_.note("fault", static_cast<std::uint64_t>(what.kind), what.drawn,
                [&] { return std::string{fault_table[static_cast<std::size_t>(what.kind)].name}; });
    const millis lasting{static_cast<std::int64_t>(100 + what.drawn % 4000)};
    switch (what.kind) {
      case fault::slow_storage:
        return life_->hold_ledger(now() + lasting);
      case fault::failing_reads:
        return what.drawn % 3 == 0 ? reading_.fail_at_next_start(lasting) : reading_.fail_until(now() + lasting);
      case fault::crash:
        ends_ = ending::at_once;
        return;
      case fault::clock_jump:
        wall_offset_ = millis{static_cast<std::int64_t>(what.drawn % 7'200'000) - 3'600'000};
        return;
      case fault::store_master_reload:
        witness_.store_comes_or_goes();
        reload(false);
        return life_->at(now() + lasting, [this] { reload(true); });
      case fault::unknown_commit:
        if (plan_.faults.has(fault::client_redrives) && what.drawn % 2 == 0) return writing_.hide_next_failure();
        return writing_.begin(what);
      case fault::drain:
        return drain();
      case fault::job_actor_dies:
        if (what.drawn % 3 == 1) {
          witness_.job_actor_was_killed();
          return life_->kill_next_that_records([this, last = what.drawn % 2 == 0](job_id id, std::size_t results) {
            const auto status = database_.reader.status(id);
            return !last || (status && status->images.pending() == static_cast<std::int64_t>(results));
          });
        }
        if (what.drawn % 3 == 0) return kill_all(too_many_deaths);
        witness_.job_actor_was_killed();
        return life_->kill_a_job_actor(what.drawn);
      default:
        return writing_.begin(what);
    }
  }

  void reload(bool passing) {
    stores_ = stores_with(passing);
    life_->reload(stores_);
  }

  void drain() {
    if (std::exchange(is_draining_in_, lives_) == lives_) return;
    for (auto& each : clients_) {
      if (each.waits()) each.was_there_before_drain_in = lives_;
    }
    life_->drain([this, began = now()](const actors::load_report&) {
      if (is_deaf_) return;
      story_.note("drained", 0, 0);
      look_at_drain(began);
      ends_ = ending::in_order;
    });
  }

  void look_at_drain(millis began) {
    for (const auto& each : clients_) {
      if (each.waits() && each.was_there_before_drain_in == lives_) broken("a drain ended before a client had its answer");
    }
    if (now() - began >= limits::default_drain) return;  // its time may be over, and then something is left in flight, or unrecorded
    if (life_->gauges().images_in_flight != 0) return broken("a drain ended before what was in flight was reported");
    witness_.drained(database_.reader, now());
  }

  /// So often that the jobs are given up.
  void kill_all(int times) {
    witness_.job_actors_die_often();
    life_->kill_all_job_actors();
    // Then closing them is the first thing that storage refuses.
    if (times == 2 && plan_.faults.has(fault::busy_storage)) writing_.begin({now(), fault::busy_storage, 1000});
    if (times > 1) life_->at(now() + millis{20}, [this, times] { kill_all(times - 1); });
  }

  void broken(const std::string& invariant) { story_.violate(invariant); }

  enum class ending { at_once, in_order };

  const scenario plan_;
  story story_;
  const std::uint64_t most_steps_;
  const bool stops_at_wish_;
  const storage::location where_ = new_database();
  sessions database_;
  witness witness_;
  faulty_storage writing_;
  faulty_queries reading_;
  imaginary_web web_;
  chance schedule_;
  std::vector<client> clients_;
  stores::store_table_ptr stores_ = stores_with(true);
  std::optional<life> life_;
  std::optional<ending> ends_;
  std::optional<actors::load_report> load_;  ///< the last that was told in this life
  millis between_lives_{0};
  millis wall_offset_{0};
  std::size_t next_incident_ = 0;
  std::uint64_t commits_seen_ = 0;
  std::uint64_t steps_ = 0;
  std::uint64_t lives_ = 0;
  std::uint64_t is_draining_in_ = 0;
  bool is_deaf_ = false;
  bool is_concluding_ = false;
};

}  // namespace

outcome simulate(const options& wanted) {
  try {
    return world{wanted}.run();
  } catch (const std::exception& e) {  // storage that cannot even be looked at, for one
    outcome sudden;
    sudden.violation = std::string{"the world ended with an exception: "} + e.what();
    sudden.steps = here.steps;
    sudden.faults = scenario_of(wanted.seed, wanted.allowed).faults;
    return sudden;
  }
}

fault_set smallest_faults(std::uint64_t seed, fault_set failing) {
  for (const auto& row : fault_table) {
    if (!failing.has(row.kind)) continue;
    const auto without = failing.without(row.kind);
    if (!simulate({seed, without}).violation.empty()) failing = without;
  }
  return failing;
}

const progress& current_progress() { return here; }

}  // namespace retail_pulse::simulation
