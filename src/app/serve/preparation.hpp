#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "app/serve/descriptors.hpp"
#include "config/settings.hpp"
#include "fetch/engine/engine.hpp"
#include "storage/location.hpp"
#include "stores/store_table.hpp"
#include "webhooks/own_listener.hpp"
#include "webhooks/poster.hpp"

namespace retail_pulse::app {

/// What a start needs and can have before it touches storage.
struct preparation {
  std::optional<storage::location> where;
  stores::loaded stores;
  std::optional<descriptor_budget> budget;
  std::unique_ptr<fetch::engine> engine;
  std::unique_ptr<webhooks::poster> poster;  ///< nullptr: webhooks are disabled
  std::shared_ptr<webhooks::own_listener> own = std::make_shared<webhooks::own_listener>();
  std::vector<std::string>
      problems;  ///< all of them at once, so that one restart is enough; the rest is valid if empty
};

/// Reads the Store Master, shares out file descriptors and makes the engine. Logs what is only a
/// warning.
preparation prepare(const config::settings& settings);

/// How many threads the service starts with.
std::size_t threads_at_start();

}  // namespace retail_pulse::app
