#pragma once

#include <compare>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

#include "http/handlers/job_follower.hpp"
#include "http/message.hpp"

namespace retail_pulse::http {

/// The id of an event: "run.settled". It only grows, and comes from storage, so it means the same after a restart. The end's has a third
/// part, when the job was submitted: it is what a client is told nothing more for, and every database has a job 1.
struct event_id {
  std::int32_t run = 0;
  std::int64_t settled = 0;       ///< images with a result
  std::int64_t submitted_at = 0;  ///< of the end's id: milliseconds since 1970; 0 in any other
  auto operator<=>(const event_id&) const = default;

  static std::optional<event_id> parse(std::string_view text);
  std::string text() const;
};

/// One client of Server-Sent Events. It holds the newest snapshot and one chunk that is being written, whatever the client does.
///
/// The last event before the end has an id below the end's: while everything is settled but the verdict is not there, progress carries no
/// id. So a client whose last id is the end's has seen the end.
class event_stream final : public job_follower {
 public:
  /// `seen` is the last id that the client has had.
  event_stream(following_ptr with, job_id job, std::shared_ptr<void> place, const request& r, std::optional<event_id> seen,
               responder answer);

 private:
  void hear(const actors::job_progress& news) override;
  void beat() override;
  bool waits() const override;
  void take_status(const actors::status_outcome& outcome) override;

  bool streaming() const;
  void refuse(response why);
  void begin(const job_status& status);
  void show(const job_status& status);
  void write_next();
  std::string next_chunk();
  void written(bool ok, bool last);

  const responder answer_;
  const std::string named_;  ///< the job, as the client named it
  const std::string path_;
  const std::string request_id_;

  mutable std::mutex mutex_;
  std::shared_ptr<body_writer> to_;  ///< once it streams
  std::string preface_;
  std::optional<event_id> seen_;
  std::optional<actors::job_progress> newest_;  ///< not sent yet
  std::string end_;                             ///< the last event, not sent yet
  bool beat_ = false;
  bool writing_ = false;
  bool ending_ = false;  ///< the last event is on its way
};

}  // namespace retail_pulse::http
