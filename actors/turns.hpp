// turns: decides which job reads next, and which image is fetched next: all fairness and windows of
// the pool, without actors. A plain value for one thread.
//
// The way of an image, by the calls of `turns`, and what it holds on its way:
//
//   next_grant     offer           next_dispatch    fetched          reported         settled
//      |  the job     |  queued in a    |  fetched     |  measured,     |  recorded by  |
//      |  reads it    |  lane          |  by a worker |  then delayed  |  its job      |
//      [ credit -----------------------------------------------------------------------)
//                                      [ slot --------)
//                                      [ worker ----------------------)
//                     ^                                                 |
//                     +------ again ---- retry wait --------------------+
//
// Which job reads next: a job gets one turn at a time, of at most a page, and only while it has few
// images ready to be fetched. Jobs that want a turn stand in a ring, and are served in order.
//
// Which image is fetched next: every job has one lane per origin. A lane is in one of three states:
//   ready   its first image may be fetched now, as far as is known
//   parked  at an endpoint (its origin, or the address behind it) that has all fetches it may have
//   parked  at its origin, until the address behind that is resolved
// Jobs with ready lanes stand in a ring. Each in turn sends one image, of its lanes in turn. A lane
// that is parked costs nothing, until a fetch of its endpoint ends: then the one that was parked
// first becomes ready. So the cost of a step does not depend on how many jobs or lanes wait.
//
// An example, with one fetch at a time per origin. Job A has the images a1 and a2 of origin x, and
// a3 of origin y. Job B has b1 of x.
//
//   ring   lanes of A        lanes of B   parked at x   next_dispatch
//   A B    x: a1 a2, y: a3   x: b1        -             a1; A goes to the end of the ring
//   B A    y: a3, x: a2      x: b1        -             x is full: parks B's lane, goes on with A
//   A      y: a3, x: a2      -            B             a3; the empty lane y is forgotten
//   A      x: a2             -            B             x is full: parks A's lane; nothing is sent
//   -      -                 -            B A           (fetched(a1) makes B's lane ready)
//   B      -                 x: b1        A             b1
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
  std::size_t workers = 0;             ///< images between order and report
  std::size_t slots = 0;               ///< fetches at once
  std::size_t origin_connections = 0;  ///< fetches at once per origin, and per address
  std::size_t credits = 0;             ///< images read and not yet recorded, over all jobs
};

/// An image in flight, and the endpoints at which its fetch counts: `image.origin` and `address`.
struct dispatch {
  job_ticket ticket;
  queued_image image;
  std::string address;  ///< empty: none that may be fetched from is known
};

class turns {
 public:
  /// Calls `resolve` for the address behind each new origin; the answer comes back through
  /// `resolved`, later or never.
  turns(turn_limits limits, std::function<void(const std::string& origin)> resolve);
  ~turns();
  turns(turns&&) noexcept;

  // --- jobs; calls for a job that has left change nothing ---------------------------------------

  /// Adds a job, or one that has found more to read.
  void join(const pool_member& member);
  /// The answer to a turn: queues its images, and takes back the credits that no image took.
  void offer(job_ticket ticket, const image_offer& offer);
  /// Queues an image before the others of its lane, for another attempt.
  void again(job_ticket ticket, const queued_image& image);
  /// Takes back the credits of so many images, which are recorded.
  void settled(job_ticket ticket, std::uint64_t images);
  /// Forgets the job and its queued images, and takes back all of its credits.
  void leave(job_ticket ticket);
  /// Drops the queued images and gives no more turns. Returns how many images were dropped; the job
  /// still holds their credits.
  std::uint64_t withdraw(job_ticket ticket);

  // --- origins ----------------------------------------------------------------------------------

  void resolved(const std::string& origin, const std::string& address);

  // --- windows ----------------------------------------------------------------------------------

  /// Takes back the slot of a dispatch. `address` is where its fetch began, for later images of the
  /// origin; empty where that is not known.
  void fetched(const dispatch& done, const std::string& address);
  /// Takes back the worker of a dispatch. `will_retry`: its image comes back through `again`.
  void reported(const dispatch& done, bool will_retry);

  struct grant {
    job_ticket ticket;
    job_actor handle;
    std::uint64_t credits = 0;
  };
  /// The next job that may read a page, with its credits taken.
  std::optional<grant> next_grant();

  /// The next image to fetch, with its worker and slot taken.
  std::optional<dispatch> next_dispatch();

  /// nullptr once the job has left.
  const pool_member* find(job_ticket ticket) const;

  std::size_t in_flight() const { return in_flight_; }  ///< workers taken
  std::size_t fetching() const { return fetching_; }    ///< slots taken
  std::size_t held() const { return limits_.credits - credits_; }

 private:
  struct endpoint;
  struct queue_lane;
  struct member;
  using lane_ptr = std::shared_ptr<queue_lane>;

  member* member_of(job_ticket ticket);
  void enqueue(member& owner, const queued_image& image, bool first);
  void drop_lanes(member& owner);
  void make_ready(const lane_ptr& ready);
  std::optional<dispatch> dispatch_from(member& owner);
  /// The endpoint of the lane's next fetch that has all the fetches it may have; nullptr: all have
  /// room.
  endpoint* full_endpoint_of(const queue_lane& lane);
  dispatch take_front(member& owner, const lane_ptr& from);
  /// Makes the lane ready that has been parked longest at this endpoint.
  void wake(endpoint& freed);
  /// A lane stopped being ready although its endpoints may have room: others parked there move up.
  void pass_on(queue_lane& gone);
  /// Where an address woke this lane and still has room, another lane parked there moves up.
  void hand_on_wake_up(queue_lane& woken);
  void wake_if_free(const std::string& address);
  void forget_if_idle(const std::string& origin);
  void forget_address_if_idle(const std::string& address);
  bool wants_turn(const member& candidate) const;
  /// Puts the job into the ring of turns, if it wants one.
  void consider(member& candidate);
  std::uint64_t turn_size(const member& candidate) const;

  turn_limits limits_;
  std::function<void(const std::string&)> resolve_;
  std::size_t credits_;  ///< free ones
  std::size_t in_flight_ = 0;
  std::size_t fetching_ = 0;
  std::unordered_map<std::uint64_t, std::unique_ptr<member>> members_;  ///< by ticket
  std::unordered_map<std::string, std::unique_ptr<endpoint>> origins_;
  std::unordered_map<std::string, std::unique_ptr<endpoint>> addresses_;
  std::deque<job_ticket> ring_;       ///< jobs with ready lanes
  std::deque<job_ticket> turn_ring_;  ///< jobs that may want a turn
};

}  // namespace retail_pulse::actors
