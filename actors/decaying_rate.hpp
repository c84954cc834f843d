#pragma once

#include <algorithm>
#include <chrono>
#include <cmath>

#include "actors/origin_health.hpp"
#include "core/limits.hpp"

namespace retail_pulse::actors {

/// Events per second over the last seconds: an event counts the less the longer it is past
/// (exponential decay with limits::rate_decay). A plain value for one thread, of 24 bytes.
class decaying_rate {
 public:
  void add(steady_point now) {
    if (weight_ == 0) first_ = now;
    weight_ = 1 + weight_ * decay(now - last_);
    last_ = now;
  }

  double per_second(steady_point now) const {
    if (weight_ == 0) return 0;
    // What began a moment ago has had no time to gather weight; but one event is no rate yet.
    const auto age = std::max<steady_point::duration>(now - first_, std::chrono::seconds{1});
    return weight_ * decay(now - last_) / (seconds(limits::rate_decay) * (1 - decay(age)));
  }

 private:
  static double seconds(steady_point::duration time) {
    return std::chrono::duration<double>(time).count();
  }
  static double decay(steady_point::duration time) {
    return std::exp(-seconds(time) / seconds(limits::rate_decay));
  }

  double weight_ = 0;  ///< of all events, at `last_`
  steady_point first_{};
  steady_point last_{};
};

}  // namespace retail_pulse::actors
