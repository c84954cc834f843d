#include "actors/origin_health.hpp"

#include <algorithm>

#include "core/limits.hpp"

namespace retail_pulse::actors {
namespace {

/// A part of the time it has been away: who comes back soon is noticed soon, and who stays away is
/// asked rarely.
std::chrono::milliseconds pause_after(steady_point::duration away) {
  const auto part = std::chrono::duration_cast<std::chrono::milliseconds>(away) / 8;
  return std::clamp(part, limits::probe_pause, limits::probe_pause_cap);
}

}  // namespace

bool origin_health::reached(steady_point now) {
  last_reached_ = now;
  failures_ = 0;
  probing_ = false;
  const bool is_back = outage_.has_value();
  outage_.reset();
  return is_back;
}

bool origin_health::failed(error_code cause, bool was_probe, const patience& limit,
                           steady_point now) {
  if (outage_) {
    if (!was_probe) return false;
    outage_->last_cause = cause;
    ++outage_->probes;
    probing_ = false;
    next_probe_ = now + pause_after(now - outage_->since);
    return false;
  }
  if (failures_ == 0) first_failure_ = now;
  failures_ += cause == error_code::timed_out ? limits::silence_counts : 1;
  if (failures_ < limit.failures) return false;
  outage_ = outage{first_failure_, cause};
  probing_ = false;
  next_probe_ = now + limits::probe_pause;
  return true;
}

std::optional<steady_point> origin_health::next_probe() const {
  if (probing_) return std::nullopt;
  return next_probe_;
}

void origin_health::end_probe_undecided(steady_point now) {
  probing_ = false;
  next_probe_ = now;
}

}  // namespace retail_pulse::actors
