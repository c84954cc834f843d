// turns: decides which job reads next, from which of its origins, and which image is fetched next:
// all fairness and windows of the pool, without actors. A plain value for one thread.
//
// Work is read by origin. A job has a *lane* for each of its origins that is open:
//
//              next_opening -> opened
//                      |
//                      v      the origin is away, its budget is used up, or the job has enough
//     +---------->  UNREAD  <---------------------------------------------+
//     |                |  images are numbers here, or rows that only      |
//     |                |  storage knows: they hold nothing                |
//     |   next_grant   |  (a turn)                                        |
//     |                v                                                  |
//     |             QUEUED --- the origin goes away: handed back ---------+
//     |                |  a credit each
//     |  next_dispatch |
//     |                v
//     |           IN FLIGHT   a credit, a worker, and until `fetched` a slot
//     |                |
//     |     `fetched`  +--- measured ---> a worker during its delay, until `finished` ---+
//     |  takes the     |                                                                 |
//     |  report of an  +--- failed, final ---> its job records it <----------------------+
//     |  attempt; after|                       `settled` gives the credit back
//     |  a failure,    |
//     |  decide_retry  +--- another attempt, or the same one again ---> RESTING (a number, ---+
//     |  says which    |                                                and when it is due)   |
//     |                +--- its origin is away ---> MISSED (a number, read after all others)  |
//     +---------------------------------------------------------------------------------------+
//
// Which job reads next: jobs with lanes that want a turn stand in a ring, and so do the lanes of
// each. A turn is for one lane, and of at most a page. A lane that cannot send soon gets none: its
// origin is not resolved, is away, or has images enough waiting, over all jobs.
//
// Which image is fetched next: a lane with queued images is in one of two states:
//   ready   its first image may be fetched now, as far as is known
//   parked  at an endpoint (its origin, or the address behind it) that has all fetches it may have
// Jobs with ready lanes stand in a ring. Each in turn sends one image, of its lanes in turn. A
// parked lane costs nothing, until a fetch of its endpoint ends: then the next one becomes ready,
// of the jobs in turn. So the cost of a step does not depend on how many jobs or lanes wait.
//
// A job that has not sent an image yet is a newcomer: newcomers have every other turn, the newest
// and the oldest of them alternately. So many small jobs neither keep out one that comes now, nor
// starve those that have begun.
//
// An origin that was never reached may keep slots for nothing, so the first fetches from it are
// looks: they give way after limits::first_look while others wait for their place. An origin of
// which a look ended without a contact is doubtful, and so is one that is away: those have slots of
// their own, of all and of their address, and leave a part to the others.
//
// An origin that is away (see origin_health) gets no turns but for probes: one image at a time. The
// job that reached it last comes first, then those that were missed least, so that URLs that never
// answer do not decide for the others. What is not reached meanwhile is no attempt. When patience
// is over, the lanes that have seen a probe fail are given up, each for the run of its job.
#pragma once

#include <atomic>
#include <cstdint>
#include <deque>
#include <list>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "actors/origin_health.hpp"
#include "actors/protocols.hpp"
#include "actors/retry.hpp"

namespace retail_pulse::actors {

struct turn_limits {
  std::size_t workers = 0;             ///< images in flight
  std::size_t slots = 0;               ///< fetches at once
  std::size_t origin_connections = 0;  ///< fetches at once per origin, and per address
  std::size_t credits = 0;             ///< images read and not yet recorded, over all jobs
  patience origin_patience{};
  retry_settings retries{};
};

/// An image that is known by its number; its text is in storage.
struct image_stub {
  image_number number;
  attempt_history history;
};

/// Whether others wait for a slot; read by fetch threads.
using wanted_flag = std::shared_ptr<std::atomic<bool>>;

/// What a look gives way to: others wait for any slot, or for one of its address.
struct look {
  wanted_flag slot;
  wanted_flag address;
  bool gives_way() const { return *slot || *address; }
};

/// An image in flight, and the endpoints at which its fetch counts: `image.origin` and `address`.
struct dispatch {
  job_ticket ticket;
  queued_image image;
  std::string address;          ///< empty: none that may be fetched from is known
  bool is_probe = false;        ///< of an origin that is away
  bool is_doubtful = false;     ///< it counts among the fetches of doubtful origins
  std::optional<look> as_look;  ///< set: it gives way
  steady_point sent{};
};

/// Gives the newest and the oldest alternately.
template <class T>
class newcomer_line {
 public:
  void push(T next) { line_.push_back(next); }
  bool empty() const { return line_.empty(); }
  T take() {
    const bool is_newest = (newest_is_next_ = !newest_is_next_);
    const T next = is_newest ? line_.back() : line_.front();
    is_newest ? line_.pop_back() : line_.pop_front();
    return next;
  }

 private:
  std::deque<T> line_;
  bool newest_is_next_ = false;
};

class turns {
 public:
  explicit turns(turn_limits limits);
  ~turns();
  turns(turns&&) noexcept;

  /// The time of the calls that follow; never falls.
  void set_time(steady_point now);
  /// What was waiting for this time goes on. After the calls about what has happened: a host that
  /// was just reached is not given up.
  void advance();
  /// When `advance` has something to do.
  std::optional<steady_point> next_event() const;

  // --- jobs; calls for a job that has left change nothing ---------------------------------------

  /// Adds a job; one that is here begins again.
  void join(const pool_member& member);
  /// The answer to an opening.
  void opened(job_ticket ticket, const origin_page& page);
  /// The answer to a turn: queues its images, and takes back the credits that no image took.
  void offer(job_ticket ticket, const image_offer& offer);
  /// Takes back the credits of so many images, which are recorded.
  void settled(job_ticket ticket, std::uint64_t images);
  /// Forgets the job and its images, and takes back all of its credits.
  void leave(job_ticket ticket);
  /// Drops the images that are not in flight, and gives no more turns.
  void withdraw(job_ticket ticket);

  // --- origins ----------------------------------------------------------------------------------

  /// The answer to a look-up.
  void resolved(const std::string& origin, const std::string& address);

  // --- windows ----------------------------------------------------------------------------------

  /// Takes back the slot of a dispatch, and after a failure its worker. True: it failed, and its
  /// result is final and goes to the job. False: it is measured and keeps its worker until
  /// `finished`, or it waits for an attempt, or its job has left.
  bool fetched(const dispatch& done, const attempt_report& report);
  /// Takes back the worker of a dispatch that was measured.
  void finished(const dispatch& done);

  // --- what is to be done next ------------------------------------------------------------------

  struct recipient {
    job_ticket ticket;
    job_actor handle;
  };

  /// The next origin whose address is to be looked up. The answer may never come.
  std::optional<std::string> next_look_up();

  struct opening {
    recipient to;
    origin_number after;
  };
  /// The next job that is to list more of its origins.
  std::optional<opening> next_opening();

  struct grant {
    recipient to;
    page_order order;
  };
  /// The next job that may read, with its credits taken.
  std::optional<grant> next_grant();

  /// The next image to fetch, with its worker and slot taken.
  std::optional<dispatch> next_dispatch();

  struct surrender {
    recipient to;
    abandoned_origin what;
  };
  /// The next origin that is given up.
  std::optional<surrender> next_surrender();

  /// The next job of which no image is left here.
  std::optional<recipient> next_exhausted();

  /// nullptr once the job has left.
  const pool_member* find(job_ticket ticket) const;

  /// Those origins of a job, here or not, that are away, have images in flight, or had lately.
  live_origins origins_at_work(job_id job) const;

  std::size_t in_flight() const { return in_flight_; }  ///< workers taken
  std::size_t fetching() const { return fetching_; }    ///< slots taken
  std::size_t held() const { return limits_.credits - credits_; }

 private:
  struct endpoint;
  struct address_endpoint;
  struct origin_endpoint;
  struct lane;
  struct member;
  using lane_ptr = std::shared_ptr<lane>;
  class lane_ring;

  struct event {
    std::weak_ptr<lane> resting;  ///< an image of this lane is due; or
    std::string origin;           ///< this origin is to be looked at
  };

  member* member_of(job_ticket ticket);
  origin_endpoint* origin_of(const std::string& name);
  address_endpoint& address_of(const std::string& name);

  // lanes
  lane_ptr add_lane(member& owner);
  lane_ptr lane_at(member& owner, const std::string& origin);
  /// Queues an image that a turn of `from` has read, or hands it back.
  void enqueue(const lane_ptr& from, queued_image image);
  void hand_back(lane& of);
  void drop_unread(lane& of);
  /// Forgets the lane if nothing of it is left, or gives it up if that is to be.
  void tidy(const lane_ptr& of);
  void forget(const lane_ptr& gone);
  void give_back_credits(member& owner, std::uint64_t count);

  // turns
  void consider(const lane_ptr& candidate);
  void consider(member& candidate);
  void consider_opening(member& candidate);
  void consider_exhausted(member& candidate);
  std::uint64_t turn_size(const lane& candidate) const;
  std::uint64_t origin_budget() const;
  /// The endpoint of the lane that has images enough waiting; nullptr: all have room.
  endpoint* sated_endpoint_of(const lane& candidate);
  grant grant_turn(const lane_ptr& to, std::uint64_t size);
  static void read_probe(lane& of, page_order& order);

  // dispatching
  void make_ready(const lane_ptr& ready);
  std::optional<dispatch> dispatch_newcomer();
  std::optional<dispatch> dispatch_in_turn();
  std::optional<dispatch> dispatch_doubtful();
  std::optional<dispatch> dispatch_from(member& owner);
  void park(const lane_ptr& of, endpoint& full);
  endpoint* full_endpoint_of(const lane& candidate);
  dispatch take_front(member& owner, const lane_ptr& from);
  /// Makes the lane ready that is next at this endpoint; nullptr: no lane is parked there.
  lane_ptr wake(endpoint& freed);
  void wake(address_endpoint& freed);
  /// A lane stopped being ready although its endpoints may have room: others parked there move up.
  void pass_on(lane& gone);
  /// Where an address woke this lane and still has room, another lane parked there moves up.
  void hand_on_wake_up(lane& woken);
  void wake_if_free(const std::string& address);

  // what comes back
  void give_back_slot(const dispatch& done);
  /// The lane of the image; nullptr: its job has left.
  lane_ptr give_back_worker(const dispatch& done);
  /// True: the result is final.
  bool failed(const dispatch& done, const attempt_report& report, bool is_missed);
  /// Keeps the number of an image for the attempt that follows.
  void rest(const lane_ptr& of, const image_stub& stub, const retry_decision& next, bool is_missed);
  /// An image of the lane has its result.
  void count_result(const lane_ptr& of);

  // origins
  void change_waiting(origin_endpoint& at, std::int64_t by);
  void change_waiting(endpoint& at, std::int64_t by);
  void set_address(origin_endpoint& of, const std::string& address);
  void forget_if_idle(origin_endpoint& origin);
  void forget_address_if_idle(const std::string& address);
  void judge(origin_endpoint& origin, const dispatch& done, const attempt_report& report,
             bool is_missed);
  /// A probe that was sent then has failed.
  void take_missed_probe(origin_endpoint& origin, steady_point sent);
  void take_failed_look(origin_endpoint& origin);
  void prove(origin_endpoint& origin);
  void begin_outage(origin_endpoint& origin);
  void end_outage(origin_endpoint& origin);
  /// Gives up what is to be given up, and chooses the lane of the next probe when it is time.
  void look_after(origin_endpoint& away);
  /// False: nothing is left of the origin.
  bool give_up_missed(origin_endpoint& away);
  void choose_prober(origin_endpoint& away);
  void schedule_look_after(origin_endpoint& away);
  void cancel_look_after(origin_endpoint& origin);
  void surrender_lane(const lane_ptr& given_up);
  void wake_resting(const lane_ptr& of);

  turn_limits limits_;
  steady_point now_{};
  std::size_t credits_;  ///< free ones
  std::size_t in_flight_ = 0;
  std::size_t fetching_ = 0;
  std::uint64_t last_lane_ = 0;
  std::unordered_map<std::uint64_t, std::unique_ptr<member>> members_;  ///< by ticket
  std::unordered_map<std::int64_t, job_ticket> tickets_;  ///< of the members, by id of the job
  std::unordered_map<std::string, std::unique_ptr<origin_endpoint>> origins_;
  std::unordered_map<std::string, std::unique_ptr<address_endpoint>> addresses_;
  newcomer_line<job_ticket> newcomers_;  ///< with ready lanes
  std::deque<job_ticket> ring_;          ///< other jobs with ready lanes
  std::unique_ptr<lane_ring> doubtful_;  ///< ready lanes of doubtful origins
  std::size_t fetching_doubtful_ = 0;    ///< slots that they have
  int source_ = 0;                       ///< which of these three was served last
  wanted_flag slot_wanted_ = std::make_shared<std::atomic<bool>>(false);
  std::deque<job_ticket> turn_ring_;  ///< jobs with lanes that want a turn
  std::deque<std::string> look_ups_;
  std::deque<job_ticket> openings_;
  std::deque<job_ticket> exhausted_;
  std::deque<surrender> surrenders_;
  std::multimap<steady_point, event> events_;
};

}  // namespace retail_pulse::actors
