#include "actors/image_pool.hpp"

#include <algorithm>

#include "actors/vital.hpp"
#include "core/limits.hpp"
#include "core/require.hpp"

namespace retail_pulse::actors {

image_pool_actor::behavior_type image_pool_state::make_behavior(pool_settings settings) {
  settings_ = settings;
  const turn_limits limits{settings.images_in_flight, settings.fetch_slots,
                           settings.origin_connections,
                           settings.images_in_flight * limits::credits_per_place};
  turns_.emplace(limits, [this](const std::string& origin) {
    // The answer may come on another thread, and before this call returns; as a message it comes
    // later in either case.
    const image_pool_actor me{self_};
    settings_.image.engine->resolve(origin + "/", [me, origin](std::string address) {
      caf::anon_send(me, resolved_atom_v, origin, std::move(address));
    });
  });
  self_->set_down_handler([this](caf::down_msg& down) { image_died(down); });
  self_->set_exit_handler([this](caf::exit_msg& exit) {
    for (const auto& at : workers_) {
      if (at.actor) self_->send_exit(*at.actor, exit.reason);
    }
    self_->quit(exit.reason);
  });
  return {
      [this](join_atom, const pool_member& member) { join(member); },
      [this](offer_atom, job_ticket ticket, const image_offer_ptr& answer) {
        offer(ticket, *answer);
      },
      [this](again_atom, job_ticket ticket, const queued_image& image) { again(ticket, image); },
      [this](settled_atom, job_ticket ticket, std::uint64_t images) { settled(ticket, images); },
      [this](leave_atom, job_ticket ticket) { leave(ticket); },
      [this](withdraw_atom, job_ticket ticket) { return withdraw(ticket); },
      [this](resolved_atom, const std::string& origin, const std::string& address) {
        resolved(origin, address);
      },
      [this](fetched_atom, worker_index index, const std::string& address) {
        fetched(index, address);
      },
      [this](reported_atom, worker_index index, bool will_retry) { reported(index, will_retry); },
      [this](drain_atom) { return drain(); },
      [this](load_atom) { return gauges(); },
  };
}

void image_pool_state::join(const pool_member& member) {
  if (draining_) return;
  turns_->join(member);
  serve();
}

void image_pool_state::offer(job_ticket ticket, const image_offer& offer) {
  if (draining_) return;
  turns_->offer(ticket, offer);
  serve();
}

void image_pool_state::again(job_ticket ticket, const queued_image& image) {
  if (draining_) return;
  turns_->again(ticket, image);
  serve();
}

void image_pool_state::settled(job_ticket ticket, std::uint64_t images) {
  turns_->settled(ticket, images);
  serve();
}

void image_pool_state::leave(job_ticket ticket) {
  turns_->leave(ticket);
  serve();
}

std::uint64_t image_pool_state::withdraw(job_ticket ticket) {
  const auto dropped = turns_->withdraw(ticket);
  serve();  // its lanes may have kept others from an endpoint
  return dropped;
}

void image_pool_state::resolved(const std::string& origin, const std::string& address) {
  turns_->resolved(origin, address);
  serve();
}

void image_pool_state::fetched(worker_index index, const std::string& address) {
  auto& at = workers_[index.value];
  require(at.work && std::exchange(at.fetching, false), "a slot is given back once");
  turns_->fetched(*at.work, address);
  serve();
}

void image_pool_state::reported(worker_index index, bool will_retry) {
  auto& at = workers_[index.value];
  require(at.work && !at.fetching, "a worker is given back after its slot");
  turns_->reported(*at.work, will_retry);
  at.work.reset();
  at.report_to.reset();
  idle_.push_back(index.value);
  if (drained_ && turns_->in_flight() == 0)
    std::exchange(drained_, std::nullopt)->deliver(gauges());
  serve();
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
  const auto& task = at.work->image.task;
  image_result result;
  result.number = task.number;
  result.code = error_code::internal;
  result.attempts = task.attempt;
  self_->send(*at.report_to, report_atom_v, image_report{task, result, std::nullopt});
  if (at.fetching) fetched({index}, {});
  reported({index}, false);
}

void image_pool_state::serve() {
  if (draining_) return;
  while (const auto grant = turns_->next_grant())
    self_->send(grant->handle, turn_atom_v, grant->credits);
  while (auto next = turns_->next_dispatch()) order(std::move(*next));
}

void image_pool_state::order(dispatch next) {
  const auto* member = turns_->find(next.ticket);
  require(member != nullptr, "only a member's image is dispatched");
  const auto index = free_worker();
  auto& at = workers_[index];
  self_->send(*at.actor, order_atom_v,
              image_order{{index}, member->id, member->handle, next.image.task});
  at.report_to = member->handle;
  at.fetching = true;
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
