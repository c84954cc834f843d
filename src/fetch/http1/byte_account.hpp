#pragma once

#include <cstdint>

#include "core/limits.hpp"

namespace retail_pulse::fetch {

/// The bytes that one attempt has received so far, over all its hops and responses: a file may be
/// requested in many ranges, and each response can be as long as the file. Every body byte is
/// counted once, as the file's or as an unwanted rest.
class byte_account {
 public:
  /// `most`: bytes of the file that may be received, and as many that may be decoded from them; at
  /// least 0.
  byte_account(std::int64_t most) : most_(static_cast<std::uint64_t>(most)) {}

  std::uint64_t most() const { return most_; }

  /// Each returns false, and counts nothing, if the limit would be exceeded.
  bool receive(std::uint64_t bytes) { return count(received_, bytes); }
  bool decode(std::uint64_t bytes) { return count(decoded_, bytes); }

  /// An unwanted rest, read to keep the connection. False: it is too long for that, and no more is
  /// to be read.
  bool drain(std::uint64_t bytes) {
    drained_ += bytes;
    return drained_ <= limits::rests_drained_bytes;
  }
  bool may_drain() const { return drained_ < limits::rests_drained_bytes; }

  /// Responses about the file; redirects do not count.
  void count_request() { ++requests_; }
  int requests() const { return requests_; }

 private:
  bool count(std::uint64_t& so_far, std::uint64_t bytes) const {
    if (bytes > most_ - so_far) return false;
    so_far += bytes;
    return true;
  }

  std::uint64_t most_;
  std::uint64_t received_ = 0;
  std::uint64_t decoded_ = 0;
  std::uint64_t drained_ = 0;
  int requests_ = 0;
};

}  // namespace retail_pulse::fetch
