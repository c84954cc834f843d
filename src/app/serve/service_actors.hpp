#pragma once

#include <caf/all.hpp>
#include <chrono>
#include <cstddef>
#include <optional>
#include <vector>

#include "actors/courier.hpp"
#include "actors/job.hpp"
#include "actors/protocols.hpp"
#include "app/serve/descriptors.hpp"
#include "config/settings.hpp"
#include "fetch/engine/engine.hpp"
#include "http/server.hpp"
#include "storage/location.hpp"
#include "storage/repository.hpp"
#include "stores/store_table.hpp"

namespace retail_pulse::app {

/// The actors of the service and the system that runs them. For one thread.
class service_actors {
 public:
  /// How many threads the system and the detached actors take, the courier included.
  static std::size_t threads();

  /// Starts the system, without an actor.
  service_actors();

  /// Ends every actor, last spawned first, and the system: it would wait for ever for an actor that
  /// nobody ends. That holds after an exception halfway through `spawn`, too. Handles from `api`
  /// must be gone before.
  ~service_actors();

  service_actors(const service_actors&) = delete;
  service_actors& operator=(const service_actors&) = delete;

  /// Spawns all actors but the courier. The engine has to outlive them. Throws
  /// storage::storage_error.
  void spawn(const config::settings& settings, const descriptor_budget& budget,
             const storage::location& where, storage::writer writer, stores::store_table_ptr stores,
             fetch::engine& engine);

  /// Spawns the courier, once the address of the API is known (webhooks::own_listener). The poster
  /// has to outlive it.
  void spawn_courier(actors::courier_settings settings, const storage::location& where);

  /// The actors that the API talks to.
  const http::backend& api() const { return api_; }

  /// Whether `spawn` came as far as the supervisor, so that there is something to drain.
  bool admits_jobs() const { return static_cast<bool>(api_.supervisor); }

  /// Stops the courier, lets images in flight report for at most `timeout`, and commits. Returns
  /// what is left for the next start; nullopt if storage did not respond for `timeout` and another
  /// 5 s. Needs `admits_jobs`.
  std::optional<actors::load_report> drain(std::chrono::milliseconds timeout);

 private:
  /// Remembers an actor for the destructor.
  template <class Handle>
  Handle owned(Handle actor) {
    spawned_.push_back(caf::actor_cast<caf::strong_actor_ptr>(actor));
    return actor;
  }

  struct system_config : caf::actor_system_config {
    system_config();
  };

  system_config config_;
  caf::actor_system system_;
  // Below the system, because handles must not outlive it.
  http::backend api_;
  actors::job_colleagues colleagues_;
  actors::courier_actor courier_;
  std::vector<caf::strong_actor_ptr> spawned_;  ///< in the order in which they were
};

}  // namespace retail_pulse::app
