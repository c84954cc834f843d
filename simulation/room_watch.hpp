#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <set>
#include <string>

#include "simulation/scenario.hpp"

namespace retail_pulse::simulation {

/// Whether a healthy host with images to fetch is passed over while it has room and slots are free,
/// in worlds in which only image hosts fail: it does not wait for those that are silent.
class room_watch {
 public:
  explicit room_watch(const scenario& plan);

  /// Fetches at this moment.
  struct open_fetches {
    std::size_t all = 0;
    const std::map<std::string, std::size_t>& at;  ///< by host, and by address
  };

  /// An image that can be fetched is in the database.
  void wants(const std::string& url);
  /// It has been fetched, or has its result.
  void wants_no_more(const std::string& url);
  /// The violation; empty when nothing is violated.
  std::string look_at(const open_fetches& open, std::size_t in_flight, millis now);

  /// How long a host may be passed over. Images that wait for silent hosts keep their job from
  /// reading for others, until it is known that these are away: after as many time-outs as count,
  /// the last of which may begin as the one before ends; and the slots go round.
  static millis bound(const scenario& plan);

 private:
  struct host_state {
    std::string address;
    std::set<std::string> wanted;
    std::optional<millis> passed_over_since;
  };

  const scenario& plan_;
  std::map<std::string, host_state>
      hosts_;  ///< healthy ones; none where other things lengthen waits
};

}  // namespace retail_pulse::simulation
