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

/// How many deliveries may be made at once.
struct callback_places {
  std::size_t prompt = 0;     ///< to origins that are quick or unknown,
  std::size_t kept = 0;       ///< of them, only to quick ones
  std::size_t slow = 0;       ///< to slow origins
  std::size_t at_server = 0;  ///< to one address and port, of origins that are not quick

  /// Divides `total`, at least 4.
  static callback_places of(std::size_t total);
};

/// Decides which webhook is sent next: the one that is due longest, and one per origin at a time. A
/// plain value for one thread, without actors.
///
/// An origin is quick or slow by how long its last attempt took, whether it succeeded or not,
/// because that is what it costs the others. An origin without an attempt is unknown, and treated
/// as quick once. Slow origins have places of their own, and some places are kept for quick ones.
/// So neither a thousand webhooks of one silent receiver, nor those of a thousand silent receivers,
/// hold up one that answers.
///
/// Origins at one server (address and port) share a bound; quick ones are exempt, so that a
/// receiver which has answered does not wait for silent ones on its server. An origin beyond the
/// bound is parked and costs nothing, until a delivery to that server ends; then the one that was
/// parked first is woken, with its place reserved. Slow origins are parked in a line of their own,
/// which has every eighth turn while others are parked.
class callback_queue {
 public:
  explicit callback_queue(callback_places places);

  struct entry {
    std::int64_t number = 0;  ///< of the webhook's row; each is here once
    job_id job;
    run_number run;
    std::int32_t attempts = 0;  ///< before the next
  };

  void add(const std::string& origin, unix_millis due, entry what);
  /// Takes out an entry that is due at `now`; nullopt: nothing is due, or no place is free. It is
  /// out until `again`, `end`, or a false `leads_to`.
  std::optional<entry> next(unix_millis now);
  /// The server behind the origin of an entry that is out: an address and a port in any form;
  /// empty: unknown. False when too many are out to that server: then the entry is parked.
  bool leads_to(std::int64_t number, const std::string& server);
  /// The attempt of an entry that is out is over: its duration says whether the origin is quick or
  /// slow.
  void attempted(std::int64_t number, unix_millis now);
  /// The entry that is out; nullptr for any other number.
  const entry* find_out(std::int64_t number) const;
  /// Its origin.
  const std::string& origin_of(std::int64_t number) const;
  /// Puts back an entry that was out.
  void again(std::int64_t number, unix_millis due, std::int32_t attempts);
  /// Removes an entry that was out.
  void end(std::int64_t number);

  std::size_t size() const { return known_.size(); }
  bool knows(std::int64_t number) const { return known_.count(number) != 0; }
  /// How many of them were attempted before.
  std::size_t tried() const { return tried_; }
  /// When `next` may return something, if nothing is added or given back before; nullopt: not
  /// before that.
  std::optional<unix_millis> next_due() const;

 private:
  enum class pace : std::uint8_t { quick, unknown, slow };
  static constexpr std::size_t paces = 3;

  using position = std::pair<unix_millis, std::int64_t>;  ///< due, number
  struct wake_up {
    std::string server;  ///< at which a place is reserved
    bool is_slow;        ///< which line it was parked in
  };
  struct origin_lane {
    std::map<position, entry> waiting;
    bool is_away = false;  ///< its first is out or parked; else it is among the heads of its pace,
                           ///< if it has a first
    pace kind = pace::unknown;        ///< of those heads
    std::optional<wake_up> woken_by;  ///< until it has used the reserved place or handed it on
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
    std::string server;  ///< at which it counts; empty: none
  };
  struct server_state {
    std::size_t out = 0;
    std::size_t woken = 0;  ///< and not yet out again: each has a reserved place
    std::size_t woken_slow =
        0;  ///< of these; few, because they may wait long for one of the slow places
    std::deque<taken> parked;
    std::deque<taken> parked_slow;
    std::size_t passed_over = 0;  ///< turns of `parked` since the last of `parked_slow`
  };

  pace pace_of(const std::string& origin, const entry& first);
  void show(lanes::iterator of);
  void hide(lanes::iterator of);
  void put(lanes::iterator into, unix_millis due, const entry& what);
  taken take_back(
      std::int64_t number);  ///< removes it from `out_`; it keeps its place at the server
  taken give_back(std::int64_t number);  ///< likewise, and gives its place at the server to others
  void leave_server(const std::string& server);
  void settle(const wake_up& call);      ///< the reserved place was used, or is not needed
  void wake(const std::string& server);  ///< as many of the parked as there is room for
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
  // Two maps, so that silent origins, however many, do not push out one that answers.
  struct nothing {};
  fetch::lru_map<std::string, nothing> quick_{limits::callback_origins};
  fetch::lru_map<std::string, nothing> slow_{limits::callback_origins};
};

}  // namespace retail_pulse::actors
