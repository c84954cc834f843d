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

/// The server of a hop, which counts at its address and at its origin.
struct hop_server {
  ip_address address;
  std::string origin;
};

/// Permits for fetches at an address and from an origin: at most `most` at once for each, whichever
/// URL a fetch began with. The engine's caller counts each fetch at the origin and the first
/// address of its URL, and keeps to the same limit; this class holds it for the hops that the
/// caller does not know of: other addresses of a name, and targets of redirects.
///
/// Without a free permit a fetch waits in a queue; a free permit goes to the first fetch that can
/// use it. At most `most` wait for the same address or origin, so that a full host uses no more
/// than twice its share of the threads. A waiting fetch holds no other permit, so that two hosts
/// that redirect to each other cannot deadlock. Thread safe.
class address_permits {
 public:
  explicit address_permits(std::size_t most) : most_(most) {}

  class permit {
   public:
    permit(address_permits& of, hop_server at) : of_(&of), at_(std::move(at)) {}
    permit(permit&& other) noexcept
        : of_(std::exchange(other.of_, nullptr)), at_(std::move(other.at_)) {}
    permit& operator=(permit&& other) noexcept {
      std::swap(of_, other.of_);
      std::swap(at_, other.at_);
      return *this;
    }
    ~permit() {
      if (of_ != nullptr) of_->give_back(at_);
    }

   private:
    friend address_permits;
    address_permits* of_;
    hop_server at_;
  };

  /// Gives `left` back and takes a permit for `at`, for which it waits until `until`. Nothing if
  /// too many have one or wait for one, or after `stop`. If both are for the same server, it is
  /// kept without a wait.
  std::optional<permit> take(hop_server at, steady_time until,
                             std::optional<permit> left = std::nullopt);

  /// Ends every wait.
  void stop();
  bool is_stopped() const;

 private:
  struct waiting {
    const hop_server* for_what;
    bool is_served = false;
    std::condition_variable wake =
        {};  ///< one each: thousands may wait, and a permit is for one of them
  };

  void give_back(const hop_server& at);
  // These need the lock.
  bool has_room(const hop_server& at) const;
  bool has_long_queue(const hop_server& at) const;
  void count_in(const hop_server& at);
  void count_out(const hop_server& at);
  void serve_queue();

  const std::size_t most_;
  mutable std::mutex mutex_;
  bool stopped_ = false;
  std::map<ip_address, std::size_t> at_addresses_;
  std::unordered_map<std::string, std::size_t> at_origins_;
  std::list<waiting*> queue_;  ///< the oldest first
};

}  // namespace retail_pulse::fetch
