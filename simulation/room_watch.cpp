#include "simulation/room_watch.hpp"

#include "core/limits.hpp"

namespace retail_pulse::simulation {

room_watch::room_watch(const scenario& plan) : plan_{plan} {
  if (!plan.only_hosts_fail() || plan.timers_first != 0) return;  // or messages may be late
  for (const auto& each : plan.origins) {
    if (!each.behaviour) hosts_[each.host].address = each.address;
  }
}

millis room_watch::bound(const scenario& plan) {
  const auto time_outs = plan.pool.origin_patience.failures / limits::silence_counts + 2;
  return time_outs * limits::default_fetch_deadline + plan.slots_go_round();
}

void room_watch::wants(const std::string& url) {
  const auto found = hosts_.find(plan_.origin_of(url).host);
  if (found != hosts_.end()) found->second.wanted.insert(url);
}

void room_watch::wants_no_more(const std::string& url) {
  const auto found = hosts_.find(plan_.origin_of(url).host);
  if (found != hosts_.end()) found->second.wanted.erase(url);
}

std::string room_watch::look_at(const open_fetches& open, std::size_t in_flight, millis now) {
  const bool is_free = open.all < plan_.pool.fetch_slots && in_flight < plan_.pool.images_in_flight;
  const auto has_room = [&](const std::string& at) {
    const auto found = open.at.find(at);
    return found == open.at.end() || found->second < plan_.pool.origin_connections;
  };
  for (auto& [host, at] : hosts_) {
    if (!is_free || at.wanted.empty() || !has_room(host) || !has_room(at.address)) {
      at.passed_over_since.reset();
    } else if (!at.passed_over_since) {
      at.passed_over_since = now;
    } else if (now - *at.passed_over_since > bound(plan_)) {
      return host + " is passed over for " + std::to_string((now - *at.passed_over_since).count()) +
             " ms although slots are free";
    }
  }
  return {};
}

}  // namespace retail_pulse::simulation
