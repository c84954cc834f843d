#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <utility>

#include "core/ids.hpp"
#include "core/limits.hpp"
#include "core/lru_map.hpp"
#include "core/time.hpp"

namespace retail_pulse::actors {

/// How many deliveries are on their way at once.
struct callback_places {
  std::size_t prompt = 0;     ///< to origins that are not known to be slow,
  std::size_t kept = 0;       ///< of which so many are for those that are known to be quick
  std::size_t slow = 0;       ///< to the others, besides
  std::size_t at_server = 0;  ///< to one address and port, of origins that are not known to be quick

  /// Shared out of `total`, at least 4.
  static callback_places of(std::size_t total);
};

/// Which callback is delivered next, as a plain single-threaded value without actors: of those that are due the longest, one per origin at
/// a time.
///
/// An origin is quick or slow by how long its last attempt took, whatever came of it: that is what it costs the others. Origins that are
/// slow wait for places of their own, and some places are kept for those that are quick. So neither a thousand callbacks of one silent
/// receiver, nor those of a thousand silent receivers, hold up one that answers. An origin that nothing is known of is taken for a prompt
/// one, once.
///
/// Names that lead to one server share its places, but for those that are quick: who shares a server with silent ones does not wait for
/// them once it has answered. A lane beyond the bound is parked and costs nothing, until a delivery there ends and wakes the one that was
/// parked first, whose place nobody else gets then. Slow ones have a line of their own, which has every eighth turn while others are
/// parked.
class callback_queue {
 public:
  explicit callback_queue(callback_places places);

  struct entry {
    std::int64_t number = 0;  ///< of the callback; each is here once
    job_id job;
    run_number run;
    std::int32_t attempts = 0;  ///< before the next
  };

  void add(const std::string& origin, unix_millis due, entry what);
  /// Takes out what is due at `now`; nothing when there is none, or no place. It is out until `again` or `end`, or `leads_to` says no.
  std::optional<entry> next(unix_millis now);
  /// Where the origin of what is out leads, an address and a port in any form; empty: nowhere that can be told. False when too many are out
  /// to that server: then it waits again, for one of those.
  bool leads_to(std::int64_t number, const std::string& server);
  /// The attempt of what is out is over: what is known of its origin from now on.
  void attempted(std::int64_t number, unix_millis now);
  /// What is out, by its number; null for any other.
  const entry* find_out(std::int64_t number) const;
  /// Its origin.
  const std::string& origin_of(std::int64_t number) const;
  /// What was out waits again.
  void again(std::int64_t number, unix_millis due, std::int32_t attempts);
  /// What was out is no more.
  void end(std::int64_t number);

  std::size_t size() const { return known_.size(); }
  bool knows(std::int64_t number) const { return known_.count(number) != 0; }
  /// How many of them have been attempted before.
  std::size_t tried() const { return tried_; }
  /// When `next` may have something, if nothing comes in or back before; nothing: not before something does.
  std::optional<unix_millis> next_due() const;

 private:
  enum class pace : std::uint8_t { quick, unknown, slow };
  static constexpr std::size_t paces = 3;

  using position = std::pair<unix_millis, std::int64_t>;  ///< due, number
  struct wake_up {
    std::string server;  ///< keeps a place for who was woken
    bool is_slow;        ///< by the line that it was parked in
  };
  struct origin_lane {
    std::map<position, entry> waiting;
    bool is_away = false;             ///< its first is out, or parked; else it is among the heads of its pace, if it has one
    pace kind = pace::unknown;        ///< of those heads
    std::optional<wake_up> woken_by;  ///< until it has used the place or handed it on
  };
  using lanes = std::map<std::string, origin_lane>;  ///< by origin
  using heads = std::map<position, lanes::iterator>;
  struct taken {
    entry what;
    unix_millis due;
    lanes::iterator of;
    pace kind;
    unix_millis since;
    std::optional<wake_up> woken_by;
    std::string server;  ///< that it counts at; empty: none
  };
  struct server_state {
    std::size_t out = 0;
    std::size_t woken = 0;       ///< and not yet out to it again: each has its place already
    std::size_t woken_slow = 0;  ///< of these, few, because they may wait long for a place of the slow
    std::deque<taken> parked;
    std::deque<taken> parked_slow;
    std::size_t passed_over = 0;  ///< turns of others since the last of those
  };

  pace pace_of(const std::string& origin, const entry& first);
  void show(lanes::iterator of);
  void hide(lanes::iterator of);
  void put(lanes::iterator into, unix_millis due, const entry& what);
  taken take_back(std::int64_t number);  ///< out of what is out, with its place
  taken give_back(std::int64_t number);  ///< likewise, and lets others go on
  void leave_server(const std::string& server);
  void settle(const wake_up& call);      ///< its place was used or is not needed
  void wake(const std::string& server);  ///< as many as there is room for
  std::deque<taken>* line_to_wake(server_state& there) const;
  bool has_room_at(const std::string& server, pace kind) const;
  bool has_room(pace kind) const;
  const heads* first_with_room() const;

  std::size_t& out_of(pace kind) { return out_by_pace_[static_cast<std::size_t>(kind)]; }
  std::size_t out_of(pace kind) const { return out_by_pace_[static_cast<std::size_t>(kind)]; }
  heads& heads_of(pace kind) { return heads_[static_cast<std::size_t>(kind)]; }

  const callback_places places_;
  std::unordered_set<std::int64_t> known_;  ///< by number
  std::size_t tried_ = 0;
  lanes lanes_;
  std::array<heads, paces> heads_;
  std::array<std::size_t, paces> out_by_pace_{};
  std::map<std::int64_t, taken> out_;
  std::unordered_map<std::string, server_state> servers_;
  // Apart, so that no number of silent origins pushes out one that answers.
  struct nothing {};
  fetch::lru_map<std::string, nothing> quick_{limits::callback_origins};
  fetch::lru_map<std::string, nothing> slow_{limits::callback_origins};
};

}  // namespace retail_pulse::actors
