#include "simulation/outage_watch.hpp"

#include <algorithm>
#include <utility>

#include "core/limits.hpp"

namespace retail_pulse::simulation {

bool outage_watch::is_away_for_sure(const host_state& at, millis now) const {
  // Where timers overtake messages, the pool learns of an outcome later than the host. When
  // patience is over, lanes are given up, and with the last one the host is forgotten.
  return at.away && !at.is_unsure && !jobs_die_ && plan_.timers_first == 0 &&
         now < at.away->since + plan_.pool.origin_patience.lasts;
}

std::string outage_watch::fetch_begins(const std::string& url, const std::string& host,
                                       millis now) {
  auto& at = hosts_[host];
  std::string violation;
  if (is_away_for_sure(at, now) && now > at.away->began) {
    const bool is_probed = std::ranges::any_of(
        at.open, [&](const auto& fetch) { return fetch.second > at.away->began; });
    if (is_probed) violation = host + " is away, and is probed twice at once";
    if (now < at.away->next_probe)
      violation = host + " is away, and is fetched from before its next probe";
  }
  at.waiting.erase(url);
  if (!at.open.try_emplace(url, now).second) at.has_doubles = at.is_unsure = true;
  return violation;
}

void outage_watch::fetch_ends(const std::string& url, const std::string& host,
                              const fetch::outcome& with, int attempts, millis now) {
  auto& at = hosts_[host];
  const auto open = at.open.extract(url);
  const auto began = open.empty() ? now : open.mapped();
  const bool has_failed = with.with_origin == fetch::contact::failed;
  const bool is_evidence = has_failed && (with.code != error_code::timed_out ||
                                          began >= at.last_reached.value_or(began));
  if (with.with_origin == fetch::contact::reached) {
    reach(at, now);
  } else if (is_evidence) {
    fail(at, with.code, began, now);
  } else if (at.away && began > at.away->began) {
    at.away->next_probe = now;  // it decided nothing
  }
  const bool is_missed = is_evidence && with.can_pass();
  const bool is_no_attempt = is_missed && is_away_for_sure(at, now);
  if (is_no_attempt) miss(at, url);
  if (with.postponed || is_no_attempt || (with.can_pass() && attempts < plan_.pool.attempts)) {
    const bool rests = with.code == error_code::dns_failed;
    at.waiting[url] = {now + (rests ? millis{limits::dns_failure_kept} : millis{0}),
                       is_missed && !is_no_attempt};
  }
  look_whether_wanted(at);
}

void outage_watch::reach(host_state& at, millis now) {
  at.failures = 0;
  at.away.reset();
  // Two outcomes of one moment come in either order.
  const bool is_tie = at.last_failure == now;
  at.is_unsure = is_tie || at.has_doubles;
  if (is_tie) {
    for (const auto& url : std::exchange(at.missed_now, {})) --missed_[url];
  }
  at.last_reached = now;
}

void outage_watch::fail(host_state& at, error_code code, millis began, millis now) {
  if (at.last_reached == now) at.is_unsure = true;
  if (at.last_failure != now) at.missed_now.clear();
  at.last_failure = now;
  if (at.away) {
    if (began <= at.away->began) return;
    ++at.away->failed_probes;
    at.away->next_probe = now + limits::probe_pause;
    return;
  }
  if (at.failures == 0) at.first_failure = now;
  at.failures += code == error_code::timed_out ? limits::silence_counts : 1;
  if (at.failures >= plan_.pool.origin_patience.failures) begin_outage(at, now);
}

void outage_watch::begin_outage(host_state& at, millis now) {
  at.away = outage{at.first_failure, now, now + limits::probe_pause};
  if (!is_away_for_sure(at, now)) return;
  for (auto& [url, each] : at.waiting) {
    if (now < each.rests_until && std::exchange(each.is_missed, false)) miss(at, url);
  }
}

void outage_watch::miss(host_state& at, const std::string& url) {
  ++missed_[url];
  at.missed_now.push_back(url);
}

void outage_watch::engine_explodes(const std::string& url, const std::string& host, millis now) {
  auto& at = hosts_[host];
  at.waiting.erase(url);
  if (at.away) at.away->next_probe = std::min(at.away->next_probe, now);  // it may have been one
  look_whether_wanted(at);
}

/// A host that no job wants is forgotten, with its failures.
void outage_watch::look_whether_wanted(host_state& at) {
  if (at.open.empty() && at.waiting.empty() && (at.failures > 0 || at.away)) at.is_unsure = true;
}

std::string outage_watch::give_up(const std::string& host) const {
  const auto found = hosts_.find(host);
  if (found == hosts_.end()) return {};
  const auto& at = found->second;
  if (at.is_unsure || jobs_die_ || !at.away || plan_.timers_first != 0 ||
      plan_.pool.origin_patience.lasts.count() == 0 || at.away->failed_probes > 0)
    return {};
  return "is given up before a probe has failed";
}

void outage_watch::recorded(const std::string& url, const std::string& host) {
  const auto found = hosts_.find(host);
  if (found == hosts_.end()) return;
  found->second.waiting.erase(url);
  look_whether_wanted(found->second);
}

void outage_watch::jobs_leave() {
  for (auto& [host, at] : hosts_) {
    at.waiting.clear();
    at.is_unsure = true;
  }
}

void outage_watch::process_ends() {
  hosts_.clear();
  missed_.clear();
  jobs_die_ = false;
}

int outage_watch::missed(const std::string& url) const {
  const auto found = missed_.find(url);
  return found == missed_.end() ? 0 : found->second;
}

bool outage_watch::was_reached_meanwhile(const std::string& url, const std::string& host,
                                         millis now) const {
  const auto found = hosts_.find(host);
  if (plan_.timers_first != 0 || found == hosts_.end()) return false;
  const auto& at = found->second;
  const auto open = at.open.find(url);
  return open != at.open.end() && at.last_reached && open->second < *at.last_reached &&
         *at.last_reached < now;
}

}  // namespace retail_pulse::simulation
