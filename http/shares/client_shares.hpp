#pragma once

#include <algorithm>
#include <cstddef>
#include <map>
#include <optional>

#include "http/shares/client_address.hpp"

namespace retail_pulse::http {

/// A total that clients share, in whatever unit.
struct share_bounds {
  std::size_t total = 0;
  std::size_t percent =
      100;  ///< the part of what other clients leave that one client may hold; 100: all of it
  std::size_t least =
      1;  ///< what a client may hold whatever its share is, where the total allows it
};

/// How much of a total each client holds, and whether it may hold more. A client may hold a part of
/// what the others leave, so one client never holds everything, and a few together hardly do. A
/// plain value without a lock.
class client_shares {
 public:
  explicit client_shares(const share_bounds& bounds) : bounds_{bounds} {}

  std::size_t total() const { return bounds_.total; }
  std::size_t held() const { return held_; }
  std::size_t held_by(const client_address& who) const {
    const auto found = by_client_.find(who);
    return found == by_client_.end() ? 0 : found->second;
  }

  /// Whether the total allows so much more.
  bool has_room(std::size_t more) const {
    return held_ <= bounds_.total && more <= bounds_.total - held_;
  }

  /// Whether the total allows it, and the client's share.
  bool allows(const client_address& who, std::size_t more) const {
    if (!has_room(more)) return false;
    if (who.trusted || bounds_.percent >= 100) return true;
    const auto mine = held_by(who);
    const auto left_by_others = bounds_.total - (held_ - mine);
    return mine + more <= std::max(bounds_.least, left_by_others / 100 * bounds_.percent +
                                                      left_by_others % 100 * bounds_.percent / 100);
  }

  /// Counts, whether it is allowed or not.
  void take(const client_address& who, std::size_t amount) {
    if (amount == 0) return;
    by_client_[who] += amount;
    held_ += amount;
  }

  /// Part of what was taken.
  void give_back(const client_address& who, std::size_t amount) {
    if (amount == 0) return;
    held_ -= amount;
    const auto found = by_client_.find(who);
    if ((found->second -= amount) == 0) by_client_.erase(found);
  }

  /// The client that holds most. Trusted ones are passed over, because each may be many clients.
  std::optional<client_address> greediest() const {
    std::optional<client_address> most;
    std::size_t amount = 0;
    for (const auto& [who, holds] : by_client_) {
      if (who.trusted || holds <= amount) continue;
      most = who;
      amount = holds;
    }
    return most;
  }

 private:
  share_bounds bounds_;
  std::size_t held_ = 0;
  std::map<client_address, std::size_t> by_client_;  ///< without those that hold nothing
};

}  // namespace retail_pulse::http
