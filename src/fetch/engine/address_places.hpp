#pragma once

#include <condition_variable>
#include <cstddef>
#include <list>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>

#include "fetch/net/address_guard.hpp"
#include "fetch/net/fault.hpp"

namespace retail_pulse::fetch {

/// Where a hop is: each counts at its address and at its origin.
struct hop_place {
  ip_address address;
  std::string origin;
};

/// How many fetches are at an address, and from an origin, at once: at most `most` each, wherever they began. Who submits counts each fetch
/// at the origin and the first address of its URL, and keeps to the same bound; this holds it for the hops that it does not know of, to
/// other addresses of a name and to where redirects lead.
///
/// Who finds no place waits in a line: a place that comes free is for the first who can use it. No more than `most` wait for the same
/// address or origin, so that a host that is full takes no more than twice its share of the threads; and nobody holds a place while he
/// waits, so that two hosts that lead to each other come to no standstill. Thread safe.
class address_places {
 public:
  explicit address_places(std::size_t most) : most_(most) {}

  /// A fetch at a place, until it is destroyed.
  class place {
   public:
    place(address_places& of, hop_place at) : of_(&of), at_(std::move(at)) {}
    place(place&& other) noexcept : of_(std::exchange(other.of_, nullptr)), at_(std::move(other.at_)) {}
    place& operator=(place&& other) noexcept {
      std::swap(of_, other.of_);
      std::swap(at_, other.at_);
      return *this;
    }
    ~place() {
      if (of_ != nullptr) of_->leave(at_);
    }

   private:
    friend address_places;
    address_places* of_;
    hop_place at_;
  };

  /// Gives `left` back, and takes a place at `at`, waiting for it until `until`. Nothing when others have or wait for too many there, or
  /// after `stop`. Who stays at an address keeps his place there.
  std::optional<place> take(hop_place at, steady_time until, std::optional<place> left = std::nullopt);

  /// Ends every wait.
  void stop();
  bool is_stopped() const;

 private:
  struct waiting {
    const hop_place* for_what;
    bool is_served = false;
    std::condition_variable wake = {};  ///< one each: thousands may stand in line, and a place is for one of them
  };

  void leave(const hop_place& at);
  // These need the lock.
  bool has_room(const hop_place& at) const;
  bool has_long_line(const hop_place& at) const;
  void count_in(const hop_place& at);
  void count_out(const hop_place& at);
  void serve_line();

  const std::size_t most_;
  mutable std::mutex mutex_;
  bool stopped_ = false;
  std::map<ip_address, std::size_t> at_addresses_;
  std::unordered_map<std::string, std::size_t> at_origins_;
  std::list<waiting*> line_;  ///< who came first stands first
};

}  // namespace retail_pulse::fetch
