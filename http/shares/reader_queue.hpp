#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <mutex>
#include <utility>
#include <vector>

#include "http/shares/client_shares.hpp"
#include "http/shares/client_turns.hpp"
#include "http/shares/permit.hpp"

namespace retail_pulse::http {

/// Queries that wait for reader actors, whose mailboxes have no bound. Each reader has one query at
/// a time, and clients take turns: a client with many queries waits for its own, another client
/// only for the one that is being read. Any thread.
template <class Reader>
class reader_queue : public std::enable_shared_from_this<reader_queue<Reader>> {
 public:
  /// Sends a query to a reader. Its reply holds `turn` until it is answered or dropped: then the
  /// reader is free for the next query.
  using query = std::function<void(const Reader& reader, permit turn)>;

  /// `bounds`: queries that wait or are being read.
  reader_queue(std::vector<Reader> readers, const share_bounds& bounds)
      : readers_{std::move(readers)}, shares_{bounds} {
    for (std::size_t i = 0; i < readers_.size(); ++i) free_.push_back(i);
  }

  /// False when too many queries wait, or too many of this client.
  bool ask(const client_address& who, query send) {
    {
      const std::lock_guard lock{mutex_};
      if (!shares_.allows(who, 1)) return false;
    }
    ask_in_any_case(who, std::move(send));
    return true;
  }

  /// Without a bound: for streams, which are bounded elsewhere, and would have to be broken off if
  /// they were rejected in the middle.
  void ask_in_any_case(const client_address& who, query send) {
    {
      const std::lock_guard lock{mutex_};
      if (closed_) return;
      waiting_.add(who, {who, std::move(send)});
      shares_.take(who, 1);
    }
    hand_out();
  }

  /// Drops what waits, and releases the readers.
  void close() {
    client_turns<asked> dropped;  // destroyed after the lock is released
    std::vector<Reader> readers;
    const std::lock_guard lock{mutex_};
    closed_ = true;
    std::swap(dropped, waiting_);
    readers.swap(readers_);
  }

 private:
  struct asked {
    client_address who;
    query send;
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
      next.send(reader, permit{[self = this->shared_from_this(), number, who = next.who] {
                  self->take_back(number, who);
                }});
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
  std::vector<std::size_t> free_;  ///< readers without a query
  client_shares shares_;
  client_turns<asked> waiting_;
  bool closed_ = false;
};

}  // namespace retail_pulse::http
