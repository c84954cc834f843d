#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>

#include "core/ids.hpp"
#include "core/time.hpp"

namespace retail_pulse::actors {

/// Which callback is delivered next, as a plain single-threaded value without actors: of those that are due the longest, one per origin at
/// a time and `at_once` over all. So a thousand callbacks of a host that does not answer hold up no other host.
class callback_queue {
 public:
  explicit callback_queue(std::size_t at_once) : at_once_{at_once} {}

  struct entry {
    std::int64_t number = 0;  ///< of the callback; each is here once
    job_id job;
    run_number run;
    std::int32_t attempts = 0;  ///< before the next
  };

  void add(const std::string& origin, unix_millis due, entry what);
  /// Takes out what is due at `now`; nothing when there is none, or no place. It is out until `again` or `end`.
  std::optional<entry> next(unix_millis now);
  /// What is out, by its number; null for any other.
  const entry* find_out(std::int64_t number) const;
  /// What was out waits again.
  void again(std::int64_t number, unix_millis due, std::int32_t attempts);
  /// What was out is no more.
  void end(std::int64_t number);

  std::size_t size() const { return waiting_ + out_.size(); }
  /// When `next` may have something, if nothing comes in or back before; nothing: not before something does.
  std::optional<unix_millis> next_due() const;

 private:
  using position = std::pair<unix_millis, std::int64_t>;  ///< due, number
  struct origin_lane {
    std::map<position, entry> waiting;
    bool is_out = false;
  };
  using lanes = std::map<std::string, origin_lane>;  ///< by origin
  struct taken {
    entry what;
    lanes::iterator of;
  };

  /// A lane's first is among the heads exactly while none of it is out.
  void put(lanes::iterator into, unix_millis due, const entry& what);
  taken give_back(std::int64_t number);

  const std::size_t at_once_;
  std::size_t waiting_ = 0;
  lanes lanes_;
  std::map<position, lanes::iterator> heads_;
  std::map<std::int64_t, taken> out_;
};

}  // namespace retail_pulse::actors
