#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "fetch/engine/engine.hpp"
#include "simulation/scenario.hpp"

namespace retail_pulse::simulation {

/// Judges by the contacts that image hosts saw which of them the service must take for away, and
/// whether it then probes them only, and counts no attempt. Where an outcome may have come in
/// another order to the service, or the service may have forgotten a host meanwhile because no job
/// wants it, the state of that host is *unsure*, and nothing is a violation until a contact
/// succeeds.
class outage_watch {
 public:
  explicit outage_watch(const scenario& plan) : plan_{plan} {}

  /// The violation; empty when nothing is violated.
  std::string fetch_begins(const std::string& url, const std::string& host, millis now);
  /// `attempts` of the image so far in this run, with this one.
  void fetch_ends(const std::string& url, const std::string& host, const fetch::outcome& with,
                  int attempts, millis now);
  /// The engine throws instead; the image fails for good.
  void engine_explodes(const std::string& url, const std::string& host, millis now);
  /// Images of this host are given up; the violation.
  std::string give_up(const std::string& host) const;
  /// The image has a result.
  void recorded(const std::string& url, const std::string& host);
  /// Another run of its job begins.
  void begin_run(const std::string& url) { missed_.erase(url); }
  /// Jobs may have left the pool, and hosts with them.
  void jobs_leave();
  /// They may do so at any time in this life of the process.
  void jobs_may_die() { jobs_die_ = true; }
  void process_ends();

  /// Fetches of the image that certainly are no attempts, in this run and this life of the process.
  int missed(const std::string& url) const;
  /// Whether a fetch that ends now, and began then, was surely overtaken by one that reached the
  /// host: its silence says nothing.
  bool was_reached_meanwhile(const std::string& url, const std::string& host, millis now) const;

 private:
  struct outage {
    millis since;       ///< the first failure
    millis began;       ///< the failure with which it was away
    millis next_probe;  ///< not before
    std::uint64_t failed_probes = 0;
  };
  struct waiting_image {
    millis rests_until{0};   ///< at least
    bool is_missed = false;  ///< if the host goes away until then
  };
  struct host_state {
    int failures = 0;  ///< in a row, as they count
    millis first_failure{0};
    std::optional<millis> last_failure;
    std::optional<millis> last_reached;
    std::optional<outage> away;
    bool is_unsure = false;
    bool has_doubles = false;             ///< one image of two jobs was fetched twice at once
    std::map<std::string, millis> open;   ///< fetches, and when they began
    std::vector<std::string> missed_now;  ///< images that `last_failure` has missed
    std::map<std::string, waiting_image> waiting;  ///< images that are tried again for sure
  };

  bool is_away_for_sure(const host_state& at, millis now) const;
  void reach(host_state& at, millis now);
  void fail(host_state& at, error_code code, millis began, millis now);
  void begin_outage(host_state& at, millis now);
  void miss(host_state& at, const std::string& url);
  static void look_whether_wanted(host_state& at);

  const scenario& plan_;
  bool jobs_die_ = false;
  std::map<std::string, host_state> hosts_;
  std::map<std::string, int> missed_;  ///< per URL
};

}  // namespace retail_pulse::simulation
