#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "simulation/scenario.hpp"

namespace retail_pulse::simulation {

/// Whether the newcomer of a world has its turn; without one there is no violation.
class newcomer_watch {
 public:
  explicit newcomer_watch(const scenario& plan);

  void accepted(const job_plan& job, millis now);
  /// The violation; empty when nothing is violated.
  std::string fetch_begins(const std::string& url, millis now);
  void fetch_ends(const std::string& url);

 private:
  const scenario& plan_;
  bool is_watching_ = false;
  std::map<std::string, std::size_t> job_of_;     ///< by URL
  std::map<std::size_t, std::uint64_t> open_of_;  ///< fetches, by job
  bool is_waiting_ = false;
  millis since_{0};
  std::uint64_t fetches_of_others_ = 0;  ///< begun while it waits
};

}  // namespace retail_pulse::simulation
