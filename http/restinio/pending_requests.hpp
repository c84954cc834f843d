#pragma once

#include <chrono>
#include <condition_variable>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "http/responder.hpp"

namespace retail_pulse::http {

/// Writes the response of one request to its connection. One of these is called, once, from any
/// thread; they do not throw.
class response_writer {
 public:
  virtual ~response_writer() = default;
  virtual void write(response r) = 0;
  virtual std::shared_ptr<body_writer> stream(response head) = 0;
};

/// Every request that waits for its response. The first one counts: of the handler, of the
/// deadline, of the last responder's destruction (a 500), or of the server's stop. After `close`
/// has returned no response reaches a connection, whoever still holds a responder: this is why
/// actors may outlive the server.
class pending_requests : public std::enable_shared_from_this<pending_requests> {
 public:
  using clock = std::chrono::steady_clock;

  /// Adds a request, with 503 as its response after `time`; at once when this is closed. Of `r` the
  /// id and the path are kept.
  std::shared_ptr<pending_request> add(const request& r, std::chrono::milliseconds time,
                                       std::shared_ptr<response_writer> to);

  /// Answers every request whose deadline has passed.
  void sweep(clock::time_point now);

  /// Answers every request, and returns when no other thread is writing a response.
  void close();

 private:
  class entry;
  using deadlines = std::multimap<clock::time_point, entry*>;
  using response_maker = std::function<response()>;
  struct last_response {
    std::shared_ptr<response_writer> to;
    response_maker make;
  };

  /// False when this is closed.
  bool enter(entry& e, clock::time_point deadline);
  /// The entry's writer, which counts as being used until `used`; nullptr when there was a
  /// response.
  std::shared_ptr<response_writer> take(entry& e);
  void used(std::size_t writers);
  bool waits(const entry& e);
  void postpone(entry& e, clock::time_point deadline, response_maker late);
  void write_all(std::vector<last_response> responses);

  std::mutex mutex_;
  std::condition_variable none_used_;
  deadlines by_deadline_;
  std::size_t using_ = 0;
  bool closed_ = false;
};

}  // namespace retail_pulse::http
