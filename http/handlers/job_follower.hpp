#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <vector>

#include "actors/protocols.hpp"
#include "http/handlers/handling.hpp"

namespace retail_pulse::http {

/// Whom followers of jobs talk to; shared by all of them. Any thread.
class following {
 public:
  following(actors::herald_actor herald, std::vector<actors::reader_actor> readers, const share_bounds& bounds)
      : herald_{std::move(herald)}, readers_{std::move(readers)}, places_{bounds} {}

  /// The right to follow; nullptr when too many do, in all or from this client.
  std::shared_ptr<void> take_place(const client_address& who) const { return places_.take(who); }
  void follow(job_id job, actors::follower who) const;
  void unfollow(job_id job, std::uint64_t token) const;
  void ask(job_id job, actors::reply<actors::status_outcome> answer) const;
  std::uint64_t next_token() const { return ++last_token_; }

 private:
  const actors::herald_actor herald_;
  const std::vector<actors::reader_actor> readers_;
  const places places_;
  mutable std::atomic<std::size_t> next_reader_{0};
  mutable std::atomic<std::uint64_t> last_token_{0};
};
using following_ptr = std::shared_ptr<const following>;

/// A request that follows a job, until `leave`. The herald's news come first and then the status is read, so that nothing falls between
/// them. Its functions are called on threads of actors and of the server.
class job_follower : public std::enable_shared_from_this<job_follower> {
 public:
  virtual ~job_follower() = default;
  job_follower(const job_follower&) = delete;
  job_follower& operator=(const job_follower&) = delete;

  /// Once, after it is made.
  void start();

 protected:
  /// `place` is given back when this leaves.
  job_follower(following_ptr with, job_id job, std::shared_ptr<void> place);

  job_id job() const { return job_; }
  /// Reads the status; when that is being done already, once more afterwards, because it may be about to tell what was before.
  void ask();
  /// Follows no longer. What this still hears is of no interest.
  void leave();

 private:
  virtual void hear(const actors::job_progress& news) = 0;
  virtual void beat() = 0;
  virtual bool waits() const = 0;
  virtual void take_status(const actors::status_outcome& outcome) = 0;
  void answered(const actors::status_outcome& outcome);

  const following_ptr with_;
  const job_id job_;
  const std::uint64_t token_;
  std::mutex mutex_;
  std::shared_ptr<void> place_;  ///< empty once this has left
  bool asking_ = false;
  bool ask_again_ = false;
};

/// Whether the news are about the end of a run.
inline bool is_end(const actors::job_progress& news) { return news.state != job_state::ongoing; }

/// How far a job is, by its status.
actors::job_progress progress_of(const job_status& status);

}  // namespace retail_pulse::http
