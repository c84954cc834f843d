#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "actors/image_pool.hpp"
#include "actors/supervisor.hpp"
#include "core/error_code.hpp"
#include "core/submission.hpp"
#include "simulation/faults.hpp"

namespace retail_pulse::simulation {

using millis = std::chrono::milliseconds;

/// An image host of the imaginary web; healthy where it has no fault.
struct origin_plan {
  std::string host;
  std::string address;  ///< some hosts share one
  std::optional<fault> behaviour;
  error_code absence = error_code::connect_failed;  ///< how it fails while it is away: refused, or
                                                    ///< without an address, or silent
  millis round{8000};           ///< of an absent origin: it goes away once in each
  millis dies_at{0};            ///< of a dying origin; 0: it is away from the start
  unsigned silent_percent = 0;  ///< of its URLs, of an origin with silent ones
  /// Its patience outlasts all probes that its silent URLs can spoil: no image of another URL may
  /// be given up.
  bool is_borne = false;

  /// Whether its behaviour goes on when every other fault is over.
  bool outlasts_calm() const {
    return behaviour == fault::dying_origin || behaviour == fault::silent_urls;
  }
  bool is_silent_at(const std::string& url) const {
    return behaviour == fault::silent_urls && would_be_silent_at(url);
  }
  bool would_be_silent_at(const std::string& url) const;  ///< with silent URLs
};

struct visit_plan {
  std::string store;
  std::vector<std::string> urls;
};

/// What one client submits, and when. Every URL occurs once in a scenario.
struct job_plan {
  millis at{0};
  std::vector<visit_plan> visits;
  bool is_asked_about = false;            ///< all the time
  std::optional<millis> cancelled_after;  ///< its client cancels it so long after it was accepted
  int redrives = 0;                       ///< so often its failed images are tried again,
  millis redriven_after{0};               ///< so long after its client saw that it failed
  bool has_key = false;                   ///< it is submitted under a key, and more than once
  bool is_numbered = true;                ///< its origins are; false: as of an earlier version
  std::size_t image_count() const;
  submission_ptr submission() const;
};

/// Something that happens to the process or its storage.
struct incident {
  millis at{0};
  fault kind = fault::crash;
  std::uint64_t drawn = 0;  ///< decides its details
};

/// Everything that is decided before a simulated world begins.
struct scenario {
  std::uint64_t seed = 0;
  fault_set faults = fault_set::none();  ///< those of this world
  actors::pool_settings pool;
  actors::supervisor_settings supervisor;
  std::vector<origin_plan> origins;
  std::vector<job_plan> jobs;
  std::vector<incident> incidents;  ///< by time
  millis calm_at{0};                ///< from here on every fault is over, and every job must end
  std::optional<std::size_t> newcomer;  ///< a job of one image on a quiet host, which comes while
                                        ///< others have many images and only image hosts fail:
                                        ///< other faults lengthen waits that are not for a turn
  std::uint64_t timers_first = 0;  ///< in one of so many steps a timer overtakes messages; 0: never

  const origin_plan& origin_of(const std::string& url) const;
  /// Whether nothing but image hosts goes wrong: then no wait is longer than hosts make it.
  bool only_hosts_fail() const;
  /// The longest time in which every host may have used its connections once, if all are silent.
  millis slots_go_round() const;
};

// Stores of the simulated Store Master.
inline constexpr const char* known_stores[] = {"S1", "S2", "S3"};
inline constexpr const char* passing_store =
    "S4";  ///< goes and comes back with store_master_reload
inline constexpr const char* unknown_store = "S9";
inline constexpr const char* invalid_url_mark = "ftp://";

/// The world of a seed. Of its faults only `allowed` ones are in it; nothing else changes with
/// them.
scenario scenario_of(std::uint64_t seed, fault_set allowed);

}  // namespace retail_pulse::simulation
