#include "app/serve/service_actors.hpp"

#include <algorithm>
#include <memory>
#include <ranges>
#include <thread>
#include <utility>

#include "actors/herald.hpp"
#include "actors/image_pool.hpp"
#include "actors/ledger.hpp"
#include "actors/reader.hpp"
#include "actors/report_reader.hpp"
#include "actors/store_master.hpp"
#include "actors/supervisor.hpp"
#include "app/serve/options.hpp"
#include "core/limits.hpp"
#include "core/time.hpp"

namespace retail_pulse::app {
namespace {

/// For the last commit after a drain. The process then exits without it: nothing is lost, only
/// repeated.
constexpr std::chrono::seconds last_commit{5};

std::size_t scheduler_threads() { return std::max(1U, std::thread::hardware_concurrency()); }

}  // namespace

service_actors::system_config::system_config() {
  add_message_types<caf::id_block::retail_pulse>();
  set("scheduler.max-threads", scheduler_threads());
}

std::size_t service_actors::threads() {
  constexpr std::size_t clock = 1, ledger = 1, job_reader = 1, audit_reader = 1, store_loader = 1,
                        courier = 1;
  return scheduler_threads() + clock + ledger + job_reader + limits::api_readers + audit_reader +
         limits::report_readers + store_loader + courier;
}

service_actors::service_actors() : system_{config_} {}

service_actors::~service_actors() {
  for (const auto& actor : std::views::reverse(spawned_))
    caf::anon_send_exit(actor, caf::exit_reason::user_shutdown);
}

void service_actors::spawn(const config::settings& settings, const descriptor_budget& budget,
                           const storage::location& where, storage::writer writer,
                           stores::store_table_ptr stores, fetch::engine& engine) {
  const auto new_reader = [&] {
    return owned(
        system_.spawn<caf::detached>(actors::reader, std::make_shared<storage::reader>(where)));
  };

  api_.herald = owned(system_.spawn(actors::herald));
  colleagues_.ledger = owned(system_.spawn<caf::detached>(
      actors::ledger, std::make_shared<storage::writer>(std::move(writer)),
      wall_clock{system_wall_time}, api_.herald));
  colleagues_.reader = new_reader();
  colleagues_.store_master = owned(system_.spawn(actors::store_master, std::move(stores)));
  colleagues_.pool =
      owned(system_.spawn(actors::image_pool, pool_settings_of(settings, budget, engine)));
  api_.pool = colleagues_.pool;
  api_.supervisor = owned(system_.spawn(
      actors::supervisor,
      actors::supervisor_settings{settings.max_jobs, settings.max_pending_images}, colleagues_));

  for (std::size_t i = 0; i < limits::api_readers; ++i) api_.readers.push_back(new_reader());
  api_.audit_reader = new_reader();
  for (std::size_t i = 0; i < limits::report_readers; ++i) {
    api_.report_readers.push_back(owned(system_.spawn<caf::detached>(
        actors::report_reader, std::make_shared<storage::reader>(where))));
  }
  api_.store_master = colleagues_.store_master;
  api_.store_loader = owned(
      system_.spawn<caf::detached>(actors::store_loader, settings.store_master, api_.store_master));
}

void service_actors::spawn_courier(actors::courier_settings settings,
                                   const storage::location& where) {
  courier_ =
      owned(system_.spawn<caf::detached>(actors::courier, std::move(settings), colleagues_.ledger,
                                         std::make_shared<storage::reader>(where)));
}

std::optional<actors::load_report> service_actors::drain(std::chrono::milliseconds timeout) {
  if (courier_) caf::anon_send(courier_, actors::stop_atom_v);
  caf::scoped_actor self{system_};
  std::optional<actors::load_report> left;
  self->request(api_.supervisor, timeout + last_commit, actors::drain_atom_v, timeout)
      .receive([&left](const actors::load_report& report) { left = report; },
               [](const caf::error&) {});
  return left;
}

}  // namespace retail_pulse::app
