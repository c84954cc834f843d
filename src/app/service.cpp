#include "app/service.hpp"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <random>
#include <ranges>
#include <thread>
#include <utility>

#include "actors/courier.hpp"
#include "actors/herald.hpp"
#include "actors/image_pool.hpp"
#include "actors/ledger.hpp"
#include "actors/reader.hpp"
#include "actors/report_reader.hpp"
#include "actors/store_master.hpp"
#include "actors/supervisor.hpp"
#include "app/descriptors.hpp"
#include "app/threads.hpp"
#include "core/text.hpp"
#include "fetch/address_guard.hpp"
#include "fetch/blocking_engine.hpp"
#include "fetch/own_listener.hpp"
#include "fetch/poster.hpp"
#include "fetch/sharing_engine.hpp"
#include "fetch/url.hpp"
#include "http/response/job_json.hpp"
#include "http/server.hpp"
#include "observe/log.hpp"
#include "storage/claiming.hpp"
#include "storage/location.hpp"
#include "storage/repository.hpp"
#include "stores/store_table.hpp"

namespace retail_pulse::app {
namespace {

using observe::level;
using observe::log;

/// How long the actors get to end after a drain before the process ends without them; nothing is lost then, only repeated.
constexpr std::chrono::seconds patience{5};

std::size_t scheduler_threads() { return std::max(1U, std::thread::hardware_concurrency()); }

struct actor_config : caf::actor_system_config {
  actor_config() {
    add_message_types<caf::id_block::retail_pulse>();
    set("scheduler.max-threads", scheduler_threads());
  }
};

/// Where Swagger UI may be: as told, or beside the build, or as installed.
std::vector<std::string> docs_folders_of(const config::settings& settings) {
  if (!settings.docs_folder.empty()) return {settings.docs_folder};
  std::error_code unknown;
  const auto program = std::filesystem::read_symlink("/proc/self/exe", unknown);
  return {program.parent_path().parent_path() / "docs", "/usr/share/retail-pulse/docs"};
}

/// The names under which the API is reached on purpose: those that were told, and the machine's own.
std::vector<std::string> own_names_of(const config::settings& settings) {
  auto names = settings.public_hosts;
  std::array<char, 256> name{};  // of at most 64 bytes on Linux
  if (::gethostname(name.data(), name.size() - 1) == 0) names.push_back(lower(std::string_view{name.data()}));
  return names;
}

fetch::engine_options engine_options_of(const config::settings& settings, const descriptor_budget& budget) {
  fetch::engine_options options;
  options.threads = budget.fetch_threads;
  options.idle_connections = budget.idle_connections;
  options.deadline = settings.fetch_deadline;
  options.how = settings.fetch_mode;
  options.keep_images = settings.keep_images;
  options.keep_images_bytes = settings.keep_images_bytes;
  options.keep_images_mode = settings.file_mode;
  options.tell = [](const std::string& what) { log(level::warning, what); };
  options.max_image_bytes = settings.max_image_bytes;
  options.allow_addresses = settings.allow_addresses;
  options.allow_hosts = settings.allow_hosts;
  options.ca_file = settings.ca_file;
  options.address_connections = settings.origin_connections;
  options.user_agent = settings.user_agent;
  return options;
}

actors::pool_settings pool_settings_of(const config::settings& settings, const descriptor_budget& budget, fetch::engine& engine) {
  actors::pool_settings pool;
  pool.images_in_flight = settings.images_in_flight;
  pool.fetch_slots = budget.fetch_threads;
  pool.origin_connections = settings.origin_connections;
  pool.image.engine = &engine;
  pool.image.attempts = settings.fetch_attempts;
  pool.image.delay_min = settings.gpu_delay_min;
  pool.image.delay_max = settings.gpu_delay_max;
  pool.image.seed = std::random_device{}();
  return pool;
}

fetch::poster_options poster_options_of(const config::settings& settings, std::size_t at_once,
                                        std::shared_ptr<const fetch::own_listener> spared) {
  fetch::poster_options options;
  options.threads = at_once;
  options.allow_addresses = settings.allow_callback_addresses;
  options.spared = std::move(spared);
  options.allow_hosts = settings.allow_hosts;
  options.ca_file = settings.ca_file;
  options.user_agent = settings.user_agent;
  return options;
}

actors::courier_settings courier_settings_of(const config::settings& settings, std::size_t at_once, fetch::poster& poster) {
  actors::courier_settings courier;
  courier.at_once = at_once;
  courier.poster = &poster;
  courier.key = settings.callback_key;
  courier.attempts = settings.callback_attempts;
  courier.seed = std::random_device{}();
  courier.clock = system_wall_time;
  courier.body = http::job_ended_message;
  return courier;
}

std::function<bool(std::string_view)> trusts_client_of(const config::settings& settings) {
  if (settings.trusted_clients.empty()) return nullptr;
  return [ranges = fetch::opened_ranges(settings.trusted_clients)](std::string_view text) {
    const auto address = fetch::parse_address(text);
    return address && std::ranges::any_of(ranges, [&](const fetch::cidr& range) { return range.contains(*address); });
  };
}

std::optional<std::string> no_callbacks(std::string_view) { return "callback_url needs a service with --callback-secret"; }

/// Where the URL leads is seen when it is called: that may change until then.
std::optional<std::string> problem_of_callback(std::string_view text) {
  const auto parsed = fetch::parse_url(text);
  const auto* error = std::get_if<fetch::url_error>(&parsed);
  if (error == nullptr) return std::nullopt;
  return "callback_url is not a valid http or https URL: " + error->reason;
}

}  // namespace

/// Members are declared in the order in which they are needed, so that they go in the reverse one.
class service::implementation {
 public:
  implementation(storage::location where, storage::process_lock lock, std::unique_ptr<fetch::engine> engine,
                 std::unique_ptr<fetch::poster> poster, std::shared_ptr<fetch::own_listener> own)
      : where_{std::move(where)}, lock_{std::move(lock)}, engine_{std::move(engine)}, poster_{std::move(poster)}, own_{std::move(own)} {}

  ~implementation() { stop(); }

  std::optional<refused> start(const config::settings& settings, const descriptor_budget& budget, const stores::loaded& stores) {
    drain_timeout_ = settings.drain_timeout;
    writer_.emplace(where_);
    opened_ = true;
    if (!writer_->warning().empty()) log(level::warning, writer_->warning());
    system_ = std::make_unique<caf::actor_system>(config_);
    spawn_actors(settings, budget, stores);
    if (auto problem = listen(settings, budget)) return problem;
    if (poster_) spawn_courier(settings, budget);
    return std::nullopt;
  }

  std::uint16_t port() const { return server_->port(); }

  bool stop() {
    if (std::exchange(stopped_, true)) return true;
    drain();
    const auto last = last_connection();
    end();
    return !opened_ || (last && left_in_order(*last));
  }

 private:
  void drain() {
    if (!supervisor_) return;
    if (courier_) caf::anon_send(*courier_, actors::stop_atom_v);
    caf::scoped_actor self{*system_};
    self->request(*supervisor_, drain_timeout_ + patience, actors::drain_atom_v, drain_timeout_)
        .receive(
            [](const actors::load_report& left) {
              log(level::info, "drained", {{"jobs_left", left.ongoing_jobs}, {"images_left", left.pending_images}});
            },
            [](const caf::error&) {
              log(level::error, "storage does not answer; ending without it, what is not committed is done again at the next start");
              std::_Exit(1);
            });
  }

  /// Ends a handle's actor with the service, also where the start fails halfway: an actor that nobody ends keeps its system for ever.
  template <class Handle>
  Handle owned(Handle actor) {
    spawned_.push_back(caf::actor_cast<caf::strong_actor_ptr>(actor));
    return actor;
  }

  void spawn_actors(const config::settings& settings, const descriptor_budget& budget, const stores::loaded& stores) {
    auto new_reader = [&] { return owned(system_->spawn<caf::detached>(actors::reader, std::make_shared<storage::reader>(where_))); };
    actors::job_colleagues colleagues;
    herald_ = owned(system_->spawn(actors::herald));
    colleagues.ledger = owned(system_->spawn<caf::detached>(actors::ledger, std::make_shared<storage::writer>(std::move(*writer_)),
                                                            wall_clock{system_wall_time}, *herald_));
    writer_.reset();
    colleagues.reader = new_reader();
    colleagues.store_master = owned(system_->spawn(actors::store_master, stores.table));
    colleagues.pool = owned(system_->spawn(actors::image_pool, pool_settings_of(settings, budget, *engine_)));
    supervisor_ =
        owned(system_->spawn(actors::supervisor, actors::supervisor_settings{settings.max_jobs, settings.max_pending_images}, colleagues));
    for (std::size_t i = 0; i < limits::api_readers; ++i) api_readers_.push_back(new_reader());
    audit_reader_ = new_reader();
    for (std::size_t i = 0; i < limits::report_readers; ++i) {
      report_readers_.push_back(owned(system_->spawn<caf::detached>(actors::report_reader, std::make_shared<storage::reader>(where_))));
    }
    store_loader_ = owned(system_->spawn<caf::detached>(actors::store_loader, settings.store_master, colleagues.store_master));
    colleagues_ = colleagues;
  }

  /// When it is known where we listen: see own_listener.
  void spawn_courier(const config::settings& settings, const descriptor_budget& budget) {
    own_->listens_at(fetch::parse_address(settings.bind).value(), server_->port());
    courier_ = owned(system_->spawn<caf::detached>(actors::courier, courier_settings_of(settings, budget.callbacks, *poster_),
                                                   colleagues_->ledger, std::make_shared<storage::reader>(where_)));
  }

  std::optional<refused> listen(const config::settings& settings, const descriptor_budget& budget) {
    http::server_options options;
    options.bind = settings.bind;
    options.port = settings.port;
    options.max_body_bytes = settings.max_body_bytes;
    options.max_connections = budget.api_connections;
    options.askers.own_names = own_names_of(settings);
    options.max_job_images = settings.max_job_images;
    options.docs_folders = docs_folders_of(settings);
    options.client_share = settings.client_share;
    options.trusts_client = trusts_client_of(settings);
    auto started = http::server::start(options, {*supervisor_, api_readers_, *audit_reader_, *herald_, report_readers_,
                                                 colleagues_->store_master, *store_loader_, poster_ ? problem_of_callback : no_callbacks});
    if (auto* problem = std::get_if<http::server::start_error>(&started)) return refused{problem->message, 2};
    server_ = std::move(std::get<std::unique_ptr<http::server>>(started));
    return std::nullopt;
  }

  /// No request, then no fetch, then no actor; the engine object goes after the actors, which may still call it. Answers that actors still
  /// hold for the server go nowhere; its handles of them must be gone before their system is.
  void end() {
    if (server_) server_->stop();
    server_.reset();
    if (engine_) engine_->stop();
    if (poster_) poster_->stop();
    if (!system_) return;
    for (const auto& actor : std::views::reverse(spawned_)) caf::anon_send_exit(actor, caf::exit_reason::user_shutdown);
    spawned_.clear();
    supervisor_.reset();
    colleagues_.reset();
    api_readers_.clear();
    audit_reader_.reset();
    herald_.reset();
    courier_.reset();
    report_readers_.clear();
    store_loader_.reset();
    system_.reset();
    writer_.reset();
  }

  /// Nothing where there is no database to be closed, or where that cannot be done.
  std::unique_ptr<storage::closing> last_connection() {
    if (!opened_) return nullptr;
    try {
      return std::make_unique<storage::closing>(where_);
    } catch (const std::exception& e) {
      log_disorder(e);
      return nullptr;
    }
  }

  static bool left_in_order(storage::closing& last) {
    try {
      last.finish();
      return true;
    } catch (const std::exception& e) {
      log_disorder(e);
      return false;
    }
  }

  static void log_disorder(const std::exception& e) {
    log(level::error, "the database was not left in order: keep its file and its log (-wal) together", {{"reason", e.what()}});
  }

  friend class service;

  storage::location where_;
  storage::process_lock lock_;
  std::optional<storage::writer> writer_;  ///< until the ledger has it
  std::chrono::milliseconds drain_timeout_{0};
  std::unique_ptr<fetch::engine> engine_;
  std::unique_ptr<fetch::poster> poster_;  ///< none: no callbacks
  std::shared_ptr<fetch::own_listener> own_;
  std::unique_ptr<http::server> server_;
  actor_config config_;
  std::unique_ptr<caf::actor_system> system_;
  std::optional<actors::job_colleagues> colleagues_;
  std::optional<actors::supervisor_actor> supervisor_;
  std::vector<actors::reader_actor> api_readers_;
  std::optional<actors::reader_actor> audit_reader_;
  std::optional<actors::herald_actor> herald_;
  std::optional<actors::courier_actor> courier_;
  std::vector<actors::report_reader_actor> report_readers_;
  std::optional<actors::store_loader_actor> store_loader_;
  std::vector<caf::strong_actor_ptr> spawned_;  ///< in the order in which they were
  bool opened_ = false;                         ///< the database
  bool stopped_ = false;
};

service::service(std::unique_ptr<implementation> composed) : implementation_{std::move(composed)} {}
service::~service() = default;
std::uint16_t service::port() const { return implementation_->port(); }
bool service::stop() { return implementation_->stop(); }

namespace {

/// What can be known to be unusable before anything is touched; every problem, because who mends one at a time starts many times.
struct preparation {
  std::optional<storage::location> where;
  stores::loaded stores;
  std::optional<descriptor_budget> budget;
  std::unique_ptr<fetch::engine> engine;
  std::unique_ptr<fetch::poster> poster;
  std::shared_ptr<fetch::own_listener> own = std::make_shared<fetch::own_listener>();
  std::vector<std::string> problems;
};

preparation prepare(const config::settings& settings) {
  preparation ready;
  auto where = storage::location::parse(settings.storage);
  if (auto* problem = std::get_if<storage::location_error>(&where)) {
    ready.problems.push_back(problem->message);
  } else {
    ready.where = std::get<storage::location>(where);
  }
  auto loaded = stores::load(settings.store_master);
  if (auto* problem = std::get_if<stores::load_error>(&loaded)) {
    ready.problems.push_back(problem->message);
  } else {
    ready.stores = std::get<stores::loaded>(loaded);
  }
  if (!settings.docs_folder.empty() && !http::has_swagger_ui(settings.docs_folder)) {
    ready.problems.push_back("docs-folder " + settings.docs_folder +
                             " has no Swagger UI: swagger-ui-bundle.js or swagger-ui.css is missing");
  }
  const auto available = raise_descriptor_limit();
  ready.budget = share_out(available, {settings.fetch_threads, !settings.keep_images.empty(), !settings.callback_key.empty()});
  if (!ready.budget) {
    ready.problems.push_back("only " + std::to_string(available) + " file descriptors are allowed, which is too few to serve");
    return ready;
  }
  if (ready.budget->fetch_threads < settings.fetch_threads) {
    log(level::warning, "fewer fetch threads than asked for: file descriptors are short",
        {{"fetch_threads", static_cast<std::int64_t>(ready.budget->fetch_threads)}, {"descriptors", static_cast<std::int64_t>(available)}});
  }
  try {
    ready.engine = fetch::make_sharing_engine(fetch::make_blocking_engine(engine_options_of(settings, *ready.budget)),
                                              {.reuse_for = settings.reuse_for, .reuse_entries = settings.reuse_entries});
    if (!settings.callback_key.empty()) {
      ready.poster = fetch::make_blocking_poster(poster_options_of(settings, ready.budget->callbacks, ready.own));
    }
  } catch (const std::exception& e) {  // the CA file, the folder for copies
    ready.problems.emplace_back(e.what());
  }
  return ready;
}

/// Those of CAF's scheduler and clock, of the detached actors, of the API, the parser, the resolvers, and of a first fetch and a first
/// callback.
std::size_t threads_at_the_start() {
  constexpr std::size_t clock = 1, ledger = 1, job_reader = 1, audit_reader = 1, courier = 1, store_loader = 1, parser = 1, resolvers = 2,
                        first_fetch = 1, first_callback = 1;
  return scheduler_threads() + clock + ledger + job_reader + limits::api_readers + audit_reader + courier + limits::report_readers +
         store_loader + http::server_options{}.threads + parser + resolvers + first_fetch + first_callback;
}

std::string joined(const std::vector<std::string>& problems) {
  std::string text;
  for (const auto& problem : problems) text += (text.empty() ? "" : "; ") + problem;
  return text;
}

/// 2 where the setting is at fault, 1 where the disk is.
int exit_code_of(const storage::storage_error& e) {
  using kind = storage::storage_error::kind;
  return e.what_kind() == kind::newer_schema || e.what_kind() == kind::read_only || e.what_kind() == kind::other ? 2 : 1;
}

}  // namespace

std::variant<std::unique_ptr<service>, service::refused> service::start(const config::settings& settings) {
  if (auto problem = lack_of_threads(threads_at_the_start())) return refused{std::move(*problem), 1};
  auto ready = prepare(settings);
  if (!ready.problems.empty()) return refused{joined(ready.problems), 2};
  for (const auto& warning : ready.stores.warnings) log(level::warning, warning);
  log(level::info, "Store Master read", {{"stores", static_cast<std::int64_t>(ready.stores.table->size())}});

  auto locked = storage::process_lock::take(*ready.where, settings.file_mode);
  if (auto* problem = std::get_if<storage::process_lock::refused>(&locked)) return refused{problem->message, 2};
  const auto claimed = storage::claim_files(*ready.where, settings.file_mode);
  if (!claimed.problem.empty()) return refused{"storage " + settings.storage + ": " + claimed.problem, 2};
  if (const auto& word = std::get<storage::process_lock>(locked).word_of_mode(); !word.empty()) log(level::warning, word);
  for (const auto& change : claimed.changes) log(level::warning, change);
  auto composed = std::make_unique<implementation>(*ready.where, std::move(std::get<storage::process_lock>(locked)),
                                                   std::move(ready.engine), std::move(ready.poster), std::move(ready.own));
  try {
    if (auto problem = composed->start(settings, *ready.budget, ready.stores)) return std::move(*problem);
  } catch (const storage::storage_error& e) {
    return refused{"storage " + settings.storage + ": " + e.what(), exit_code_of(e)};
  } catch (const std::exception& e) {
    // CAF counts an actor whose thread could not be made as a running one, and its system would wait for it for ever.
    static_cast<void>(composed.release());  // goes with the process
    return refused{std::string{"the system refused what a start takes (threads, memory): "} + e.what(), 1, true};
  }
  return std::unique_ptr<service>{new service{std::move(composed)}};
}

}  // namespace retail_pulse::app
