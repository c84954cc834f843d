#include "actors/callback_queue.hpp"

#include <algorithm>

#include "core/require.hpp"

namespace retail_pulse::actors {

callback_places callback_places::of(std::size_t total) {
  const auto part = std::max<std::size_t>(1, total / limits::callback_parts);
  require(total > 2 * part, "there are places for callbacks of every kind");
  return {.prompt = total - part, .kept = part, .slow = part, .at_server = part};
}

callback_queue::callback_queue(callback_places places) : places_{places} {}

callback_queue::pace callback_queue::pace_of(const std::string& origin, const entry& first) {
  if (quick_.find(origin) != nullptr) return pace::quick;
  return slow_.find(origin) != nullptr || first.attempts > 0 ? pace::slow : pace::unknown;
}

void callback_queue::show(lanes::iterator of) {
  auto& lane = of->second;
  if (lane.is_away || lane.waiting.empty()) return;
  const auto& [at, first] = *lane.waiting.begin();
  lane.kind = pace_of(of->first, first);
  heads_of(lane.kind).emplace(at, of);
}

void callback_queue::hide(lanes::iterator of) {
  const auto& lane = of->second;
  if (!lane.is_away && !lane.waiting.empty())
    heads_of(lane.kind).erase(lane.waiting.begin()->first);
}

void callback_queue::put(lanes::iterator into, unix_millis due, const entry& what) {
  hide(into);
  into->second.waiting.emplace(position{due, what.number}, what);
  show(into);
}

void callback_queue::add(const std::string& origin, unix_millis due, entry what) {
  require(known_.insert(what.number).second, "a callback waits once");
  if (what.attempts > 0) ++tried_;
  put(lanes_.try_emplace(origin).first, due, what);
}

bool callback_queue::has_room(pace kind) const {
  if (kind == pace::slow) return out_of(pace::slow) < places_.slow;
  if (out_of(pace::quick) + out_of(pace::unknown) >= places_.prompt) return false;
  return kind == pace::quick || out_of(pace::unknown) < places_.prompt - places_.kept;
}

const callback_queue::heads* callback_queue::first_with_room() const {
  const heads* first = nullptr;
  for (const auto kind : {pace::quick, pace::unknown, pace::slow}) {
    const auto& of_kind = heads_[static_cast<std::size_t>(kind)];
    if (of_kind.empty() || !has_room(kind)) continue;
    if (first == nullptr || of_kind.begin()->first < first->begin()->first) first = &of_kind;
  }
  return first;
}

std::optional<callback_queue::entry> callback_queue::next(unix_millis now) {
  const auto* firsts = first_with_room();
  if (firsts == nullptr || firsts->begin()->first.first > now) return std::nullopt;
  const auto [at, of] = *firsts->begin();
  hide(of);
  auto& lane = of->second;
  const auto what = lane.waiting.begin()->second;
  lane.waiting.erase(lane.waiting.begin());
  lane.is_away = true;
  ++out_of(lane.kind);
  out_.emplace(
      what.number,
      taken{what, at.first, of, lane.kind, now, std::exchange(lane.woken_by, std::nullopt), {}});
  return what;
}

bool callback_queue::leads_to(std::int64_t number, const std::string& server) {
  const auto found = out_.find(number);
  require(found != out_.end(), "a callback that leads somewhere is out");
  auto& each = found->second;
  const auto kind = each.kind;
  const bool counts = !server.empty() && kind != pace::quick;
  const auto call = std::exchange(each.woken_by, std::nullopt);
  const bool passes = !counts || (call && call->server == server) || has_room_at(server, kind);
  if (!passes) {
    auto& there = servers_[server];
    (kind == pace::slow ? there.parked_slow : there.parked).push_back(take_back(number));
  } else if (counts) {
    ++servers_[server].out;
    each.server = server;
  }
  if (call) settle(*call);
  return passes;
}

void callback_queue::attempted(std::int64_t number, unix_millis now) {
  const auto found = out_.find(number);
  require(found != out_.end(), "a callback that was attempted is out");
  const auto& origin = found->second.of->first;
  const bool was_quick = now - found->second.since <= limits::callback_quick;
  (was_quick ? slow_ : quick_).erase(origin);
  (was_quick ? quick_ : slow_).put(origin, {});
}

const callback_queue::entry* callback_queue::find_out(std::int64_t number) const {
  const auto found = out_.find(number);
  return found == out_.end() ? nullptr : &found->second.what;
}

const std::string& callback_queue::origin_of(std::int64_t number) const {
  return out_.at(number).of->first;
}

callback_queue::taken callback_queue::take_back(std::int64_t number) {
  const auto found = out_.find(number);
  require(found != out_.end(), "a callback that comes back was out");
  auto back = std::move(found->second);
  out_.erase(found);
  --out_of(back.kind);
  return back;
}

callback_queue::taken callback_queue::give_back(std::int64_t number) {
  auto back = take_back(number);
  back.of->second.is_away = false;
  show(back.of);
  if (back.woken_by) settle(*back.woken_by);  // it never got to `leads_to`
  leave_server(back.server);
  return back;
}

bool callback_queue::has_room_at(const std::string& server, pace kind) const {
  const auto found = servers_.find(server);
  if (found == servers_.end()) return true;
  const auto& there =
      found->second;  // which has no room while one that is not slow is parked: see wake
  return there.out + there.woken < places_.at_server &&
         (kind != pace::slow || there.parked_slow.empty());
}

void callback_queue::leave_server(const std::string& server) {
  const auto found = servers_.find(server);
  if (server.empty() || found == servers_.end()) return;
  --found->second.out;
  wake(server);
}

void callback_queue::settle(const wake_up& call) {
  auto& there = servers_.at(call.server);
  --there.woken;
  if (call.is_slow) --there.woken_slow;
  wake(call.server);
}

void callback_queue::wake(const std::string& server) {
  const auto found = servers_.find(server);
  if (found == servers_.end()) return;
  auto& there = found->second;
  while (there.out + there.woken < places_.at_server) {
    auto* line = line_to_wake(there);
    if (line == nullptr) break;
    const bool is_slow = line == &there.parked_slow;
    ++there.woken;
    if (is_slow) ++there.woken_slow;
    const auto woken = std::move(line->front());
    line->pop_front();
    auto& lane = woken.of->second;
    lane.waiting.emplace(position{woken.due, woken.what.number}, woken.what);
    lane.is_away = false;
    lane.woken_by = {server, is_slow};
    show(woken.of);
  }
  if (there.out + there.woken == 0) servers_.erase(found);  // so nothing is parked there
}

std::deque<callback_queue::taken>* callback_queue::line_to_wake(server_state& there) const {
  const auto slow_at_once = std::max<std::size_t>(1, places_.at_server / limits::callback_parts);
  const bool may_be_slow = !there.parked_slow.empty() && there.woken_slow < slow_at_once;
  if (!may_be_slow) return there.parked.empty() ? nullptr : &there.parked;
  if (!there.parked.empty() && ++there.passed_over < limits::callback_parts) return &there.parked;
  there.passed_over = 0;
  return &there.parked_slow;
}

void callback_queue::again(std::int64_t number, unix_millis due, std::int32_t attempts) {
  auto back = give_back(number);
  if (back.what.attempts == 0 && attempts > 0) ++tried_;
  back.what.attempts = attempts;
  put(back.of, due, back.what);
}

void callback_queue::end(std::int64_t number) {
  const auto back = give_back(number);
  known_.erase(number);
  if (back.what.attempts > 0) --tried_;
  if (back.of->second.waiting.empty()) lanes_.erase(back.of);
}

std::optional<unix_millis> callback_queue::next_due() const {
  const auto* firsts = first_with_room();
  if (firsts == nullptr) return std::nullopt;
  return firsts->begin()->first.first;
}

}  // namespace retail_pulse::actors
