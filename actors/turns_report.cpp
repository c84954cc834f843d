// What clients can ask about origins.
#include <algorithm>

#include "actors/turns_parts.hpp"

namespace retail_pulse::actors {
namespace {

constexpr double least_rate = 0.01;  // images per second; less is shown as 0

outage_report report_of(const outage& now_away, const origin_health& health, const patience& limit,
                        steady_point now) {
  using std::chrono::milliseconds;
  const auto whole = [](steady_point::duration time) {
    return std::chrono::duration_cast<milliseconds>(time);
  };
  return {whole(now - now_away.since), whole(health.given_up_at(limit) - now), now_away.last_cause,
          now_away.probes};
}

}  // namespace

live_origins turns::origins_at_work(job_id job) const {
  live_origins all;
  const auto ticket = tickets_.find(job.value);
  if (ticket == tickets_.end()) return all;
  for (const auto& [origin, of] : members_.at(ticket->second.value)->by_origin) {
    live_origin each{origin->name, of->in_flight, of->finished.per_second(now_), {}};
    if (const auto& outage = origin->health.current_outage())
      each.away = report_of(*outage, origin->health, limits_.origin_patience, now_);
    if (each.away || each.in_flight > 0 || each.images_per_second >= least_rate)
      all.push_back(std::move(each));
  }
  const auto rank = [](const live_origin& each) {
    return std::pair{each.away ? -each.away->lasts : std::chrono::milliseconds{1},
                     std::string_view{each.origin}};
  };
  std::ranges::sort(all, {}, rank);
  return all;
}

}  // namespace retail_pulse::actors
