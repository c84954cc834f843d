#include "app/cli/retry_schedule.hpp"

#include <algorithm>

namespace retail_pulse::app {
namespace {

using client::client_error;
using std::chrono::milliseconds;

/// Whether the same request may succeed later.
bool is_worth_retrying(const client_error& error, request_kind kind) {
  if (kind == request_kind::order && error.may_have_arrived) return false;
  if (error.what == client_error::kind::unreachable) return true;
  if (error.what != client_error::kind::refused) return false;
  if (kind == request_kind::submission && error.status == 409) return true;
  return error.is_unavailable();
}

}  // namespace

std::optional<milliseconds> retry_schedule::pause_after(const client_error& error,
                                                        request_kind kind, time_point now) {
  if (!is_worth_retrying(error, kind)) return std::nullopt;
  if (!until_) until_ = now + total_;
  if (now >= *until_) return std::nullopt;
  const auto left = std::chrono::ceil<milliseconds>(*until_ - now);
  if (error.retry_after && error.retry_after->count() > 0) {
    // A retry that is known to come too late is not waited for.
    return *error.retry_after <= left ? std::optional<milliseconds>{*error.retry_after}
                                      : std::nullopt;
  }
  const auto pause = std::min(pause_, left);
  pause_ = std::min(pause_ * 2, longest_pause);
  return pause;
}

}  // namespace retail_pulse::app
