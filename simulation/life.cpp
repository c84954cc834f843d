#include "simulation/life.hpp"

#include <algorithm>

#include "actors/herald.hpp"
#include "actors/job.hpp"
#include "actors/ledger.hpp"
#include "actors/reader.hpp"
#include "actors/store_master.hpp"
#include "core/limits.hpp"
#include "core/require.hpp"
#include "simulation/cast.hpp"

namespace retail_pulse::simulation {
namespace {

using namespace actors;

/// A timer may overtake messages that have waited for at most this long: no machine is slower.
constexpr millis overtaken_by{1000};

constexpr storage::session_options no_wait(storage::statement_observer* observer) {
  return {millis{0}, observer};
}

/// What the next message of an actor is about: the atom that it begins with. It is hashed, so
/// nothing of it may depend on numbers that CAF gives, and it never changes.
std::string subject_of(const caf::mailbox_element* message) {
  if (message == nullptr) return "begin";
  const auto& content = message->content();
  if (content.empty()) return "nothing";
  auto text = content.stringify(0);
  if (text.starts_with('\'')) return text.substr(1, text.size() - 2);
  if (content.match_elements<caf::down_msg>()) return "down";
  if (content.match_elements<caf::exit_msg>()) return "exit";
  return message->mid.is_response() ? "answer" : "timer";
}

/// The actor behind something that can be run; nullptr for CAF's own helpers.
caf::scheduled_actor* actor_of(caf::resumable* each) {
  return dynamic_cast<caf::scheduled_actor*>(each);
}

}  // namespace

life::config::config() {
  add_message_types<caf::id_block::retail_pulse>();
  set("scheduler.policy", caf::atom("testing"));
}

/// Timers and answers come to this actor, so that they are messages like all others and end with
/// this life.
struct life::stage {
  static constexpr const char* name = "world";

  static caf::behavior run(caf::stateful_actor<stage>* self, life* of,
                           std::function<void(load_report)> drained) {
    return {
        [=](std::uint64_t timer) {
          const auto what = of->timers_.extract(timer);
          if (!what.empty()) what.mapped().what();
        },
        [=](drain_atom, std::chrono::milliseconds timeout) {
          self->request(*of->supervisor_, caf::infinite, drain_atom_v, timeout)
              .then([=](const load_report& left) { drained(left); });
        },
    };
  }
};

life::life(const surroundings& around, millis began) : around_{around}, began_{began} {
  // A database that cannot be opened ends the process before there is an actor.
  auto writer = std::make_shared<storage::writer>(around.where, no_wait(&around_.writing));
  const auto open_reader = [&] {
    return std::make_shared<storage::reader>(around_.where, no_wait(&around_.reading));
  };
  auto for_jobs = open_reader();
  auto for_clients = open_reader();
  system_ = std::make_unique<caf::actor_system>(config_);
  herald_ = system_->spawn(herald);
  colleagues_.ledger =
      system_->spawn(ledger, std::move(writer), wall_clock{around_.wall_time}, *herald_);
  colleagues_.reader = system_->spawn(reader, std::move(for_jobs));
  colleagues_.store_master = system_->spawn(store_master, around_.stores);
  auto settings = around_.plan.pool;
  settings.image.engine = &around_.web;
  colleagues_.pool = system_->spawn(image_pool, settings);
  supervisor_ = system_->spawn(supervisor, around_.plan.supervisor, colleagues_);
  api_reader_ = system_->spawn(reader, std::move(for_clients));
  stage_ = system_->spawn(&stage::run, this, std::function<void(load_report)>{});
  if (around_.tell.is_read()) traffic_.emplace(coordinator());
}

life::~life() {
  if (!system_) return;
  send_exits(caf::exit_reason::kill);
  run_everything();
  // Image and job actors end when nothing refers to them any more: their masters were killed and
  // told them nothing.
  supervisor_.reset();
  api_reader_.reset();
  herald_.reset();
  colleagues_ = {};
  stage_ = nullptr;
  run_everything();
}

// --- time ---------------------------------------------------------------------------------------

caf::scheduler::test_coordinator& life::coordinator() {
  return dynamic_cast<caf::scheduler::test_coordinator&>(system_->scheduler());
}

millis life::now() {
  return began_ +
         std::chrono::duration_cast<millis>(coordinator().clock().current_time.time_since_epoch());
}

void life::at(millis when, std::string_view whose, std::string what_for,
              std::function<void()> what) {
  timers_[++last_timer_] = {whose, std::move(what_for), std::move(what)};
  const auto wait = std::max(millis{0}, when - now());
  coordinator().clock().schedule_message(
      coordinator().clock().current_time + wait, caf::actor_cast<caf::strong_actor_ptr>(stage_),
      caf::make_mailbox_element(nullptr, caf::make_message_id(), {}, last_timer_));
}

void life::hold_ledger(millis until) {
  ledger_held_until_ = std::max(ledger_held_until_, until);
  // Or time would not pass where nothing else is to be done.
  at(until, outside::simulation, "the ledger goes on", [] {});
}

bool life::is_held(const caf::resumable* each) {
  if (now() >= ledger_held_until_) return false;
  return each ==
         dynamic_cast<caf::resumable*>(caf::actor_cast<caf::abstract_actor*>(colleagues_.ledger));
}

bool life::is_timer_near() {
  const auto& timers = coordinator().clock().schedule();
  return !timers.empty() &&
         timers.begin()->first <= coordinator().clock().current_time + overtaken_by;
}

bool life::step(chance& schedule) {
  if (traffic_) traffic_->look(0);
  const bool went_on = run_or_wait(schedule);
  if (traffic_) traffic_->look(around_.tell.step());
  return went_on;
}

bool life::run_or_wait(chance& schedule) {
  auto& jobs = coordinator().jobs;
  const auto timers_first = around_.plan.timers_first;
  if (!jobs.empty() && (timers_first == 0 || !is_timer_near() || !schedule.one_in(timers_first))) {
    const auto first = schedule.below(jobs.size());
    for (std::size_t i = 0; i < jobs.size(); ++i) {
      const auto index = (first + i) % jobs.size();
      if (!is_held(jobs[index])) return run(index);
    }
  }
  const auto& timers = coordinator().clock().schedule();
  if (traffic_ && !timers.empty()) traffic_->fires(timers.begin()->second.get());
  if (!coordinator().trigger_timeout()) return !jobs.empty() && run(0);
  around_.tell.now_is(now());
  around_.tell.note("time", 0, 0);
  return true;
}

bool life::run(std::size_t index) {
  auto& jobs = coordinator().jobs;
  std::rotate(jobs.begin(), jobs.begin() + static_cast<std::ptrdiff_t>(index),
              jobs.begin() + static_cast<std::ptrdiff_t>(index) + 1);
  if (auto* actor = actor_of(jobs.front())) {
    auto& mailbox = actor->mailbox();
    longest_mailbox_ = std::max(longest_mailbox_, mailbox.size());
    const auto* message = actor->peek_at_next_mailbox_element();
    const auto subject = subject_of(message);
    const std::string_view name{actor->name()};
    around_.tell.message(name, subject, [&] { return line_of(*actor, message, subject); });
    if (kills_next_that_records_ && name == ledger_state::name && subject == "record")
      kill_who_records(*message);
    if (name == job_run::name &&
        std::none_of(job_actors_.begin(), job_actors_.end(),
                     [&](const auto& known) { return known.second == actor->address(); })) {
      job_actors_[++last_job_actor_] = actor->address();
    }
  }
  return coordinator().try_run_once();
}

story_line life::line_of(const caf::scheduled_actor& actor, const caf::mailbox_element* message,
                         const std::string& subject) const {
  const auto step = around_.tell.step();
  if (message != nullptr && actor.name() == std::string_view{stage::name} &&
      message->content().match_elements<std::uint64_t>()) {
    const auto known = timers_.find(message->content().get_as<std::uint64_t>(0));
    if (known != timers_.end())
      return traffic_->line_of_timer(message, known->second.whose, known->second.what_for, step);
  }
  return traffic_->line_of(actor, message, subject, step);
}

void life::kill_who_records(const caf::mailbox_element& record) {
  const auto& content = record.content();
  require(content.match_elements<record_atom, job_id, run_number, results_ptr>(),
          "a record is as its protocol says");
  if (!kills_next_that_records_(content.get_as<job_id>(1),
                                content.get_as<results_ptr>(3)->results.size()))
    return;
  kills_next_that_records_ = nullptr;
  if (around_.plan.faults.has(fault::busy_storage)) around_.writing.be_busy_behind_next_commit();
  caf::anon_send_exit(caf::actor_cast<caf::actor>(record.sender),
                      caf::exit_reason::unhandled_exception);
}

void life::run_everything() {
  do {
    while (coordinator().try_run_once()) {
    }
  } while (coordinator().trigger_timeout());  // timers hold their actors
}

// --- what clients and operators do --------------------------------------------------------------

void life::submit(submission_ptr job, std::optional<submission_key> key,
                  std::function<void(submit_outcome)> answer) {
  caf::anon_send(*supervisor_, submit_atom_v, std::move(job), std::move(key),
                 reply<submit_outcome>{std::move(answer), {}});
}

void life::cancel(job_id job, std::function<void(control_outcome)> answer) {
  caf::anon_send(*supervisor_, cancel_atom_v, job, reply<control_outcome>{std::move(answer), {}});
}

void life::redrive(job_id job, std::function<void(control_outcome)> answer) {
  caf::anon_send(*supervisor_, redrive_atom_v, job, reply<control_outcome>{std::move(answer), {}});
}

void life::ask(job_id job, std::function<void(query_outcome<job_status>)> answer) {
  caf::anon_send(*api_reader_, status_atom_v, job,
                 reply<query_outcome<job_status>>{std::move(answer), {}});
}

void life::load(std::function<void(std::optional<load_report>)> answer) {
  caf::anon_send(*supervisor_, load_atom_v,
                 reply<std::optional<load_report>>{std::move(answer), std::nullopt});
}

void life::reload(stores::store_table_ptr stores) {
  caf::anon_send(colleagues_.store_master, replace_atom_v, std::move(stores));
}

void life::drain(std::function<void(load_report)> drained) {
  const auto operator_of_this = system_->spawn(&stage::run, this, std::move(drained));
  caf::anon_send(operator_of_this, drain_atom_v, std::chrono::milliseconds{limits::default_drain});
}

void life::kill_a_job_actor(std::uint64_t drawn) {
  std::erase_if(job_actors_, [](const auto& each) {
    const auto held = caf::actor_cast<caf::strong_actor_ptr>(each.second);
    return !held || caf::actor_cast<caf::abstract_actor*>(held)->getf(
                        caf::abstract_actor::is_terminated_flag);
  });
  if (job_actors_.empty()) return;
  auto chosen =
      std::next(job_actors_.begin(), static_cast<std::ptrdiff_t>(drawn % job_actors_.size()));
  caf::anon_send_exit(chosen->second, caf::exit_reason::unhandled_exception);
}

void life::kill_all_job_actors() {
  for (const auto& [number, job] : job_actors_)
    caf::anon_send_exit(job, caf::exit_reason::unhandled_exception);
}

std::size_t life::end() {
  send_exits(caf::exit_reason::user_shutdown);
  supervisor_.reset();
  api_reader_.reset();
  herald_.reset();
  colleagues_ = {};
  stage_ = nullptr;
  job_actors_.clear();
  run_everything();
  const auto left = system_->registry().running();
  system_.reset();
  return left;
}

void life::send_exits(caf::exit_reason why) {
  timers_.clear();
  // The ledger first: nothing is written after the end of the process.
  caf::anon_send_exit(colleagues_.ledger, why);
  caf::anon_send_exit(stage_, caf::exit_reason::kill);
  for (const auto& [number, job] : job_actors_) caf::anon_send_exit(job, why);
  caf::anon_send_exit(*supervisor_, caf::exit_reason::user_shutdown);  // ends its job actors, too
  caf::anon_send_exit(colleagues_.pool,
                      caf::exit_reason::user_shutdown);  // and this its image actors
  caf::anon_send_exit(colleagues_.store_master, why);
  caf::anon_send_exit(colleagues_.reader, why);
  caf::anon_send_exit(*api_reader_, why);
  caf::anon_send_exit(*herald_, why);
}

pool_gauges life::gauges() const {
  auto* pool = dynamic_cast<image_pool_actor::stateful_base<image_pool_state>*>(
      caf::actor_cast<caf::abstract_actor*>(colleagues_.pool));
  require(pool != nullptr, "the pool's state can be seen");
  return pool->state.gauges();
}

}  // namespace retail_pulse::simulation
