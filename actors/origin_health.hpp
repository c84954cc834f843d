#pragma once

#include <chrono>
#include <cstdint>
#include <optional>

#include "core/error_code.hpp"

namespace retail_pulse::actors {

using steady_point = std::chrono::steady_clock::time_point;

/// When an origin counts as unavailable, and for how long that is borne.
struct patience {
  /// Contacts in a row that failed, at least 1; silence counts as limits::silence_counts.
  int failures = 10;
  /// From the first of them until the pending images of the origin are given up; 0: at once.
  std::chrono::milliseconds lasts{0};
};

/// A time in which an origin could not be reached.
struct outage {
  steady_point since;       ///< the first contact that failed
  error_code last_cause;    ///< of the contact that failed last
  std::int32_t probes = 0;  ///< that failed
};

/// Whether an origin can be reached, judged by contacts: reached means that the head of a response
/// came, failed that there was no address, no connection, no TLS, or silence. It becomes
/// unavailable with several failures in a row. Then one fetch at a time, a probe, finds out whether
/// it is back. A plain value for one thread.
class origin_health {
 public:
  bool is_away() const { return outage_.has_value(); }
  /// While it is away.
  const std::optional<outage>& current_outage() const { return outage_; }

  /// A fetch reached the origin; true: it was away, and is back.
  bool reached(steady_point now);
  /// Whether a contact that failed says something about the origin, and not about one URL: silence
  /// since `sent` says nothing if the origin was reached meanwhile.
  bool is_evidence(error_code cause, steady_point sent, steady_point now) const {
    return (cause == error_code::timed_out ? sent : now) >= last_reached_;
  }
  /// A fetch could not reach it, which is evidence; true: it is away from now on. While it is away,
  /// only probes count.
  bool failed(error_code cause, bool was_probe, const patience& limit, steady_point now);

  /// While it is away: when the next probe may begin; nullopt: one is under way.
  std::optional<steady_point> next_probe() const;
  void begin_probe() { probing_ = true; }
  /// The probe ended, and it is not known whether the origin is back: another may begin at once.
  void end_probe_undecided(steady_point now);

  /// While it is away: from when on its images are given up.
  steady_point given_up_at(const patience& limit) const { return outage_->since + limit.lasts; }

 private:
  int failures_ = 0;            ///< in a row, as they count
  steady_point first_failure_;  ///< of them
  steady_point last_reached_{};
  std::optional<outage> outage_;
  bool probing_ = false;
  steady_point next_probe_;
};

}  // namespace retail_pulse::actors
