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

/// Parses large submissions one after the other on a thread of its own, so that no other request
/// waits for them. Clients take turns.
class parser_thread {
 public:
  using parsed = std::variant<submission_ptr, rejection>;
  /// `digest`: of the body when it was requested, else empty.
  using on_parsed = std::function<void(parsed result, std::string digest)>;

  /// `queue` bounds the bytes of the bodies that wait or are being parsed. A body of any size is
  /// accepted when the queue is empty; the first body of a client is accepted when the total allows
  /// it, whatever the client's share.
  explicit parser_thread(const share_bounds& queue, const submission_rules& rules = {});
  ~parser_thread() { stop(); }
  parser_thread(const parser_thread&) = delete;
  parser_thread& operator=(const parser_thread&) = delete;

  /// Any thread. Queues a body, and calls `done` on the parser thread. False when the queue is
  /// full, for all or for this client, or the thread is stopped. `done` is destroyed without a call
  /// when the thread is stopped first, or memory runs out. The body counts as being parsed until
  /// `done` returns.
  bool parse(const client_address& from, std::string body, bool wants_digest, on_parsed done);

  /// Drops what waits, finishes the body that is being parsed, and ends the thread. Not from
  /// `done`.
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

  const submission_rules rules_;
  std::mutex mutex_;
  std::condition_variable work_;
  client_turns<task> queue_;
  client_shares bytes_;  ///< waiting and being parsed
  bool stopped_ = false;
  std::thread thread_;
};

}  // namespace retail_pulse::http
