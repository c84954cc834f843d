#include "app/serve/service.hpp"

#include <cstdlib>
#include <exception>
#include <optional>
#include <utility>
#include <vector>

#include "app/serve/options.hpp"
#include "app/serve/preparation.hpp"
#include "app/serve/service_actors.hpp"
#include "app/serve/threads.hpp"
#include "observe/log.hpp"
#include "storage/claiming.hpp"
#include "storage/repository.hpp"

namespace retail_pulse::app {
namespace {

using observe::level;
using observe::log;

std::string joined(const std::vector<std::string>& problems) {
  std::string text;
  for (const auto& problem : problems) text += (text.empty() ? "" : "; ") + problem;
  return text;
}

/// 2 if the configuration is wrong, 1 if the disk failed.
int exit_code_of(const storage::storage_error& e) {
  using kind = storage::storage_error::kind;
  return e.what_kind() == kind::newer_schema || e.what_kind() == kind::read_only ||
                 e.what_kind() == kind::other
             ? 2
             : 1;
}

void log_incomplete_file(const std::exception& e) {
  log(level::error,
      "the database file is not complete on its own: keep it together with its log (-wal)",
      {{"reason", e.what()}});
}

}  // namespace

/// Members are declared in the order in which they are needed, so that they are destroyed in the
/// reverse one.
class service::implementation {
 public:
  implementation(preparation ready, storage::process_lock lock)
      : where_{std::move(*ready.where)},
        lock_{std::move(lock)},
        engine_{std::move(ready.engine)},
        poster_{std::move(ready.poster)},
        own_{std::move(ready.own)} {}

  ~implementation() { stop(); }

  std::optional<refused> start(const config::settings& settings, const descriptor_budget& budget,
                               stores::store_table_ptr stores) {
    drain_timeout_ = settings.drain_timeout;
    storage::writer writer{where_};
    opened_ = true;
    if (!writer.warning().empty()) log(level::warning, writer.warning());
    actors_.emplace();
    actors_->spawn(settings, budget, where_, std::move(writer), std::move(stores), *engine_);
    if (auto problem = listen(settings, budget)) return problem;
    if (poster_) {
      own_->listens_at(fetch::parse_address(settings.bind).value(), server_->port());
      actors_->spawn_courier(courier_settings_of(settings, budget, *poster_), where_);
    }
    return std::nullopt;
  }

  std::uint16_t port() const { return server_->port(); }

  bool stop() {
    if (std::exchange(stopped_, true)) return true;
    drain();
    const auto last = last_connection();
    end();
    return !opened_ || (last && checkpoint(*last));
  }

 private:
  std::optional<refused> listen(const config::settings& settings, const descriptor_budget& budget) {
    auto started = http::server::start(server_options_of(settings, budget), actors_->api());
    if (auto* problem = std::get_if<http::server::start_error>(&started))
      return refused{problem->message, 2};
    server_ = std::move(std::get<std::unique_ptr<http::server>>(started));
    return std::nullopt;
  }

  void drain() {
    if (!actors_ || !actors_->admits_jobs()) return;
    const auto left = actors_->drain(drain_timeout_);
    if (!left) {
      log(level::error,
          "storage did not respond during shutdown; exiting. Uncommitted work is redone at the "
          "next start");
      std::_Exit(1);
    }
    log(level::info, "drained",
        {{"jobs_left", left->ongoing_jobs}, {"images_left", left->pending_images}});
  }

  /// No more requests, then no more fetches, then no more actors. The engine object outlives the
  /// actors, which may still call it; the server is destroyed before them, because it holds
  /// handles.
  void end() {
    if (server_) server_->stop();
    server_.reset();
    if (engine_) engine_->stop();
    if (poster_) poster_->stop();
    actors_.reset();
  }

  /// The connection that closes the database in order; nullptr if it was never opened or this
  /// fails.
  std::unique_ptr<storage::closing> last_connection() {
    if (!opened_) return nullptr;
    try {
      return std::make_unique<storage::closing>(where_);
    } catch (const std::exception& e) {
      log_incomplete_file(e);
      return nullptr;
    }
  }

  static bool checkpoint(storage::closing& last) {
    try {
      last.finish();
      return true;
    } catch (const std::exception& e) {
      log_incomplete_file(e);
      return false;
    }
  }

  storage::location where_;
  storage::process_lock lock_;
  std::chrono::milliseconds drain_timeout_{0};
  std::unique_ptr<fetch::engine> engine_;
  std::unique_ptr<webhooks::poster> poster_;  ///< nullptr: webhooks are disabled
  std::shared_ptr<webhooks::own_listener> own_;
  std::optional<service_actors> actors_;
  std::unique_ptr<http::server> server_;
  bool opened_ = false;  ///< the database
  bool stopped_ = false;
};

service::service(std::unique_ptr<implementation> composed) : implementation_{std::move(composed)} {}
service::~service() = default;
std::uint16_t service::port() const { return implementation_->port(); }
bool service::stop() { return implementation_->stop(); }

std::variant<std::unique_ptr<service>, service::refused> service::start(
    const config::settings& settings) {
  if (auto problem = lack_of_threads(threads_at_start())) return refused{std::move(*problem), 1};
  auto ready = prepare(settings);
  if (!ready.problems.empty()) return refused{joined(ready.problems), 2};
  for (const auto& warning : ready.stores.warnings) log(level::warning, warning);
  log(level::info, "Store Master read",
      {{"stores", static_cast<std::int64_t>(ready.stores.table->size())}});

  auto locked = storage::process_lock::take(*ready.where, settings.file_mode);
  if (auto* problem = std::get_if<storage::process_lock::refused>(&locked))
    return refused{problem->message, 2};
  auto& lock = std::get<storage::process_lock>(locked);
  const auto claimed = storage::claim_files(*ready.where, settings.file_mode);
  if (!claimed.problem.empty())
    return refused{"storage " + settings.storage + ": " + claimed.problem, 2};
  if (!lock.word_of_mode().empty()) log(level::warning, lock.word_of_mode());
  for (const auto& change : claimed.changes) log(level::warning, change);

  const auto budget = *ready.budget;
  const auto table = ready.stores.table;
  auto composed = std::make_unique<implementation>(std::move(ready), std::move(lock));
  try {
    if (auto problem = composed->start(settings, budget, table)) return std::move(*problem);
  } catch (const storage::storage_error& e) {
    return refused{"storage " + settings.storage + ": " + e.what(), exit_code_of(e)};
  } catch (const std::exception& e) {
    // CAF counts an actor whose thread could not be made as running, and its system would wait for
    // it for ever.
    static_cast<void>(composed.release());  // freed with the process
    return refused{
        std::string{"the system refused threads or memory that the start needs: "} + e.what(), 1,
        true};
  }
  return std::unique_ptr<service>{new service{std::move(composed)}};
}

}  // namespace retail_pulse::app
