#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "actors/messages.hpp"
#include "core/audit.hpp"
#include "core/job.hpp"
#include "core/limits.hpp"
#include "core/submission.hpp"
#include "http/request/asker.hpp"
#include "http/request/submission_parser.hpp"

/// A real server on a free port of the loopback, in front of actors that do what a test tells them.
namespace retail_pulse::tests {

/// How an actor treats the questions it gets.
enum class manner : std::uint8_t {
  normal,  ///< jobs are accepted with ids from 1, and once per key; jobs that are known can be
           ///< cancelled and redriven; statuses and audits are those of `know`; the load has
           ///< numbers from 1 to 6
  starting,
  full,
  too_large,
  draining,
  storage_failed,
  job_ended,
  job_ongoing,
  nothing_failed,
  key_busy,
  hold,    ///< keeps the question until `let_go`
  forget,  ///< drops the question
  die,     ///< ends without an answer
};

struct world_options {
  std::string bind = "127.0.0.1";
  std::uint16_t port = 0;
  std::size_t max_body_bytes = std::size_t{1} << 20;
  std::size_t max_connections = 256;
  std::size_t threads = 2;
  http::submission_rules submissions{};
  std::size_t parser_queue_bytes = limits::parser_queue_bytes;
  std::size_t received_bodies_bytes = limits::received_bodies_bytes;
  std::chrono::milliseconds request_read = limits::request_read;
  std::chrono::milliseconds request_head = limits::request_head;
  std::chrono::milliseconds idle = limits::api_idle;
  std::chrono::milliseconds request_handle = limits::request_handle;
  std::chrono::milliseconds readiness_answer = limits::readiness_answer;
  unix_millis wall_time{0};
  std::vector<std::string> docs_folders{};
  /// Called with each submission for the supervisor, on the thread that sends it.
  std::function<void(const submission&)> before_submit{};
  http::asker_rules askers{};
  std::size_t client_share = limits::default_client_share;
  std::size_t unread_answers_bytes = limits::unread_answers_bytes;
  std::function<bool(std::string_view address)> trusts_client{};
};

class world {
 public:
  explicit world(const world_options& options = {});
  ~world();

  /// Why the server did not start, empty when it did.
  const std::string& problem() const;
  std::uint16_t port() const;
  const std::vector<std::string>& routes() const;
  void stop_server();
  void destroy_server();

  void supervisor_is(manner m);
  void reader_is(manner m);        ///< the readers for statuses
  void audit_reader_is(manner m);  ///< the one for audits
  /// How the readers of reports answer, on their thread, where they are normal. Without an answer
  /// there is nothing.
  struct reports {
    std::function<actors::query_outcome<job_page>(const actors::jobs_question&)> jobs;
    std::function<actors::query_outcome<job_report>(const actors::report_question&)> report;
    std::function<actors::query_outcome<origin_summaries>(const actors::origins_question&)> origins;
    std::function<actors::query_outcome<image_page>(const actors::images_question&)> images;
    std::function<actors::query_outcome<actors::visits_page>(const actors::visits_question&)>
        visits;
    std::function<actors::reload_outcome()> reload;
    std::function<actors::live_origins(job_id)> live;  ///< the pool's answer; by default nothing
  };
  void reports_are(reports how);
  void report_reader_is(manner m);  ///< the readers for reports,
  void pool_is(manner m);           ///< the pool,
  void store_master_is(manner m);   ///< the store master,
  void store_loader_is(manner m);   ///< and the store loader
  void know(const job_status& status);
  void know(const job_audit& audit);
  /// Publishes progress to the subscribers of the job, as the herald does; and a beat to all.
  void tell(const job_status& progress);
  void beat();
  /// Waits until there are `count` subscribers.
  void wait_for_followers(std::size_t count);
  /// Waits until `count` statuses have been asked for since the world began.
  void wait_for_status_questions(std::size_t count);
  /// Waits until `questions` questions are held.
  void wait_for_held(std::size_t questions);
  /// Answers all held questions as a normal actor would.
  void let_go();
  std::size_t submissions() const;
  submission_ptr last_submission() const;
  std::vector<std::string> last_key()
      const;  ///< text and digest; empty when the last submission had none

 private:
  struct inside;
  void in_the_herald(std::function<void()> what);
  std::unique_ptr<inside> inside_;
};

/// A submission that is accepted, of at least `bytes` bytes.
std::string good_submission(std::size_t bytes = 0);

}  // namespace retail_pulse::tests
