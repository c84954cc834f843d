#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <mutex>
#include <string>
#include <thread>
#include <variant>

#include "http/submission_parser.hpp"

namespace retail_pulse::http {

/// Parses large submissions one after the other on a thread of its own, so that no other request waits for one.
class parser_thread {
 public:
  using parsed = std::variant<submission_ptr, parse_error>;
  /// `digest` is that of the body where it was asked for, else empty.
  using on_parsed = std::function<void(parsed result, std::string digest)>;

  /// `queue_bytes` bounds the bodies that wait or are being parsed; one body is taken whatever its size when there is no other.
  /// `before_each` runs on the thread before each body; tests hold the thread with it.
  /// `max_images` is that of parse_submission.
  explicit parser_thread(std::size_t queue_bytes, std::function<void()> before_each = {},
                         std::size_t max_images = limits::default_job_images);
  ~parser_thread() { stop(); }
  parser_thread(const parser_thread&) = delete;
  parser_thread& operator=(const parser_thread&) = delete;

  /// Any thread. Takes a body and calls `done` from the parser thread; false when the queue is full or the thread is stopped. `done`
  /// is destroyed without a call when the thread is stopped first, or memory runs out.
  bool parse(std::string body, bool wants_digest, on_parsed done);

  /// Drops what waits, lets the body that is being parsed come to its end, and ends the thread. Not from `done`.
  void stop();

 private:
  struct task {
    std::string body;
    bool wants_digest = false;
    on_parsed done;
  };

  void run();
  void handle(task& t) const;

  const std::size_t queue_bytes_;
  const std::function<void()> before_each_;
  const std::size_t max_images_;
  std::mutex mutex_;
  std::condition_variable work_;
  std::deque<task> queue_;
  std::size_t bytes_ = 0;  ///< waiting and being parsed
  bool stopped_ = false;
  std::thread thread_;
};

}  // namespace retail_pulse::http
