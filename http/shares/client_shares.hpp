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
  std::size_t percent = 100;  ///< of what the others leave a client may hold so much; 100: all of it
  std::size_t least = 1;      ///< what a client may hold whatever its share is, where the total allows it
};

/// How much of a total each client holds, and whether it may hold more. A client may hold a part of what the others leave: the first leaves
/// something for the second, both for the third, and so on, so that one client never has all and few together hardly do. A plain value
/// without a lock.
class client_shares {
 public:
  explicit client_shares(const share_bounds& bounds) : bounds_{bounds} {}

  std::size_t total() const { return bounds_.total; }
  std::size_t held() const { return held_; }
  std::size_t held_by(const client_address& who) const {
    const auto found = by_client_.find(who);
    return found == by_client_.end() ? 0 : found->second;
  }

  /// Whether so much more is there at all.
  bool has_room(std::size_t more) const { return held_ <= bounds_.total && more <= bounds_.total - held_; }

  /// Whether it is there, and within the client's share.
  bool allows(const client_address& who, std::size_t more) const {
    if (!has_room(more)) return false;
    if (who.trusted || bounds_.percent >= 100) return true;
    const auto mine = held_by(who);
    const auto left_by_others = bounds_.total - (held_ - mine);
    return mine + more <= std::max(bounds_.least, left_by_others / 100 * bounds_.percent + left_by_others % 100 * bounds_.percent / 100);
  }

  /// Counts, whether allowed or not.
  void take(const client_address& who, std::size_t amount) {
    if (amount == 0) return;
    by_client_[who] += amount;
    held_ += amount;
  }

  /// Of what was taken.
  void give_back(const client_address& who, std::size_t amount) {
    if (amount == 0) return;
    held_ -= amount;
    const auto found = by_client_.find(who);
    if ((found->second -= amount) == 0) by_client_.erase(found);
  }

  /// Who holds most; nobody who is trusted, because that may be many.
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
