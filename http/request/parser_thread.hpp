#pragma once

#include <condition_variable>
#include <cstddef>
#include <functional>
#include <mutex>
#include <string>
#include <thread>
#include <variant>

#include "http/request/submission_parser.hpp"
#include "http/shares/client_shares.hpp"
#include "http/shares/client_turns.hpp"

namespace retail_pulse::http {

/// Parses large submissions one after the other on a thread of its own, so that no other request waits for one. Clients take turns.
class parser_thread {
 public:
  using parsed = std::variant<submission_ptr, parse_error>;
  /// `digest` is that of the body where it was asked for, else empty.
  using on_parsed = std::function<void(parsed result, std::string digest)>;

  /// `queue` bounds the bytes of the bodies that wait or are being parsed. One body is taken whatever its size when there is no other, and
  /// one of a client that has no other where there is room. `before_each` runs on the thread before each body; tests hold the thread with
  /// it. `max_images` is that of parse_submission.
  explicit parser_thread(const share_bounds& queue, std::function<void()> before_each = {},
                         std::size_t max_images = limits::default_job_images);
  ~parser_thread() { stop(); }
  parser_thread(const parser_thread&) = delete;
  parser_thread& operator=(const parser_thread&) = delete;

  /// Any thread. Takes a body and calls `done` from the parser thread; false when the queue is full, for all or for this client, or the
  /// thread is stopped. `done` is destroyed without a call when the thread is stopped first, or memory runs out.
  bool parse(const client_address& from, std::string body, bool wants_digest, on_parsed done);

  /// Drops what waits, lets the body that is being parsed come to its end, and ends the thread. Not from `done`.
  void stop();

 private:
  struct task {
    client_address from;
    std::string body;
    bool wants_digest = false;
    on_parsed done;
  };

  void run();
  void handle(task& t) const;

  bool has_room(const client_address& from, std::size_t bytes) const;

  const std::function<void()> before_each_;
  const std::size_t max_images_;
  std::mutex mutex_;
  std::condition_variable work_;
  client_turns<task> queue_;
  client_shares bytes_;  ///< waiting and being parsed
  bool stopped_ = false;
  std::thread thread_;
};

}  // namespace retail_pulse::http
