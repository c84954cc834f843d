// config: the settings of `serve`: defaults, overridden by the TOML file, the environment and
// flags, in this order; merged as text, validated once. Start at flags.hpp. May use: src/core, the
// pure parsers of src/fetch and src/storage, CLI11, toml++. Never: stops at the first problem, or
// ignores an unknown word.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "core/limits.hpp"
#include "fetch/engine/engine.hpp"
#include "observe/log.hpp"
#include "storage/location.hpp"

namespace retail_pulse::config {

/// Everything `serve` runs with. Only values that passed validation get here.
struct settings {
  std::string bind = "127.0.0.1";
  std::uint16_t port = 8080;
  std::vector<std::string> public_hosts;  ///< host names under which clients reach the API; in the
                                          ///< form that a parsed URL has
  std::string store_master = "data/StoreMasterAssignment.csv";
  std::string storage = "sqlite:var/retail-pulse.db";  ///< accepted by storage::location::parse
  mode_t file_mode = limits::default_file_mode;  ///< of database, log and pictures; one of 0600,
                                                 ///< 0640, 0660, 0644, 0664
  std::size_t images_in_flight = limits::default_images_in_flight;
  std::size_t fetch_threads = limits::default_fetch_threads;
  std::size_t origin_connections = limits::default_origin_connections;
  std::chrono::milliseconds gpu_delay_min{100};
  std::chrono::milliseconds gpu_delay_max{400};  ///< at least gpu_delay_min; both 0: no delay
  fetch::mode fetch_mode = fetch::mode::full;
  std::chrono::milliseconds fetch_deadline = limits::default_fetch_deadline;
  int fetch_attempts = limits::default_fetch_attempts;
  std::chrono::milliseconds origin_patience = limits::default_origin_patience;
  std::int64_t max_image_bytes = limits::default_image_bytes;
  std::vector<std::string> allow_addresses;           ///< CIDRs
  std::vector<std::string> allow_callback_addresses;  ///< CIDRs
  std::vector<std::string> allow_hosts;
  std::string ca_file;
  std::string user_agent =
      limits::default_user_agent;          ///< printable ASCII without blanks around it
  std::chrono::milliseconds reuse_for{0};  ///< 0: results are not reused
  std::size_t reuse_entries = limits::default_reuse_entries;
  std::string
      keep_images;  ///< folder; empty: no pictures are kept, as always if fetch_mode is header
  std::int64_t keep_images_bytes = limits::default_keep_images_bytes;
  std::int64_t max_jobs = limits::default_jobs;
  std::int64_t max_pending_images = limits::default_pending_images;
  std::size_t max_job_images = limits::default_job_images;
  std::size_t max_body_bytes = limits::default_body_bytes;
  std::size_t client_share =
      limits::default_client_share;          ///< percent of what other clients leave; 100: no limit
  std::vector<std::string> trusted_clients;  ///< CIDRs of clients without that limit
  std::string docs_folder;                   ///< of Swagger UI; empty: the usual places
  std::string callback_key;  ///< the decoded key that signs webhooks: a secret. Empty: webhooks are
                             ///< disabled
  int callback_attempts = limits::default_callback_attempts;
  std::chrono::milliseconds drain_timeout = limits::default_drain;
  observe::log_options log;
};

/// Every problem, one sentence each, naming the flag, variable or file key it came from.
struct problems {
  std::vector<std::string> messages;
};

}  // namespace retail_pulse::config
