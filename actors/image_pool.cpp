#include "actors/image_pool.hpp"

#include <algorithm>

#include "actors/vital.hpp"
#include "core/limits.hpp"
#include "core/require.hpp"

namespace retail_pulse::actors {

image_pool_actor::behavior_type image_pool_state::make_behavior(pool_settings settings) {
  settings_ = settings;
  const turn_limits limits{
      settings.images_in_flight,   settings.fetch_slots,
      settings.origin_connections, settings.images_in_flight * limits::credits_per_place,
      settings.origin_patience,    {settings.attempts, settings.image.seed}};
  turns_.emplace(limits);
  self_->set_down_handler([this](caf::down_msg& down) { image_died(down); });
  self_->set_exit_handler([this](caf::exit_msg& exit) {
    for (const auto& at : workers_) {
      if (at.actor) self_->send_exit(*at.actor, exit.reason);
    }
    self_->quit(exit.reason);
  });
  return {
      [this](join_atom, const pool_member& member) {
        if (draining_) return;
        now().join(member);
        serve();
      },
      [this](opened_atom, job_ticket ticket, const origin_page_ptr& page) {
        now().opened(ticket, *page);
        serve();
      },
      [this](offer_atom, job_ticket ticket, const image_offer_ptr& answer) {
        now().offer(ticket, *answer);
        serve();
      },
      [this](settled_atom, job_ticket ticket, std::uint64_t images) {
        now().settled(ticket, images);
        serve();
      },
      [this](leave_atom, job_ticket ticket) {
        now().leave(ticket);
        serve();
      },
      [this](withdraw_atom, job_ticket ticket) {
        now().withdraw(ticket);
        serve();  // its lanes may have kept others from an endpoint
      },
      [this](resolved_atom, const std::string& origin, const std::string& address) {
        now().resolved(origin, address);
        serve();
      },
      [this](fetched_atom, worker_index index, const attempt_report& report) {
        fetched(index, report);
      },
      [this](finished_atom, worker_index index) { finished(index); },
      [this](tick_atom) {
        // An earlier one was sent since.
        if (wakes_up_at_ && self_->clock().now() < *wakes_up_at_) return;
        wakes_up_at_.reset();
        now();
        serve();
      },
      [this](drain_atom) { return drain(); },
      [this](load_atom) { return gauges(); },
      [this](origins_atom, job_id job, const reply<std::optional<live_origins>>& to) {
        if (to.is_awaited()) to(now().origins_at_work(job));
      },
  };
}

turns& image_pool_state::now() {
  turns_->set_time(self_->clock().now());
  return *turns_;
}

void image_pool_state::fetched(worker_index index, const attempt_report& report) {
  auto& at = workers_[index.value];
  require(at.work && !at.measured, "a slot is given back once");
  const bool is_final = now().fetched(*at.work, report);
  if (report.result.succeeded()) {
    at.measured = report.result;
  } else {
    if (is_final) send_result(at.work->ticket, report.result);
    free(index);
  }
  serve();
}

void image_pool_state::finished(worker_index index) {
  auto& at = workers_[index.value];
  require(at.work && at.measured, "a measured image has one delay");
  now().finished(*at.work);
  send_result(at.work->ticket, *at.measured);
  free(index);
  serve();
}

void image_pool_state::send_result(job_ticket ticket, const image_result& result) {
  const auto* member = turns_->find(ticket);
  if (member) self_->send(member->handle, report_atom_v, result);
}

void image_pool_state::free(worker_index index) {
  auto& at = workers_[index.value];
  at.work.reset();
  at.measured.reset();
  idle_.push_back(index.value);
  if (drained_ && turns_->in_flight() == 0)
    std::exchange(drained_, std::nullopt)->deliver(gauges());
}

void image_pool_state::image_died(const caf::down_msg& down) {
  const auto found = index_of_.find(down.source);
  if (found == index_of_.end()) return;
  const auto index = found->second;
  index_of_.erase(found);
  auto& at = workers_[index];
  at.actor.reset();
  observe::log(observe::level::error, "an image actor died", {{"cause", text_of(down.reason)}});
  if (!at.work) return;
  attempt_report report;
  report.result.number = at.work->image.task.number;
  report.result.code = error_code::internal;
  report.result.attempts = at.work->image.task.history.attempt;
  if (!at.measured) return fetched({index}, report);
  at.measured = report.result;
  finished({index});
}

void image_pool_state::serve() {
  turns_->advance();
  while (serve_jobs() || send_orders()) {
  }
  if (!draining_) wake_up_in_time();
}

bool image_pool_state::serve_jobs() {
  bool is_busy = false;
  while (auto next = turns_->next_surrender()) {
    self_->send(
        next->to.handle, give_up_atom_v,
        abandoned_origin_ptr{std::make_shared<const abandoned_origin>(std::move(next->what))});
    is_busy = true;
  }
  while (const auto next = turns_->next_exhausted()) {
    self_->send(next->handle, exhausted_atom_v);
    is_busy = true;
  }
  return is_busy;
}

bool image_pool_state::send_orders() {
  if (draining_) return false;
  bool is_busy = false;
  while (const auto next = turns_->next_look_up()) {
    look_up(*next);
    is_busy = true;
  }
  while (const auto next = turns_->next_opening()) {
    self_->send(next->to.handle, open_atom_v, next->after);
    is_busy = true;
  }
  while (auto next = turns_->next_grant()) {
    self_->send(next->to.handle, turn_atom_v,
                page_order_ptr{std::make_shared<const page_order>(std::move(next->order))});
    is_busy = true;
  }
  while (auto next = turns_->next_dispatch()) {
    order(std::move(*next));
    is_busy = true;
  }
  return is_busy;
}

void image_pool_state::look_up(const std::string& origin) {
  // The answer may come on another thread, and before this call returns; as a message it comes
  // later in either case.
  const image_pool_actor me{self_};
  settings_.image.engine->resolve(origin + "/", [me, origin](std::string address) {
    caf::anon_send(me, resolved_atom_v, origin, std::move(address));
  });
}

void image_pool_state::wake_up_in_time() {
  const auto next = turns_->next_event();
  if (!next || (wakes_up_at_ && *wakes_up_at_ <= *next)) return;
  wakes_up_at_ = next;
  const auto wait = std::chrono::ceil<std::chrono::milliseconds>(*next - self_->clock().now());
  self_->delayed_send(self_, std::max(wait, std::chrono::milliseconds{0}), tick_atom_v);
}

void image_pool_state::order(dispatch next) {
  const auto* member = turns_->find(next.ticket);
  require(member != nullptr, "only a member's image is dispatched");
  const auto index = free_worker();
  auto& at = workers_[index];
  image_order order{{index}, member->id, next.image.task, {}};
  if (next.as_look) order.gives_way = [as_look = *next.as_look] { return as_look.gives_way(); };
  self_->send(*at.actor, order_atom_v, std::move(order));
  at.work = std::move(next);
  peak_ = std::max(peak_, static_cast<std::int64_t>(turns_->in_flight()));
}

std::uint32_t image_pool_state::free_worker() {
  if (idle_.empty()) {
    require(workers_.size() < settings_.images_in_flight,
            "turns dispatches no more images than there are workers");
    workers_.emplace_back();
    idle_.push_back(static_cast<std::uint32_t>(workers_.size() - 1));
  }
  const auto index = idle_.back();
  idle_.pop_back();
  if (!workers_[index].actor) spawn_into(index);
  return index;
}

void image_pool_state::spawn_into(std::uint32_t index) {
  auto spawned = self_->spawn<caf::monitored>(image, image_pool_actor{self_}, settings_.image);
  workers_[index].actor = spawned;
  index_of_[spawned->address()] = index;
}

caf::result<pool_gauges> image_pool_state::drain() {
  draining_ = true;
  if (turns_->in_flight() == 0) return gauges();
  drained_ = self_->make_response_promise<pool_gauges>();
  return *drained_;
}

pool_gauges image_pool_state::gauges() const {
  if (!turns_) return {};  // its behavior is not made yet
  return {static_cast<std::int64_t>(turns_->in_flight()), peak_,
          static_cast<std::int64_t>(turns_->fetching()), static_cast<std::int64_t>(turns_->held())};
}

image_pool_actor::behavior_type image_pool(
    image_pool_actor::stateful_pointer<image_pool_state> self, pool_settings settings) {
  abort_on_exception(self, "image_pool");
  return self->state.make_behavior(settings);
}

}  // namespace retail_pulse::actors
