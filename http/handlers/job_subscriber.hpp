#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>

#include "actors/protocols.hpp"
#include "http/handlers/status_readers.hpp"
#include "http/shares/permit.hpp"

namespace retail_pulse::http {

/// Where subscribers get progress and statuses from; shared by all of them. Any thread.
class subscriptions {
 public:
  /// A part of `connections` is kept from subscribers, and each client has its share of the rest.
  subscriptions(actors::herald_actor herald, status_readers_ptr statuses, std::size_t connections,
                std::size_t client_percent);

  /// The right to subscribe; empty when too many clients do, in all or from this address.
  permit take(const client_address& client) const { return permits_.take(client); }
  void subscribe(job_id job, actors::subscriber who) const;
  void unsubscribe(job_id job, std::uint64_t token) const;
  const status_readers& statuses() const { return *statuses_; }
  std::uint64_t next_token() const { return ++last_token_; }

 private:
  const actors::herald_actor herald_;
  const status_readers_ptr statuses_;
  const permits permits_;
  mutable std::atomic<std::uint64_t> last_token_{0};
};
using subscriptions_ptr = std::shared_ptr<const subscriptions>;

/// A request that follows a job, until `leave`. It subscribes before it reads the status, so that
/// it misses nothing between them. Its functions are called on threads of actors and of the server.
class job_subscriber : public std::enable_shared_from_this<job_subscriber> {
 public:
  virtual ~job_subscriber() = default;
  job_subscriber(const job_subscriber&) = delete;
  job_subscriber& operator=(const job_subscriber&) = delete;

  /// Call once, after construction.
  void start();

 protected:
  /// `right` is given back by `leave`.
  job_subscriber(subscriptions_ptr with, job_id job, permit right);

  job_id job() const { return job_; }
  /// Reads the status. While that is being done, reads it once more afterwards, because the first
  /// may be too old.
  void read_status();
  /// Unsubscribes. Later calls of the functions below have no effect.
  void leave();

 private:
  virtual void take_progress(const actors::job_progress& progress) = 0;
  virtual void beat() = 0;         ///< every limits::follower_beat
  virtual bool waits() const = 0;  ///< false: the client is gone
  virtual void take_status(const status_outcome& outcome) = 0;
  void status_read(const status_outcome& outcome);

  const subscriptions_ptr with_;
  const job_id job_;
  const std::uint64_t token_;
  std::mutex mutex_;
  permit right_;  ///< empty after `leave`
  bool reading_ = false;
  bool read_again_ = false;
};

/// Whether a run has ended.
inline bool is_end(const actors::job_progress& progress) {
  return progress.state != job_state::ongoing;
}

actors::job_progress progress_of(const job_status& status);

}  // namespace retail_pulse::http
