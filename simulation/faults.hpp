#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace retail_pulse::simulation {

/// Everything that goes wrong in a simulated world. The names are those of `--faults`.
enum class fault : std::uint8_t {
  slow_origin,
  dead_origin,
  flapping_origin,
  refusing_origin,
  throttling_origin,
  truncating_origin,
  circular_origin,
  late_name_server,
  moving_name,
  slow_storage,
  busy_storage,
  failing_statement,
  full_disk,
  unknown_commit,
  failing_reads,
  crash,
  crash_in_commit,
  clock_jump,
  store_master_reload,
  drain,
  image_actor_dies,
  job_actor_dies,
  impatient_client,
  client_cancels,
  client_redrives,
  client_repeats_key,
  absent_origin,
  dying_origin,
  silent_urls,
};

struct fault_info {
  fault kind;
  std::string_view name;
  std::string_view meaning;
};

inline constexpr std::array fault_table{
    fault_info{fault::slow_origin, "slow-origin", "takes seconds for an image"},
    fault_info{fault::dead_origin, "dead-origin",
               "never answers: every attempt takes the whole deadline"},
    fault_info{fault::flapping_origin, "flapping-origin",
               "works and fails by turns, with statuses that can pass and some that cannot"},
    fault_info{fault::refusing_origin, "refusing-origin", "refuses connections"},
    fault_info{fault::throttling_origin, "throttling-origin",
               "answers 429, or another status that can pass, with Retry-After"},
    fault_info{fault::truncating_origin, "truncating-origin", "cuts files"},
    fault_info{fault::circular_origin, "circular-origin",
               "redirects in circles, or sends headers without end"},
    fault_info{fault::late_name_server, "late-name-server",
               "answers late, or that there is no address"},
    fault_info{fault::moving_name, "moving-name", "resolves to another address now and then"},
    fault_info{fault::slow_storage, "slow-storage", "the ledger does nothing for a while"},
    fault_info{fault::busy_storage, "busy-storage", "another program holds the lock"},
    fault_info{fault::failing_statement, "failing-statement", "the n-th statement fails"},
    fault_info{fault::full_disk, "full-disk",
               "writes fail for a while, from the middle of a transaction on"},
    fault_info{fault::unknown_commit, "unknown-commit", "a commit is done, and reported as failed"},
    fault_info{fault::failing_reads, "failing-reads", "queries fail for a while"},
    fault_info{fault::crash, "crash", "the process ends between two messages"},
    fault_info{fault::crash_in_commit, "crash-in-commit",
               "the process ends right before or right after a commit"},
    fault_info{fault::clock_jump, "clock-jump",
               "the wall clock jumps by up to an hour, either way"},
    fault_info{fault::store_master_reload, "store-master-reload",
               "a store leaves the Store Master, and comes back"},
    fault_info{fault::drain, "drain", "the process gets SIGTERM, and is started again"},
    fault_info{fault::image_actor_dies, "image-actor-dies", "the fetch engine throws"},
    fault_info{fault::job_actor_dies, "job-actor-dies", "a job actor ends as by an exception"},
    fault_info{fault::impatient_client, "impatient-client",
               "asks for the status all the time, and submits every other job twice"},
    fault_info{fault::client_cancels, "client-cancels", "cancels some of its jobs"},
    fault_info{fault::client_redrives, "client-redrives", "redrives its failed jobs"},
    fault_info{fault::client_repeats_key, "client-repeats-key",
               "submits more than once under one key"},
    fault_info{fault::absent_origin, "absent-origin",
               "cannot be reached for some seconds, now and then"},
    fault_info{fault::dying_origin, "dying-origin",
               "cannot be reached any more, from some moment on"},
    fault_info{fault::silent_urls, "silent-urls", "answers, but for some URLs never"},
};

/// Some of them.
class fault_set {
 public:
  static constexpr fault_set all() {
    return fault_set{(std::uint32_t{1} << fault_table.size()) - 1};
  }
  static constexpr fault_set none() { return fault_set{0}; }

  constexpr bool has(fault kind) const { return (bits_ >> static_cast<unsigned>(kind) & 1) != 0; }
  constexpr fault_set with(fault kind) const {
    return fault_set{bits_ | std::uint32_t{1} << static_cast<unsigned>(kind)};
  }
  constexpr fault_set without(fault kind) const {
    return fault_set{bits_ & ~(std::uint32_t{1} << static_cast<unsigned>(kind))};
  }
  constexpr bool operator==(const fault_set&) const = default;

  /// "crash,drain"; "none" for none.
  std::string text() const {
    std::string names;
    for (const auto& row : fault_table) {
      if (has(row.kind)) names += (names.empty() ? "" : ",") + std::string{row.name};
    }
    return names.empty() ? "none" : names;
  }

 private:
  constexpr explicit fault_set(std::uint32_t bits) : bits_{bits} {}
  std::uint32_t bits_;
};

static_assert(fault_table.size() < 32);

/// The fault of that name, or nothing.
constexpr std::optional<fault> fault_named(std::string_view name) {
  for (const auto& row : fault_table) {
    if (row.name == name) return row.kind;
  }
  return std::nullopt;
}

}  // namespace retail_pulse::simulation
