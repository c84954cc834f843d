#include "actors/callback_queue.hpp"

#include "core/require.hpp"

namespace retail_pulse::actors {

void callback_queue::put(lanes::iterator into, unix_millis due, const entry& what) {
  auto& lane = into->second;
  if (!lane.is_out && !lane.waiting.empty()) heads_.erase(lane.waiting.begin()->first);
  const bool is_new = lane.waiting.emplace(position{due, what.number}, what).second;
  require(is_new, "a callback waits once");
  ++waiting_;
  if (!lane.is_out) heads_.emplace(lane.waiting.begin()->first, into);
}

void callback_queue::add(const std::string& origin, unix_millis due, entry what) { put(lanes_.try_emplace(origin).first, due, what); }

std::optional<callback_queue::entry> callback_queue::next(unix_millis now) {
  if (out_.size() >= at_once_ || heads_.empty() || heads_.begin()->first.first > now) return std::nullopt;
  const auto of = heads_.begin()->second;
  heads_.erase(heads_.begin());
  auto& lane = of->second;
  const auto what = lane.waiting.begin()->second;
  lane.waiting.erase(lane.waiting.begin());
  lane.is_out = true;
  --waiting_;
  out_.emplace(what.number, taken{what, of});
  return what;
}

const callback_queue::entry* callback_queue::find_out(std::int64_t number) const {
  const auto found = out_.find(number);
  return found == out_.end() ? nullptr : &found->second.what;
}

callback_queue::taken callback_queue::give_back(std::int64_t number) {
  const auto found = out_.find(number);
  require(found != out_.end(), "a callback that comes back was out");
  const auto back = found->second;
  out_.erase(found);
  auto& lane = back.of->second;
  lane.is_out = false;
  if (!lane.waiting.empty()) heads_.emplace(lane.waiting.begin()->first, back.of);
  return back;
}

void callback_queue::again(std::int64_t number, unix_millis due, std::int32_t attempts) {
  auto back = give_back(number);
  back.what.attempts = attempts;
  put(back.of, due, back.what);
}

void callback_queue::end(std::int64_t number) {
  const auto back = give_back(number);
  if (back.of->second.waiting.empty()) lanes_.erase(back.of);
}

std::optional<unix_millis> callback_queue::next_due() const {
  if (out_.size() >= at_once_ || heads_.empty()) return std::nullopt;
  return heads_.begin()->first.first;
}

}  // namespace retail_pulse::actors
