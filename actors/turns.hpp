#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>

#include "actors/protocols.hpp"

namespace retail_pulse::actors {

struct turn_limits {
  std::size_t places = 0;              ///< images between fetch and report
  std::size_t slots = 0;               ///< fetches at once
  std::size_t origin_connections = 0;  ///< fetches at once per origin, and per address
  std::size_t credits = 0;             ///< images read and not yet recorded, over all jobs
};

/// An image on its way, and the keys it holds.
struct dispatch {
  job_ticket ticket;
  queued_image image;
  std::string address;  ///< empty: there is none that may be fetched from
};

/// Who is next: the fairness and all windows of the pool, without actors. A plain single-threaded value.
///
/// Every job has one lane per origin. A lane is *ready*, or *parked* on the key that is full (its origin, or the address behind it), or
/// waits for its origin's address. Jobs with ready lanes stand in a ring, and each in turn sends one image. Parked lanes cost nothing until
/// a fetch of their key ends; that wakes the lane that has waited longest. So the cost of a step does not depend on how many jobs wait.
class turns {
 public:
  /// `resolve` is asked for the address behind an origin; the answer comes back through `resolved`, later or never.
  turns(turn_limits limits, std::function<void(const std::string& origin)> resolve);
  ~turns();
  turns(turns&&) noexcept;

  // --- jobs ---
  /// A new member, or one that has found more to read.
  void join(const pool_member& member);
  void offer(job_ticket ticket, const image_offer& offer);
  void again(job_ticket ticket, const queued_image& image);
  void settled(job_ticket ticket, std::uint64_t images);
  void leave(job_ticket ticket);
  /// Drops what the member has in lanes, and gives it no more turns; how many images were dropped, whose credits it still holds.
  std::uint64_t withdraw(job_ticket ticket);

  // --- origins ---
  void resolved(const std::string& origin, const std::string& address);

  // --- windows ---
  /// The fetch of a dispatch is over; `address` is the one its origin led to, empty when that is not known.
  void fetched(const dispatch& done, const std::string& address);
  /// The dispatch is reported: its place is free. `rests`: its image waits for another attempt, and comes back through `again`.
  void reported(const dispatch& done, bool rests);

  struct grant {
    job_ticket ticket;
    job_actor handle;
    std::uint64_t credits = 0;
  };
  /// The next job that may read a page, with its credits taken.
  std::optional<grant> next_grant();

  /// The next image, with its place and slot taken.
  std::optional<dispatch> next_dispatch();

  /// The member of that ticket, or nullptr once it has left.
  const pool_member* find(job_ticket ticket) const;

  std::size_t in_flight() const { return in_flight_; }
  std::size_t fetching() const { return fetching_; }
  std::size_t held() const { return limits_.credits - credits_; }

 private:
  struct queue_lane;
  struct member;
  struct key;
  using lane_ptr = std::shared_ptr<queue_lane>;

  member* member_of(job_ticket ticket);
  void enqueue(member& owner, const queued_image& image, bool first);
  void drop_lanes(member& owner);
  void make_ready(const lane_ptr& ready);
  std::optional<dispatch> dispatch_from(member& owner);
  dispatch take_front(member& owner, const lane_ptr& from);
  void wake(key& freed);
  /// A lane stopped being ready although its keys may have room: others that wait for them move up.
  void pass_on(queue_lane& gone);
  /// If an address woke this lane and has room still, another lane of that address moves up.
  void hand_on_wake_up(queue_lane& woken);
  void wake_if_free(const std::string& address);
  void forget_if_idle(const std::string& origin);
  void forget_address_if_idle(const std::string& address);
  bool wants_turn(const member& candidate) const;
  void consider(member& candidate);
  std::uint64_t turn_size(const member& candidate) const;

  turn_limits limits_;
  std::function<void(const std::string&)> resolve_;
  std::size_t credits_;
  std::size_t in_flight_ = 0;
  std::size_t fetching_ = 0;
  std::unordered_map<std::uint64_t, std::unique_ptr<member>> members_;
  std::unordered_map<std::string, std::unique_ptr<key>> origins_;
  std::unordered_map<std::string, std::unique_ptr<key>> addresses_;
  std::deque<job_ticket> ring_;       ///< jobs with ready lanes
  std::deque<job_ticket> turn_ring_;  ///< jobs that may read
};

}  // namespace retail_pulse::actors
