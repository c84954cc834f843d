#include "actors/image.hpp"

#include "actors/vital.hpp"
#include "core/evidence.hpp"
#include "core/random.hpp"
#include "core/require.hpp"
#include "observe/log.hpp"

namespace retail_pulse::actors {

void image_state::conclude(const fetch::outcome& outcome,
                           std::chrono::steady_clock::time_point now) {
  const auto& task = order->task;
  report = image_report{task, {}, std::nullopt};
  auto& result = report.result;
  result.number = task.number;
  result.code = outcome.code;
  result.measured = outcome.measured;
  result.attempts = task.history.attempt;
  result.evidence = public_evidence(outcome.evidence, outcome.code, task.url);
  result.reason = outcome.reason;
  report.no_contact = outcome.with_origin == fetch::contact::failed && outcome.can_pass();
  if (result.succeeded()) {
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
  decide_retry(report, order->job, outcome, {settings.attempts, settings.seed}, now);
}

std::chrono::milliseconds image_state::delay() const {
  if (!report.result.succeeded()) return std::chrono::milliseconds{0};
  return std::chrono::milliseconds{
      draw_between(settings.delay_min.count(), settings.delay_max.count(),
                   {settings.seed, static_cast<std::uint64_t>(chance::delay),
                    static_cast<std::uint64_t>(order->job.value),
                    static_cast<std::uint64_t>(report.task.number.value),
                    static_cast<std::uint64_t>(report.task.history.attempt)})};
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

void deliver(self_pointer self, const image_pool_actor& pool) {
  auto& state = self->state;
  const auto order = *std::exchange(state.order, std::nullopt);
  self->send(pool, reported_atom_v, order.worker, std::move(state.report));
}

}  // namespace

image_actor::behavior_type image(self_pointer self, const image_pool_actor& pool,
                                 image_settings settings) {
  end_on_exception(self, "image");
  self->state.settings = settings;
  return {
      [=](order_atom, const image_order& order) { begin(self, order); },
      [=](fetched_atom, const fetch_outcome_ptr& outcome) {
        auto& state = self->state;
        self->send(pool, fetched_atom_v, state.order->worker,
                   contact_report{outcome->leads_to, outcome->with_origin, outcome->code,
                                  outcome->gave_way});
        state.conclude(*outcome, self->clock().now());
        if (const auto delay = state.delay(); delay.count() > 0) {
          self->delayed_send(self, delay, report_atom_v);
        } else {
          deliver(self, pool);
        }
      },
      [=](report_atom) { deliver(self, pool); },
  };
}

}  // namespace retail_pulse::actors
