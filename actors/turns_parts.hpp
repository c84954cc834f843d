// What `turns` is made of: for its own files only.
#pragma once

#include <atomic>
#include <deque>
#include <list>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "actors/decaying_rate.hpp"
#include "actors/turns.hpp"
#include "core/limits.hpp"

namespace retail_pulse::actors {

/// Lanes in the order in which they came, of the jobs in turn: a job with many lanes gets no more
/// than one with a single lane. Newcomers have every other turn. Lanes that have gone meanwhile are
/// skipped by the caller.
class turns::lane_ring {
 public:
  void push(const member& owner, lane_ptr of);
  bool empty() const { return lines_.empty(); }
  std::size_t jobs() const { return lines_.size(); }
  lane_ptr pop() {
    const bool is_newcomer =
        !newcomers_.empty() && (jobs_.empty() || (newcomer_is_next_ = !newcomer_is_next_));
    const auto job = is_newcomer ? newcomers_.take() : jobs_.front();
    if (!is_newcomer) jobs_.pop_front();
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
  newcomer_line<std::uint64_t> newcomers_;
  bool newcomer_is_next_ = false;
  std::map<std::uint64_t, std::list<lane_ptr>> lines_;
};

/// An origin or an address, of which only so many fetches may run at once.
struct turns::endpoint {
  std::string name;
  std::size_t fetching = 0;
  std::size_t waiting = 0;  ///< images for it that are queued, or being read
  lane_ring parked;         ///< lanes with images, which wait for a fetch to end
  lane_ring sated;          ///< lanes without, which wait for `waiting` to fall
};

/// Origins without an address share the empty one, or twenty names that cannot be resolved could
/// take every slot.
struct turns::address_endpoint : turns::endpoint {
  endpoint doubtful;  ///< the part of it that doubtful origins may take; only `fetching`, `parked`
  wanted_flag wanted = std::make_shared<std::atomic<bool>>(false);  ///< lanes are parked here
};

struct turns::origin_endpoint : turns::endpoint {
  /// Whether it was ever reached, as far as is known here.
  enum class standing : std::uint8_t {
    unknown,   ///< nothing has ended there yet: its fetches are looks
    doubtful,  ///< a look ended without a contact
    proven,
  };

  std::map<std::uint64_t, lane_ptr> lanes;  ///< by ticket
  std::optional<std::string> address;       ///< not set: being resolved
  standing stands = standing::unknown;
  origin_health health;
  lane_ptr prober;                    ///< the lane of the next probe, until that is sent
  std::uint64_t last_prober = 0;      ///< its ticket
  std::uint64_t last_reached_by = 0;  ///< ticket of the job
  bool has_missed = false;            ///< lanes that are to be given up when patience is over
  std::optional<std::multimap<steady_point, event>::iterator> due;  ///< looks after it

  /// It may keep a slot for as long as a fetch may take, for nothing.
  bool is_doubtful() const { return stands == standing::doubtful || health.is_away(); }
};

/// Images of one job for one origin.
struct turns::lane {
  std::uint64_t id = 0;
  steady_point opened{};
  member* owner = nullptr;            ///< nullptr once it is forgotten
  origin_endpoint* origin = nullptr;  ///< nullptr: reads a job that has no numbers of origins, or
                                      ///< its URLs that cannot be fetched

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

  decaying_rate finished;  ///< images with a result

  bool is_ready = false;
  bool is_listed = false;  ///< among the ready ones of its job
  bool is_in_doubtful_ring = false;
  const endpoint* parked_at = nullptr;
  const endpoint* sated_at = nullptr;
  bool wants_turn = false;                ///< it stands in the ring of its job
  int misses = 0;                         ///< of its images, in an outage
  bool was_missed = false;                ///< a probe that was sent since it is here failed
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
  std::deque<lane_ptr> ready;
  std::deque<lane_ptr> turn_lanes;  ///< may want a turn
  bool has_sent = false;            ///< an image
  bool in_ring = false;
  bool in_turn_ring = false;
  origin_number last_opened = before_origins;
  bool has_unopened = false;   ///< origins
  std::size_t unresolved = 0;  ///< lanes whose origin has no address yet
  bool is_opening = false;
  bool is_withdrawn = false;
  bool is_exhausted = false;
};

inline void turns::lane_ring::push(const member& owner, lane_ptr of) {
  const auto job = owner.who.ticket.value;
  auto& line = lines_[job];
  if (line.empty()) {
    if (owner.has_sent) {
      jobs_.push_back(job);
    } else {
      newcomers_.push(job);
    }
  }
  line.push_back(std::move(of));
}

}  // namespace retail_pulse::actors
