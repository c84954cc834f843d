#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <mutex>
#include <utility>
#include <vector>

#include "http/shares/client_shares.hpp"
#include "http/shares/client_turns.hpp"

namespace retail_pulse::http {

/// Questions that wait for reader actors, whose mailboxes have no bound: each reader has one question at a time, and the clients that wait
/// take turns. So who asks for much waits for its own questions, and another client for the one that is being read. Any thread.
template <class Reader>
class reader_queue : public std::enable_shared_from_this<reader_queue<Reader>> {
 public:
  /// Sends a question to a reader. Its reply holds `turn` until it is answered, or dropped: then the reader is free for the next one.
  using question = std::function<void(const Reader& reader, std::shared_ptr<void> turn)>;

  /// `bounds`: questions that wait or are being read.
  reader_queue(std::vector<Reader> readers, const share_bounds& bounds) : readers_{std::move(readers)}, shares_{bounds} {
    for (std::size_t i = 0; i < readers_.size(); ++i) free_.push_back(i);
  }

  /// False where too many questions wait, or too many of this client.
  bool ask(const client_address& who, question send) {
    {
      const std::lock_guard lock{mutex_};
      if (!shares_.allows(who, 1)) return false;
    }
    ask_in_any_case(who, std::move(send));
    return true;
  }

  /// For who is bounded elsewhere, and would break off what has begun if it were refused.
  void ask_in_any_case(const client_address& who, question send) {
    {
      const std::lock_guard lock{mutex_};
      if (closed_) return;
      waiting_.add(who, {who, std::move(send)});
      shares_.take(who, 1);
    }
    hand_out();
  }

  /// Drops what waits, and lets go of the readers.
  void close() {
    client_turns<asked> dropped;  // goes without the lock
    std::vector<Reader> readers;
    const std::lock_guard lock{mutex_};
    closed_ = true;
    std::swap(dropped, waiting_);
    readers.swap(readers_);
  }

 private:
  struct asked {
    client_address who;
    question send;
  };

  void hand_out() {
    for (;;) {
      std::unique_lock lock{mutex_};
      if (closed_ || free_.empty() || waiting_.empty()) return;
      const auto number = free_.back();
      free_.pop_back();
      const auto next = waiting_.next();
      const auto reader = readers_[number];
      lock.unlock();
      std::shared_ptr<void> turn{this, [self = this->shared_from_this(), number, who = next.who](void*) { self->take_back(number, who); }};
      next.send(reader, std::move(turn));
    }
  }

  void take_back(std::size_t number, const client_address& who) {
    {
      const std::lock_guard lock{mutex_};
      free_.push_back(number);
      shares_.give_back(who, 1);
    }
    hand_out();
  }

  std::mutex mutex_;
  std::vector<Reader> readers_;
  std::vector<std::size_t> free_;  ///< readers without a question
  client_shares shares_;
  client_turns<asked> waiting_;
  bool closed_ = false;
};

}  // namespace retail_pulse::http
