#pragma once

#include <chrono>
#include <compare>
#include <cstddef>
#include <map>
#include <optional>
#include <set>
#include <unordered_map>
#include <utility>

#include "http/shares/client_address.hpp"

namespace retail_pulse::http {

/// Chooses which member has to go when there is no room: of the client that has most members, the
/// one that has been still for longest. A trusted client counts as one member, because it may be
/// many clients. A plain value without a lock; each step takes O(log size).
template <class Member>
class client_crowd {
 public:
  using moment = std::chrono::steady_clock::time_point;

  /// `still_since`: when its last byte came or went. Adding a member again moves it.
  void add(const Member& member, const client_address& who, moment still_since) {
    remove(member);
    members_.emplace(member, entry{who, still_since});
    auto& its = by_client_[who];
    if (!its.empty()) ranks_.erase(rank_of(who, its));
    its.emplace(still_since, member);
    ranks_.insert(rank_of(who, its));
  }

  void remove(const Member& member) {
    const auto found = members_.find(member);
    if (found == members_.end()) return;
    const auto [who, since] = found->second;
    members_.erase(found);
    const auto its = by_client_.find(who);
    ranks_.erase(rank_of(who, its->second));
    its->second.erase({since, member});
    if (its->second.empty()) {
      by_client_.erase(its);
    } else {
      ranks_.insert(rank_of(who, its->second));
    }
  }

  std::size_t size() const { return members_.size(); }

  std::optional<Member> first_to_go() const {
    if (ranks_.empty()) return std::nullopt;
    return by_client_.at(ranks_.begin()->who).begin()->second;
  }

 private:
  struct entry {
    client_address who;
    moment since;
  };
  using members = std::set<std::pair<moment, Member>>;

  /// The smallest has most members; among equals, the member that has been still for longest.
  struct rank {
    std::size_t count;
    moment since;
    client_address who;
    bool operator<(const rank& other) const {
      if (count != other.count) return count > other.count;
      if (since != other.since) return since < other.since;
      return who < other.who;
    }
  };

  static rank rank_of(const client_address& who, const members& its) {
    return {who.trusted ? 1 : its.size(), its.begin()->first, who};
  }

  std::unordered_map<Member, entry> members_;
  std::map<client_address, members> by_client_;  ///< none is empty
  std::set<rank> ranks_;
};

}  // namespace retail_pulse::http
