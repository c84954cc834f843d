#pragma once

#include <compare>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

#include "http/handlers/job_subscriber.hpp"
#include "http/responder.hpp"

namespace retail_pulse::http {

/// The id of an event: "run.settled". It only grows, and comes from storage, so it means the same
/// after a restart. The id of the final event has a third part, the time of the submission: a
/// client that sends it gets nothing more, and every database has a job 1.
struct event_id {
  std::int32_t run = 0;
  std::int64_t settled = 0;       ///< images with a result
  std::int64_t submitted_at = 0;  ///< in the final event's id: milliseconds since 1970; else 0
  auto operator<=>(const event_id&) const = default;

  static std::optional<event_id> parse(std::string_view text);
  std::string text() const;
};

/// One client of Server-Sent Events. It holds the newest snapshot and one chunk that is being
/// written, however slow the client is.
///
/// Every event before the final one has a smaller id: while all images are settled but the job is
/// still ongoing, progress carries no id. So a client whose last id is that of the final event has
/// received it.
class event_stream final : public job_subscriber {
 public:
  /// `seen`: the last id that the client received.
  event_stream(subscriptions_ptr with, job_id job, permit right, std::optional<event_id> seen,
               responder answer);

 private:
  void take_progress(const actors::job_progress& progress) override;
  void beat() override;
  bool waits() const override;
  void take_status(const status_outcome& outcome) override;

  bool streaming() const;
  void finish(response instead);
  void begin(const job_status& status);
  void show(const job_status& status);
  void write_next();
  std::string next_chunk();
  void written(bool ok, bool last);

  const responder answer_;

  mutable std::mutex mutex_;
  std::shared_ptr<body_writer> to_;  ///< once it streams
  std::string preface_;
  std::optional<event_id> seen_;
  std::optional<actors::job_progress> newest_;  ///< not sent yet
  std::string end_;                             ///< the final event, not sent yet
  bool beat_ = false;
  bool writing_ = false;
  bool ending_ = false;  ///< the final event is being sent
};

}  // namespace retail_pulse::http
