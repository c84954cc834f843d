#pragma once

#include <chrono>
#include <memory>
#include <mutex>
#include <optional>

#include "http/handlers/job_follower.hpp"
#include "http/message.hpp"

namespace retail_pulse::http {

/// The answer to a status request, from what the reader says.
response standing_response(const request& r, job_id job, const actors::status_outcome& outcome);

/// A status request that waits for the end of its job, for so long at most; then it is answered as it stands.
class status_wait final : public job_follower {
 public:
  status_wait(following_ptr with, job_id job, std::shared_ptr<void> place, request r, std::chrono::seconds patience, responder answer);

 private:
  using clock = std::chrono::steady_clock;

  void hear(const actors::job_progress& news) override;
  void beat() override {}
  bool waits() const override { return answer_.waits(); }
  void take_status(const actors::status_outcome& outcome) override;
  response as_it_stands();

  const request request_;
  const clock::time_point until_;
  const responder answer_;

  std::mutex mutex_;
  std::optional<job_status> status_;  ///< the last that is known
};

}  // namespace retail_pulse::http
