#include "simulation/imaginary_web.hpp"

#include <functional>
#include <stdexcept>

#include "core/limits.hpp"
#include "simulation/cast.hpp"

namespace retail_pulse::simulation {
namespace {

constexpr millis moved_for{400};

/// The last three are final.
constexpr int statuses_of_a_gone_host[] = {408, 500, 502, 503, 504, 521, 522, 530, 404, 501, 526};
constexpr int statuses_of_a_busy_host[] = {429, 503, 425, 421};

template <std::size_t N>
int any_of(const int (&statuses)[N], chance& dice) {
  return statuses[dice.below(N)];
}

fetch::outcome failure(error_code code, int status = 0) {
  fetch::outcome made;
  made.code = code;
  made.evidence.http_status = status;
  return made;
}

/// How long it takes to notice that an origin cannot be reached.
millis time_to_fail(error_code how, chance& dice) {
  return how == error_code::timed_out ? millis{limits::default_fetch_deadline}
                                      : millis{dice.between(0, 20)};
}

}  // namespace

void imaginary_web::serve(life* who) {
  life_ = who;
  ++life_number_;
}

bool imaginary_web::is_calm() const { return life_->now() >= plan_.calm_at; }

std::string imaginary_web::address_of(const origin_plan& origin) const {
  if (!plan_.faults.has(fault::moving_name) || is_calm()) return origin.address;
  chance dice{plan_.seed, stream::web,
              mix(number_of(origin.host)) ^ static_cast<std::uint64_t>(life_->now() / moved_for)};
  return dice.one_in(3) ? "10.0.2." + std::to_string(dice.below(3)) : origin.address;
}

void imaginary_web::resolve(const std::string& url, fetch::on_resolved done) {
  if (life_ == nullptr) return done({});
  const auto& origin = plan_.origin_of(url);
  chance dice{plan_.seed, stream::web,
              mix(number_of(url)) ^ static_cast<std::uint64_t>(life_->now().count())};
  const auto address = dice.one_in(8) && plan_.faults.has(fault::late_name_server) && !is_calm()
                           ? std::string{}
                           : address_of(origin);
  if (!plan_.faults.has(fault::late_name_server) || dice.one_in(2)) return done(address);
  const millis latency{dice.between(1, is_calm() ? 50 : 4000)};
  life_->at(life_->now() + latency, outside::image_hosts,
            "the name server of " + origin.host + " answers",
            [done = std::move(done), address] { done(address); });
}

imaginary_web::answer imaginary_web::answer_to(const std::string& url, chance& dice) const {
  const auto& origin = plan_.origin_of(url);
  answer good;
  good.outcome.measured = witness::picture_at(url);
  good.outcome.evidence.http_status = 200;
  good.latency = millis{dice.between(1, 60)};
  if (!origin.behaviour || (is_calm() && !origin.outlasts_calm())) return good;
  switch (*origin.behaviour) {
    case fault::slow_origin:
      good.latency = millis{dice.between(500, 9000)};
      return good;
    case fault::dead_origin:
      return {failure(error_code::timed_out), millis{limits::default_fetch_deadline}};
    case fault::flapping_origin:
      if (life_->now().count() / 2000 % 2 == 0) return good;
      return {failure(error_code::http_status, any_of(statuses_of_a_gone_host, dice)),
              millis{dice.between(1, 30)}};
    case fault::absent_origin: {
      // Away in the first part of every round, up to three quarters of it.
      const auto round = life_->now() / origin.round;
      chance absence{plan_.seed, stream::web,
                     mix(number_of(origin.host)) ^ mix(static_cast<std::uint64_t>(round))};
      if (life_->now() % origin.round >= millis{absence.between(0, origin.round.count() * 3 / 4)})
        return good;
      return {failure(origin.absence), time_to_fail(origin.absence, dice)};
    }
    case fault::dying_origin:
      if (life_->now() < origin.dies_at) return good;
      return {failure(origin.absence), time_to_fail(origin.absence, dice)};
    case fault::silent_urls:
      if (!origin.is_silent_at(url)) return good;
      return {failure(error_code::timed_out), time_to_fail(error_code::timed_out, dice)};
    case fault::refusing_origin:
      return {failure(error_code::connect_failed), millis{dice.between(0, 2)}};
    case fault::throttling_origin: {
      if (dice.one_in(4)) {
        auto full = failure(error_code::origin_unavailable);
        full.postponed = true;
        full.retry_after = limits::full_address_retry;
        return {full, millis{dice.between(0, limits::address_line.count())}};
      }
      if (dice.one_in(3)) return good;
      auto busy = failure(error_code::http_status, any_of(statuses_of_a_busy_host, dice));
      busy.retry_after = millis{dice.between(0, 8000)};
      return {busy, millis{dice.between(1, 30)}};
    }
    case fault::truncating_origin:
      if (dice.one_in(2)) return good;
      return {failure(error_code::truncated), good.latency};
    case fault::circular_origin: {
      if (dice.one_in(2))
        return {failure(error_code::too_many_redirects), millis{dice.between(6, 300)}};
      auto endless = failure(error_code::protocol_error);
      endless.lasts = true;
      return {endless, millis{dice.between(6, 300)}};
    }
    default:
      return good;
  }
}

void imaginary_web::submit(fetch::request request, fetch::on_fetched done) {
  if (life_ == nullptr) return;
  const auto& url = request.url;
  chance dice{plan_.seed, stream::web, number_of(url) ^ mix(++attempts_[url])};
  if (plan_.faults.has(fault::image_actor_dies) && !is_calm() && dice.one_in(12)) {
    witness_.engine_explodes(url, plan_.origin_of(url), life_->now());
    throw std::runtime_error{"the engine exploded"};
  }
  const auto& origin = plan_.origin_of(url);
  const auto planned = answer_to(url, dice);
  witness_.fetch_begins(url, origin, life_->now());
  auto outcome = planned.outcome;
  outcome.with_origin = fetch::contact_of(outcome);
  outcome.evidence.address = outcome.leads_to = address_of(origin);
  const auto now = life_->now();
  wait_for_answer({std::move(request), std::move(outcome), now + planned.latency, std::move(done)},
                  now + limits::first_look);
}

void imaginary_web::wait_for_answer(visit waiting, millis next_look) {
  const auto& url = waiting.request.url;
  const auto& origin = plan_.origin_of(url);
  const bool looks = waiting.request.gives_way && next_look < waiting.answered_at;
  auto what_for = looks ? "the fetch of " + url + " looks whether others wait"
                        : origin.host + " ends the fetch of " + url;
  life_->at(looks ? next_look : waiting.answered_at, outside::image_hosts, std::move(what_for),
            [this, looks, next_look, &origin, waiting = std::move(waiting)]() mutable {
              if (looks) {
                if (!waiting.request.gives_way())
                  return wait_for_answer(std::move(waiting), next_look + limits::give_way_check);
                auto given = failure(error_code::origin_unavailable);
                given.postponed = given.gave_way = true;
                given.evidence.address = given.leads_to = waiting.outcome.leads_to;
                waiting.outcome = std::move(given);
              }
              witness_.fetch_ends(waiting.request.url, origin, waiting.outcome, life_->now());
              waiting.done(std::move(waiting.outcome));
            });
}

}  // namespace retail_pulse::simulation
