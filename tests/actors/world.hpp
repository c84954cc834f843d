#pragma once

#include <caf/all.hpp>
#include <caf/scheduler/test_coordinator.hpp>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "actors/herald.hpp"
#include "actors/image_pool.hpp"
#include "actors/ledger.hpp"
#include "actors/reader.hpp"
#include "actors/store_master.hpp"
#include "actors/supervisor.hpp"
#include "core/limits.hpp"
#include "storage/repository.hpp"
#include "tests/actors/imaginary_web.hpp"
#include "tests/support/numbered.hpp"

namespace retail_pulse::tests {

struct visit_of {
  std::string store_id;
  std::vector<std::string> urls;
  std::string time = "2026-01-02";
};

inline submission_ptr submission_with(const std::vector<visit_of>& visits) {
  numbered_submission made;
  for (const auto& visit : visits) made.add_visit(visit.store_id, visit.time, visit.urls);
  return std::make_shared<const submission>(made.finish());
}

/// `count` URLs on one host, each its own.
inline std::vector<std::string> urls_on(const std::string& host, std::size_t count) {
  std::vector<std::string> urls;
  for (std::size_t i = 0; i < count; ++i)
    urls.push_back("http://" + host + "/" + std::to_string(i) + ".jpg");
  return urls;
}

struct world_options {
  actors::pool_settings pool;
  actors::supervisor_settings supervisor;
};

/// The production actors, unchanged, under CAF's test coordinator, over real storage in memory and
/// an imaginary web. One thread, virtual time: a step is one timer and every message that follows
/// from it.
class world {
 public:
  explicit world(world_options options = {}, std::optional<storage::location> where = std::nullopt)
      : where_{where ? *where
                     : storage::location::shared_memory("world " + std::to_string(++worlds()))},
        keeper_{std::make_shared<storage::writer>(
            where_, storage::session_options{std::chrono::milliseconds{0}})},
        system_{config_},
        web{std::make_unique<imaginary_web>(system_)} {
    const auto no_wait = storage::session_options{std::chrono::milliseconds{0}};
    const auto new_reader = [&] {
      return system_.spawn(actors::reader, std::make_shared<storage::reader>(where_, no_wait));
    };
    herald = system_.spawn(actors::herald);
    colleagues.ledger =
        system_.spawn(actors::ledger, keeper_, wall_clock{[this] { return wall_time(); }}, herald);
    colleagues.reader = new_reader();
    colleagues.store_master = system_.spawn(actors::store_master, stores_named({"S1", "S2", "S3"}));
    options.pool.image.engine = web.get();
    pool_ = system_.spawn(actors::image_pool, options.pool);
    colleagues.pool = system_.spawn(tapped, pool_, jobs_);
    supervisor = system_.spawn(actors::supervisor, options.supervisor, colleagues);
    api_reader_ = new_reader();
    run_messages();
  }

  ~world() {
    caf::anon_send_exit(supervisor, caf::exit_reason::user_shutdown);
    caf::anon_send_exit(colleagues.pool, caf::exit_reason::user_shutdown);
    caf::anon_send_exit(pool_, caf::exit_reason::user_shutdown);
    jobs_->clear();
    caf::anon_send_exit(colleagues.store_master, caf::exit_reason::user_shutdown);
    caf::anon_send_exit(colleagues.reader, caf::exit_reason::user_shutdown);
    caf::anon_send_exit(colleagues.ledger, caf::exit_reason::user_shutdown);
    caf::anon_send_exit(api_reader_, caf::exit_reason::user_shutdown);
    caf::anon_send_exit(herald, caf::exit_reason::user_shutdown);
    web.reset();
    run_messages();
    while (clock().trigger_timeout()) run_messages();  // timers hold their actors
    run_messages();
  }

  static stores::store_table_ptr stores_named(std::initializer_list<std::string> ids) {
    std::vector<stores::store> rows;
    for (const auto& id : ids) rows.push_back({id, "name of " + id, "area"});
    return std::make_shared<const stores::store_table>(std::move(rows));
  }

  // --- time -------------------------------------------------------------------------------------
  void run_messages() {
    while (coordinator().try_run_once()) {
    }
  }
  bool run_one_message() { return coordinator().try_run_once(); }
  /// One timer and what follows; false when nothing is waiting for time to pass.
  bool step() {
    if (!clock().trigger_timeout()) return false;
    run_messages();
    return true;
  }
  /// Steps until `done` or nothing waits any more; false in the second case.
  template <class Done>
  bool run_until(Done done) {
    while (!done()) {
      if (!step()) return done();
    }
    return true;
  }
  std::chrono::milliseconds now() {
    return std::chrono::duration_cast<std::chrono::milliseconds>(
        clock().current_time.time_since_epoch());
  }
  unix_millis wall_time() { return unix_millis{1'700'000'000'000} + now(); }

  // --- requests ---------------------------------------------------------------------------------
  actors::submit_outcome submit(const submission_ptr& job) {
    std::optional<actors::submit_outcome> answer;
    caf::anon_send(supervisor, actors::submit_atom_v, job, no_key,
                   actors::reply<actors::submit_outcome>{
                       [&](actors::submit_outcome o) { answer = std::move(o); }, {}});
    run_messages();
    run_until([&] { return answer.has_value(); });
    return answer.value();
  }
  /// Drains, and returns what is left; nothing when no answer comes.
  std::optional<actors::load_report> drain(std::chrono::milliseconds timeout) {
    auto left = std::make_shared<std::optional<actors::load_report>>();
    system().spawn([=, to = supervisor](caf::event_based_actor* self) {
      self->request(to, caf::infinite, actors::drain_atom_v, timeout)
          .then([=](const actors::load_report& report) { *left = report; });
    });
    run_messages();
    run_until([&] { return left->has_value(); });
    return *left;
  }
  job_id accept(const std::vector<visit_of>& visits) {
    const auto outcome = submit(submission_with(visits));
    if (outcome.what != actors::submit_outcome::kind::accepted)
      throw std::runtime_error{"not accepted: " + outcome.detail};
    return outcome.id;
  }
  /// Asks without running anything; the answer comes into the result.
  std::shared_ptr<std::optional<actors::submit_outcome>> submit_under(const submission_key& key,
                                                                      const submission_ptr& job) {
    auto answer = std::make_shared<std::optional<actors::submit_outcome>>();
    caf::anon_send(supervisor, actors::submit_atom_v, job, std::optional{key},
                   actors::reply<actors::submit_outcome>{
                       [=](actors::submit_outcome o) { *answer = std::move(o); }, {}});
    return answer;
  }
  template <class Atom>
  std::shared_ptr<std::optional<actors::control_outcome>> ask(Atom what, job_id job) {
    auto answer = std::make_shared<std::optional<actors::control_outcome>>();
    caf::anon_send(supervisor, what, job,
                   actors::reply<actors::control_outcome>{
                       [=](actors::control_outcome o) { *answer = std::move(o); }, {}});
    return answer;
  }
  actors::control_outcome cancel(job_id job) {
    const auto answer = ask(actors::cancel_atom_v, job);
    run_messages();
    return answer->value();
  }
  actors::control_outcome redrive(job_id job) {
    const auto answer = ask(actors::redrive_atom_v, job);
    run_messages();
    return answer->value();
  }
  std::optional<job_status> status(job_id job) {
    std::optional<actors::query_outcome<job_status>> answer;
    caf::anon_send(api_reader_, actors::status_atom_v, job,
                   actors::reply<actors::query_outcome<job_status>>{
                       [&](actors::query_outcome<job_status> o) { answer = std::move(o); }, {}});
    run_messages();
    return answer.value().found;
  }
  std::optional<job_audit> audit(job_id job) {
    std::optional<actors::query_outcome<job_audit>> answer;
    caf::anon_send(api_reader_, actors::audit_atom_v, job,
                   actors::reply<actors::query_outcome<job_audit>>{
                       [&](actors::query_outcome<job_audit> o) { answer = std::move(o); }, {}});
    run_messages();
    return answer.value().found;
  }
  actors::load_report load() {
    std::optional<actors::load_report> answer;
    caf::anon_send(supervisor, actors::load_atom_v,
                   actors::reply<std::optional<actors::load_report>>{
                       [&](std::optional<actors::load_report> r) { answer = r; }, {}});
    run_messages();
    return answer.value();
  }
  actors::live_origins origins_at_work(job_id job) {
    std::optional<actors::live_origins> answer;
    caf::anon_send(colleagues.pool, actors::origins_atom_v, job,
                   actors::reply<std::optional<actors::live_origins>>{
                       [&](std::optional<actors::live_origins> o) { answer = std::move(o); }, {}});
    run_messages();
    return answer.value();
  }
  job_status run_to_end(job_id job) {
    run_until([&] { return status(job)->state != job_state::ongoing; });
    return *status(job);
  }
  std::vector<storage::image_row> images(job_id job) {
    return storage::reader{where_, {std::chrono::milliseconds{0}}}.images(job, image_number{-1},
                                                                          1'000'000);
  }

  /// Ends the job actors of this world as an exception would.
  void kill_job_actors() {
    for (const auto& handle : std::exchange(*jobs_, {}))
      caf::anon_send_exit(handle, caf::exit_reason::kill);
    run_messages();
  }

  caf::actor_system& system() { return system_; }
  const storage::location& where() const { return where_; }
  storage::writer& writer() { return *keeper_; }

 private:
  using job_handles = std::shared_ptr<std::vector<actors::job_actor>>;

  /// The real pool, behind an actor that remembers which job actors joined it.
  static actors::image_pool_actor::behavior_type tapped(actors::image_pool_actor::pointer self,
                                                        actors::image_pool_actor pool,
                                                        job_handles jobs) {
    using namespace actors;
    return {
        [=](join_atom a, const pool_member& member) {
          jobs->push_back(member.handle);
          self->send(pool, a, member);
        },
        [=](offer_atom a, job_ticket ticket, const image_offer_ptr& offer) {
          self->send(pool, a, ticket, offer);
        },
        [=](opened_atom a, job_ticket ticket, const origin_page_ptr& page) {
          self->send(pool, a, ticket, page);
        },
        [=](settled_atom a, job_ticket ticket, std::uint64_t images) {
          self->send(pool, a, ticket, images);
        },
        [=](leave_atom a, job_ticket ticket) { self->send(pool, a, ticket); },
        [=](withdraw_atom a, job_ticket ticket) { self->send(pool, a, ticket); },
        [=](resolved_atom a, const std::string& origin, const std::string& address) {
          self->send(pool, a, origin, address);
        },
        [=](fetched_atom a, worker_index index, const attempt_report& report) {
          self->send(pool, a, index, report);
        },
        [=](finished_atom a, worker_index index) { self->send(pool, a, index); },
        [=](tick_atom a) { self->send(pool, a); },
        [=](drain_atom a) { return self->delegate(pool, a); },
        [=](load_atom a) { return self->delegate(pool, a); },
        [=](origins_atom a, job_id job, const reply<std::optional<live_origins>>& to) {
          self->send(pool, a, job, to);
        },
    };
  }

  struct config : caf::actor_system_config {
    config() {
      add_message_types<caf::id_block::retail_pulse>();
      set("scheduler.policy", caf::atom("testing"));
    }
  };
  static int& worlds() {
    static int count = 0;
    return count;
  }
  caf::scheduler::test_coordinator& coordinator() {
    return dynamic_cast<caf::scheduler::test_coordinator&>(system_.scheduler());
  }
  caf::detail::test_actor_clock& clock() { return coordinator().clock(); }

  storage::location where_;
  std::shared_ptr<storage::writer> keeper_;  ///< also keeps the shared memory alive
  config config_;
  caf::actor_system system_;
  actors::reader_actor api_reader_;
  actors::image_pool_actor pool_;
  job_handles jobs_ = std::make_shared<std::vector<actors::job_actor>>();

 public:
  std::unique_ptr<imaginary_web> web;
  actors::job_colleagues colleagues;
  actors::supervisor_actor supervisor;
  actors::herald_actor herald;
};

}  // namespace retail_pulse::tests
