#pragma once

#include <cstdint>

#include "core/limits.hpp"

namespace retail_pulse::fetch {

/// What one attempt has cost so far, over all its hops and all their answers: a file may be asked for in many pieces, and each of them can
/// be as long as the whole. Every body byte that is received is counted once, as the file's or as a rest that nobody wants.
class byte_account {
 public:
  /// `most`: bytes of the file that may be received, and as many that may be decoded from them; at least 0.
  byte_account(std::int64_t most) : most_(static_cast<std::uint64_t>(most)) {}

  std::uint64_t most() const { return most_; }

  /// Each false, and without effect, where it would be too much.
  bool receive(std::uint64_t bytes) { return count(received_, bytes); }
  bool decode(std::uint64_t bytes) { return count(decoded_, bytes); }

  /// A rest that is read for the sake of the connection alone. False: it is too long for that, and no more is to be read.
  bool drain(std::uint64_t bytes) {
    drained_ += bytes;
    return drained_ <= limits::rests_drained_bytes;
  }
  bool may_drain() const { return drained_ < limits::rests_drained_bytes; }

  /// Answers about the file, redirects not among them.
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
