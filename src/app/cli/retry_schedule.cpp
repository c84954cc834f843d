#include "app/cli/retry_schedule.hpp"

#include <algorithm>

namespace retail_pulse::app {
namespace {

using client::client_error;
using std::chrono::milliseconds;

/// Whether the same request can succeed later.
bool can_pass(const client_error& error, request_kind kind) {
  if (kind == request_kind::order && error.may_have_arrived) return false;
  if (error.what == client_error::kind::unreachable) return true;
  if (error.what != client_error::kind::refused) return false;
  if (kind == request_kind::submission && error.status == 409) return true;
  return error.status == 502 || error.status == 503 || error.status == 504;
}

}  // namespace

std::optional<milliseconds> patience::pause_after(const client_error& error, request_kind kind, time_point now) {
  if (!can_pass(error, kind)) return std::nullopt;
  if (!until_) until_ = now + total_;
  if (now >= *until_) return std::nullopt;
  const auto left = std::chrono::ceil<milliseconds>(*until_ - now);
  if (error.retry_after && error.retry_after->count() > 0) {
    // Nobody waits for an answer that is known to come too late.
    return *error.retry_after <= left ? std::optional<milliseconds>{*error.retry_after} : std::nullopt;
  }
  const auto pause = std::min(pause_, left);
  pause_ = std::min(pause_ * 2, longest_pause);
  return pause;
}

}  // namespace retail_pulse::app
