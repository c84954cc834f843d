#pragma once

#include <condition_variable>
#include <cstddef>
#include <map>
#include <mutex>
#include <optional>
#include <utility>

#include "fetch/address_guard.hpp"
#include "fetch/fault.hpp"

namespace retail_pulse::fetch {

/// How many fetches are at an address at once: at most `most`. Who submits counts each fetch at the first address of its name and keeps to
/// the same bound; this holds it when a fetch goes on to another address, where it is not counted yet. Thread safe.
class address_places {
 public:
  explicit address_places(std::size_t most) : most_(most) {}

  /// A fetch at an address, until it is destroyed.
  class place {
   public:
    place(address_places& of, const ip_address& at) : of_(&of), at_(at) {}
    place(place&& other) noexcept : of_(std::exchange(other.of_, nullptr)), at_(other.at_) {}
    place& operator=(place&& other) noexcept {
      std::swap(of_, other.of_);
      std::swap(at_, other.at_);
      return *this;
    }
    ~place() {
      if (of_ != nullptr) of_->give_back(at_);
    }

   private:
    address_places* of_;
    ip_address at_;
  };

  /// For a fetch that is counted at this address: waits while others are too many there. Nothing at `until`, or after `stop`.
  std::optional<place> take(const ip_address& at, steady_time until);

  /// For a fetch that is counted elsewhere: nothing when there is no place.
  std::optional<place> take_now(const ip_address& at);

  /// Ends every wait.
  void stop();

 private:
  void give_back(const ip_address& at);
  bool has_room(const ip_address& at) const;

  const std::size_t most_;
  std::mutex mutex_;
  std::condition_variable freed_;
  bool stopped_ = false;
  std::map<ip_address, std::size_t> taken_;
};

}  // namespace retail_pulse::fetch
