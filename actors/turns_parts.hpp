// What `turns` is made of: for its own files only.
#pragma once

#include <deque>
#include <list>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "actors/turns.hpp"
#include "core/limits.hpp"

namespace retail_pulse::actors {

/// Lanes in the order in which they came, of the jobs in turn: a job with many lanes gets no more
/// than one with a single lane. Lanes that have gone meanwhile are skipped by the caller.
class turns::lane_ring {
 public:
  void push(std::uint64_t job, lane_ptr of) {
    auto& line = lines_[job];
    if (line.empty()) jobs_.push_back(job);
    line.push_back(std::move(of));
  }
  bool empty() const { return jobs_.empty(); }
  lane_ptr pop() {
    const auto job = jobs_.front();
    jobs_.pop_front();
    const auto found = lines_.find(job);
    auto next = std::move(found->second.front());
    found->second.pop_front();
    if (found->second.empty()) {
      lines_.erase(found);
    } else {
      jobs_.push_back(job);
    }
    return next;
  }

 private:
  std::list<std::uint64_t> jobs_;
  std::map<std::uint64_t, std::list<lane_ptr>> lines_;
};

/// An origin or an address, of which only so many fetches may run at once. Origins without an
/// address share the empty one, or twenty names that cannot be resolved could take every slot.
struct turns::endpoint {
  std::string name;
  bool is_address = false;
  std::size_t fetching = 0;
  std::size_t waiting = 0;  ///< images for it that are queued, or being read
  lane_ring parked;         ///< lanes with images, which wait for a fetch to end
  lane_ring sated;          ///< lanes without, which wait for `waiting` to fall
};

struct turns::origin_endpoint : turns::endpoint {
  std::map<std::uint64_t, lane_ptr> lanes;  ///< by ticket
  std::optional<std::string> address;       ///< not set: being resolved
  origin_health health;
  lane_ptr prober;                    ///< the lane of the next probe, until that is sent
  std::uint64_t last_prober = 0;      ///< its ticket
  std::uint64_t last_reached_by = 0;  ///< ticket of the job
  bool has_missed = false;            ///< lanes that are to be given up when patience is over
  std::optional<std::multimap<steady_point, event>::iterator> due;  ///< looks after it
};

/// Images of one job for one origin.
struct turns::lane {
  std::uint64_t id = 0;
  member* owner = nullptr;            ///< nullptr once it is forgotten
  origin_endpoint* origin = nullptr;  ///< nullptr: reads images whose origins are not known yet

  // unread
  origin_number number = not_numbered;  ///< in storage
  image_number after{-1};               ///< the last image read
  bool more = false;                    ///< there may be images behind it
  std::list<image_stub> stubs;          ///< images that are known by number; read first
  std::list<image_stub> missed;         ///< those that an outage has missed; read last
  std::uint64_t granted = 0;            ///< credits of the turn that is not answered yet
  bool asked_fresh = false;             ///< whether that turn reads on,
  std::vector<image_stub> asked;        ///< and the stubs in it

  std::list<queued_image> images;
  std::size_t in_flight = 0;
  struct resting_image {
    image_stub stub;
    bool was_missed = false;  ///< its origin was not reached, which is evidence
  };
  std::multimap<steady_point, resting_image> resting;

  bool is_ready = false;
  const endpoint* parked_at = nullptr;
  const endpoint* sated_at = nullptr;
  bool wants_turn = false;                ///< it stands in the ring of its job
  int misses = 0;                         ///< of its images, in an outage
  bool was_missed = false;                ///< a probe of its origin failed since it is here
  bool is_given_up = false;               ///< when nothing of it is in flight any more
  std::optional<std::string> woken_by{};  ///< an address, until the lane has used the wake-up or
                                          ///< handed it on

  bool reads_on() const { return more && resting.size() < limits::resting_images; }
  /// Images that a turn could read, as far as is known.
  std::uint64_t readable() const {
    return stubs.size() + (reads_on() ? limits::page_images : missed.size());
  }
  bool has_probe() const { return more || !stubs.empty() || !missed.empty(); }
};

/// A job. held = credits: images queued, in flight, granted, and those in the hands of the job.
struct turns::member {
  pool_member who;
  std::uint64_t held = 0;
  std::uint64_t granted = 0;  ///< of them, for turns that are not answered yet
  std::size_t queued = 0;
  std::size_t fetching = 0;
  std::unordered_map<std::uint64_t, lane_ptr> lanes;               ///< by id
  std::unordered_map<const origin_endpoint*, lane_ptr> by_origin;  ///< those that have one
  lane_ptr reader;  ///< of images without numbers of origins, while there are any
  std::deque<lane_ptr> ready;
  std::deque<lane_ptr> turn_lanes;  ///< may want a turn
  bool in_ring = false;
  bool in_turn_ring = false;
  origin_number last_opened = before_origins;
  bool has_unopened = false;   ///< origins
  std::size_t unresolved = 0;  ///< lanes whose origin has no address yet
  bool is_opening = false;
  bool is_withdrawn = false;
  bool is_exhausted = false;
};

}  // namespace retail_pulse::actors
