#include "app/serve/options.hpp"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <random>
#include <system_error>
#include <utility>
#include <vector>

#include "core/text.hpp"
#include "core/time.hpp"
#include "fetch/net/address_guard.hpp"
#include "http/response/job_json.hpp"
#include "observe/log.hpp"

namespace retail_pulse::app {
namespace {

/// Where Swagger UI may be: as configured, or beside the build, or as installed.
std::vector<std::string> docs_folders_of(const config::settings& settings) {
  if (!settings.docs_folder.empty()) return {settings.docs_folder};
  std::error_code unknown;
  const auto program = std::filesystem::read_symlink("/proc/self/exe", unknown);
  return {program.parent_path().parent_path() / "docs", "/usr/share/retail-pulse/docs"};
}

/// The host names under which the API may be reached: the configured ones and the name of this
/// machine.
std::vector<std::string> own_names_of(const config::settings& settings) {
  auto names = settings.public_hosts;
  std::array<char, 256> name{};  // Linux allows 64 bytes
  if (::gethostname(name.data(), name.size() - 1) == 0)
    names.push_back(lower(std::string_view{name.data()}));
  return names;
}

std::function<bool(std::string_view)> trusts_client_of(const config::settings& settings) {
  if (settings.trusted_clients.empty()) return nullptr;
  return [ranges = fetch::opened_ranges(settings.trusted_clients)](std::string_view text) {
    const auto address = fetch::parse_address(text);
    return address && std::ranges::any_of(ranges, [&](const fetch::cidr& range) {
             return range.contains(*address);
           });
  };
}

}  // namespace

fetch::engine_options engine_options_of(const config::settings& settings,
                                        const descriptor_budget& budget) {
  fetch::engine_options options;
  options.how = settings.fetch_mode;
  options.deadline = settings.fetch_deadline;
  options.max_image_bytes = settings.max_image_bytes;
  options.user_agent = settings.user_agent;

  options.allow_addresses = settings.allow_addresses;
  options.allow_hosts = settings.allow_hosts;
  options.ca_file = settings.ca_file;

  options.threads = budget.fetch_threads;
  options.idle_connections = budget.idle_connections;
  options.address_connections = settings.origin_connections;

  options.keep_images = settings.keep_images;
  options.keep_images_bytes = settings.keep_images_bytes;
  options.keep_images_mode = settings.file_mode;
  options.tell = [](const std::string& warning) { observe::log(observe::level::warning, warning); };
  return options;
}

webhooks::poster_options poster_options_of(const config::settings& settings,
                                           const descriptor_budget& budget,
                                           std::shared_ptr<const webhooks::own_listener> own) {
  webhooks::poster_options options;
  options.threads = budget.callbacks;
  options.user_agent = settings.user_agent;

  options.allow_addresses = settings.allow_callback_addresses;
  options.spared = std::move(own);
  options.allow_hosts = settings.allow_hosts;
  options.ca_file = settings.ca_file;
  return options;
}

actors::pool_settings pool_settings_of(const config::settings& settings,
                                       const descriptor_budget& budget, fetch::engine& engine) {
  actors::pool_settings pool;
  pool.images_in_flight = settings.images_in_flight;
  pool.fetch_slots = budget.fetch_threads;
  pool.origin_connections = settings.origin_connections;
  pool.origin_patience.lasts = settings.origin_patience;

  pool.image.engine = &engine;
  pool.attempts = settings.fetch_attempts;
  pool.image.delay_min = settings.gpu_delay_min;
  pool.image.delay_max = settings.gpu_delay_max;
  pool.image.seed = std::random_device{}();
  return pool;
}

actors::courier_settings courier_settings_of(const config::settings& settings,
                                             const descriptor_budget& budget,
                                             webhooks::poster& poster) {
  actors::courier_settings courier;
  courier.poster = &poster;
  courier.at_once = budget.callbacks;
  courier.attempts = settings.callback_attempts;
  courier.key = settings.callback_key;
  courier.body = http::job_ended_message;
  courier.clock = system_wall_time;
  courier.seed = std::random_device{}();
  return courier;
}

http::server_options server_options_of(const config::settings& settings,
                                       const descriptor_budget& budget) {
  http::server_options options;
  options.bind = settings.bind;
  options.port = settings.port;
  options.askers.own_names = own_names_of(settings);
  options.docs_folders = docs_folders_of(settings);

  options.max_connections = budget.api_connections;
  options.max_body_bytes = settings.max_body_bytes;
  options.submissions = {.max_images = settings.max_job_images,
                         .sends_webhooks = !settings.callback_key.empty()};

  options.client_share = settings.client_share;
  options.trusts_client = trusts_client_of(settings);
  return options;
}

}  // namespace retail_pulse::app
