#pragma once

#include <chrono>
#include <condition_variable>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "http/message.hpp"

namespace retail_pulse::http {

/// Where the answer of one request goes: its connection. One of these is called, once, from any thread; they do not throw.
class outlet {
 public:
  virtual ~outlet() = default;
  virtual void answer(response r) = 0;
  virtual std::shared_ptr<body_writer> stream(response head) = 0;
};

/// Every request that waits for its answer. Whoever comes first answers: the handler, the deadline, the end of the handler's
/// interest (a 500), or the stop of the server. After `close` has returned no answer reaches a connection any more, whoever still holds the
/// right to give one: that makes it safe for actors to outlive the server.
class open_exchanges : public std::enable_shared_from_this<open_exchanges> {
 public:
  using clock = std::chrono::steady_clock;

  /// Opens an exchange that is answered 503 after `patience`. When the set is closed, that happens at once.
  std::shared_ptr<exchange> open(std::string request_id, std::chrono::milliseconds patience, std::unique_ptr<outlet> to);

  /// Answers every exchange whose deadline has passed.
  void sweep(clock::time_point now);

  /// Answers everything that is open, and returns when no answer is being given by another thread.
  void close();

 private:
  class member;
  using deadlines = std::multimap<clock::time_point, member*>;

  using answer_maker = std::function<response()>;
  struct answerable {
    std::unique_ptr<outlet> to;
    answer_maker answer;
  };

  /// False when the set is closed.
  bool enter(member& m, clock::time_point deadline);
  /// The member's outlet, which counts as being used until `used` is told; nullptr when somebody else was first.
  std::unique_ptr<outlet> take(member& m);
  void used(std::size_t outlets);
  bool has(const member& m);
  void postpone(member& m, clock::time_point deadline, answer_maker late);
  void answer_all(std::vector<answerable> answers);

  std::mutex mutex_;
  std::condition_variable nobody_uses_;
  deadlines by_deadline_;
  std::size_t using_ = 0;
  bool closed_ = false;
};

}  // namespace retail_pulse::http
