#include "app/serve/preparation.hpp"

#include <cstdint>
#include <exception>
#include <utility>
#include <variant>

#include "app/serve/options.hpp"
#include "app/serve/service_actors.hpp"
#include "fetch/engine/blocking_engine.hpp"
#include "fetch/engine/sharing_engine.hpp"
#include "http/server.hpp"
#include "observe/log.hpp"

namespace retail_pulse::app {
namespace {

using observe::level;
using observe::log;

void find_storage(const config::settings& settings, preparation& ready) {
  auto where = storage::location::parse(settings.storage);
  if (auto* problem = std::get_if<storage::location_error>(&where)) {
    ready.problems.push_back(problem->message);
  } else {
    ready.where = std::get<storage::location>(std::move(where));
  }
}

void load_stores(const config::settings& settings, preparation& ready) {
  auto loaded = stores::load(settings.store_master);
  if (auto* problem = std::get_if<stores::load_error>(&loaded)) {
    ready.problems.push_back(problem->message);
  } else {
    ready.stores = std::get<stores::loaded>(std::move(loaded));
  }
}

void check_docs(const config::settings& settings, preparation& ready) {
  if (settings.docs_folder.empty() || http::has_swagger_ui(settings.docs_folder)) return;
  ready.problems.push_back("docs-folder " + settings.docs_folder +
                           " has no Swagger UI: swagger-ui-bundle.js or swagger-ui.css is missing");
}

void share_out_descriptors(const config::settings& settings, preparation& ready) {
  const auto available = raise_descriptor_limit();
  ready.budget = share_out(available, {settings.fetch_threads, !settings.keep_images.empty(),
                                       !settings.callback_key.empty()});
  if (!ready.budget) {
    ready.problems.push_back("the limit of open files is too low to serve: " +
                             std::to_string(available) + "; raise it (ulimit -n)");
    return;
  }
  if (ready.budget->fetch_threads < settings.fetch_threads) {
    log(level::warning,
        "fewer fetch threads than configured, because the limit of open files is low",
        {{"fetch_threads", static_cast<std::int64_t>(ready.budget->fetch_threads)},
         {"descriptors", static_cast<std::int64_t>(available)}});
  }
}

void make_engine(const config::settings& settings, preparation& ready) {
  try {
    ready.engine = fetch::make_sharing_engine(
        fetch::make_blocking_engine(engine_options_of(settings, *ready.budget)),
        {.reuse_for = settings.reuse_for, .reuse_entries = settings.reuse_entries});
    if (!settings.callback_key.empty()) {
      ready.poster =
          webhooks::make_blocking_poster(poster_options_of(settings, *ready.budget, ready.own));
    }
  } catch (const std::exception& e) {  // the CA file, or the folder for pictures
    ready.problems.emplace_back(e.what());
  }
}

}  // namespace

preparation prepare(const config::settings& settings) {
  preparation ready;
  find_storage(settings, ready);
  load_stores(settings, ready);
  check_docs(settings, ready);
  share_out_descriptors(settings, ready);
  if (ready.budget) make_engine(settings, ready);
  return ready;
}

std::size_t threads_at_start() {
  constexpr std::size_t parser = 1, resolvers = 2, first_fetch = 1, first_webhook = 1;
  return service_actors::threads() + http::server_options{}.threads + parser + resolvers +
         first_fetch + first_webhook;
}

}  // namespace retail_pulse::app
