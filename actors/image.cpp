#include "actors/image.hpp"

#include "actors/retry.hpp"
#include "actors/vital.hpp"
#include "core/evidence.hpp"
#include "core/random.hpp"
#include "core/require.hpp"
#include "observe/log.hpp"

namespace retail_pulse::actors {

attempt_report image_state::report_of(const fetch::outcome& outcome) const {
  const auto& task = order->task;
  attempt_report report;
  auto& result = report.result;
  result.number = task.number;
  result.code = outcome.code;
  result.measured = outcome.measured;
  result.attempts = task.history.attempt;
  result.evidence = public_evidence(outcome.evidence, outcome.code, task.url);
  result.reason = outcome.reason;
  report.with_origin = outcome.with_origin;
  report.leads_to = outcome.leads_to;
  report.can_pass = outcome.can_pass();
  report.postponed = outcome.postponed;
  report.gave_way = outcome.gave_way;
  report.asked_others = outcome.asked_others;
  report.retry_after = outcome.retry_after;
  return report;
}

void image_state::log_outcome(const fetch::outcome& outcome) const {
  const auto& task = order->task;
  if (outcome.code == error_code::none) {
    if (!outcome.detail.empty() &&
        observe::logs(observe::level::debug)) {  // its copy could not be kept, perhaps because the
                                                 // disk is full
      observe::log(
          observe::level::debug, "an image was measured and not kept",
          {observe::field{order->job}, observe::field{task.number}, {"detail", outcome.detail}});
    }
    return;
  }
  // A host's failure is in the result; one of the service is for its operator.
  const auto level =
      outcome.code == error_code::internal ? observe::level::error : observe::level::debug;
  if (observe::logs(level)) {
    observe::log(level, "an attempt failed",
                 {observe::field{order->job},
                  observe::field{task.number},
                  {"attempt", std::int64_t{task.history.attempt}},
                  {"code", describe(outcome.code).name},
                  {"url", observe::without_query(task.url)},
                  {"detail", outcome.detail}});
  }
}

std::chrono::milliseconds image_state::delay() const {
  return std::chrono::milliseconds{
      draw_between(settings.delay_min.count(), settings.delay_max.count(),
                   {settings.seed, static_cast<std::uint64_t>(chance::delay),
                    static_cast<std::uint64_t>(order->job.value),
                    static_cast<std::uint64_t>(order->task.number.value),
                    static_cast<std::uint64_t>(order->task.history.attempt)})};
}

namespace {

using self_pointer = image_actor::stateful_pointer<image_state>;

void begin(self_pointer self, const image_order& order) {
  auto& state = self->state;
  require(!state.order, "an image actor works on one image at a time");
  state.order = order;
  const image_actor me{self};
  state.settings.engine->submit(
      {order.task.url, std::nullopt, order.gives_way}, [me](fetch::outcome outcome) {
        caf::anon_send(
            me, fetched_atom_v,
            fetch_outcome_ptr{std::make_shared<const fetch::outcome>(std::move(outcome))});
      });
}

void finish(self_pointer self, const image_pool_actor& pool) {
  const auto order = *std::exchange(self->state.order, std::nullopt);
  self->send(pool, finished_atom_v, order.worker);
}

void take_outcome(self_pointer self, const image_pool_actor& pool, const fetch::outcome& outcome) {
  auto& state = self->state;
  state.log_outcome(outcome);
  self->send(pool, fetched_atom_v, state.order->worker, state.report_of(outcome));
  if (outcome.code != error_code::none) {
    state.order.reset();
  } else if (const auto delay = state.delay(); delay.count() > 0) {
    self->delayed_send(self, delay, finished_atom_v);
  } else {
    finish(self, pool);
  }
}

}  // namespace

image_actor::behavior_type image(self_pointer self, const image_pool_actor& pool,
                                 image_settings settings) {
  end_on_exception(self, "image");
  self->state.settings = settings;
  return {
      [=](order_atom, const image_order& order) { begin(self, order); },
      [=](fetched_atom, const fetch_outcome_ptr& outcome) { take_outcome(self, pool, *outcome); },
      [=](finished_atom) { finish(self, pool); },
  };
}

}  // namespace retail_pulse::actors
