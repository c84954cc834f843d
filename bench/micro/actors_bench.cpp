#include <benchmark/benchmark.h>

#include <algorithm>
#include <caf/all.hpp>
#include <chrono>
#include <cstdint>
#include <future>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <variant>
#include <vector>

#include "actors/image_pool.hpp"
#include "actors/ledger.hpp"
#include "actors/reader.hpp"
#include "actors/store_master.hpp"
#include "actors/supervisor.hpp"
#include "core/submission.hpp"
#include "core/submission_key.hpp"
#include "core/time.hpp"
#include "fetch/engine/engine.hpp"
#include "storage/repository.hpp"
#include "stores/store_table.hpp"
#include "tests/support/numbered.hpp"

namespace retail_pulse::actors {
namespace {

/// As the service configures it.
struct actor_config : caf::actor_system_config {
  actor_config() {
    add_message_types<caf::id_block::retail_pulse>();
    set("scheduler.max-threads",
        static_cast<std::size_t>(std::max(1U, std::thread::hardware_concurrency())));
  }
};

const std::string store_id = "RP00417";

stores::store_table_ptr one_store() {
  return std::make_shared<const stores::store_table>(
      std::vector<stores::store>{{store_id, "name", "area"}});
}

// --- round trips --------------------------------------------------------------------------------

/// Sends so many requests, each after the answer to the one before, and then answers itself.
caf::behavior asker(caf::event_based_actor* self, const store_master_actor& whom) {
  struct loop {
    caf::event_based_actor* self;
    store_master_actor whom;
    caf::response_promise done;

    void ask(std::int64_t times) const {
      if (times == 0) return caf::response_promise{done}.deliver(caf::ok_atom_v);
      self->request(whom, caf::infinite, lookup_atom_v, store_check{{store_id}})
          .then([next = *this, times](const known_stores&) { next.ask(times - 1); });
    }
  };
  return {[=](std::int64_t times) {
    const loop round{self, whom, self->make_response_promise()};
    round.ask(times);
    return round.done;
  }};
}

/// A job asks the store master, as for every page: a scheduled actor, compared with a detached one,
/// as the ledger and the readers are.
template <caf::spawn_options Options>
void round_trip(benchmark::State& state) {
  constexpr std::int64_t trips =
      1000;  // so many that the way from the benchmark's thread to the actors does not count
  actor_config config;
  caf::actor_system system{config};
  const auto master = system.spawn<Options>(store_master, one_store());
  const auto client = system.spawn(asker, master);
  caf::scoped_actor self{system};
  for (auto _ : state) {
    self->request(client, caf::infinite, trips)
        .receive([](caf::ok_atom) {},
                 [&](const caf::error&) { state.SkipWithError("an actor did not answer"); });
  }
  state.SetItemsProcessed(state.iterations() * trips);
  caf::anon_send_exit(client, caf::exit_reason::user_shutdown);
  caf::anon_send_exit(master, caf::exit_reason::user_shutdown);
}
BENCHMARK_TEMPLATE(round_trip, caf::no_spawn_options)->MeasureProcessCPUTime()->UseRealTime();
BENCHMARK_TEMPLATE(round_trip, caf::detached)->MeasureProcessCPUTime()->UseRealTime();

// --- an image from submission to result ---------------------------------------------------------

class immediate_engine final : public fetch::engine {
 public:
  void resolve(const std::string&, fetch::on_resolved done) override { done(address_); }
  void submit(fetch::request, fetch::on_fetched done) override {
    fetch::outcome outcome;
    outcome.measured = {image_format::jpeg, 640, 480};
    outcome.evidence.http_status = 200;
    outcome.evidence.address = address_;
    done(std::move(outcome));
  }
  void stop() override {}

 private:
  const std::string address_ = "93.184.216.34";
};

/// Takes the herald's place: reports the end of a job, also of one that ended before it was asked.
herald_actor::behavior_type end_teller(const caf::actor& listener) {
  return {
      [](follow_atom, job_id, const subscriber&) {},
      [](unfollow_atom, job_id, std::uint64_t) {},
      [=](progress_atom, const job_progress& update) {
        if (update.state == job_state::completed || update.state == job_state::failed)
          caf::anon_send(listener, ended_atom_v);
      },
      [](flush_atom, job_id) {},
      [](beat_atom) {},
  };
}

/// The actors as the service composes them, without those that only serve the API and without the
/// GPU delay.
class service {
 public:
  service() {
    herald_ = system_.spawn(end_teller, caf::actor{self_});
    colleagues_.ledger = system_.spawn<caf::detached>(
        ledger, std::make_shared<storage::writer>(where_), wall_clock{system_wall_time}, herald_);
    colleagues_.reader =
        system_.spawn<caf::detached>(reader, std::make_shared<storage::reader>(where_));
    colleagues_.store_master = system_.spawn(store_master, one_store());
    pool_settings pool;
    pool.image.engine = &engine_;
    pool.image.delay_min = pool.image.delay_max = std::chrono::milliseconds{0};
    colleagues_.pool = system_.spawn(image_pool, pool);
    supervisor_ = system_.spawn(supervisor, supervisor_settings{}, colleagues_);
    while (load().at == phase::starting) std::this_thread::yield();
  }

  ~service() {
    caf::anon_send_exit(supervisor_, caf::exit_reason::user_shutdown);
    caf::anon_send_exit(colleagues_.pool, caf::exit_reason::user_shutdown);
    caf::anon_send_exit(colleagues_.store_master, caf::exit_reason::user_shutdown);
    caf::anon_send_exit(colleagues_.reader, caf::exit_reason::user_shutdown);
    caf::anon_send_exit(colleagues_.ledger, caf::exit_reason::user_shutdown);
    caf::anon_send_exit(herald_, caf::exit_reason::user_shutdown);
  }

  /// False when the job was not accepted.
  bool run_to_end(const submission_ptr& job) {
    const auto outcome = answer_of<submit_outcome>(
        [&](auto answer) { caf::anon_send(supervisor_, submit_atom_v, job, no_key, answer); });
    if (outcome.what != submit_outcome::kind::accepted) return false;
    self_->receive([](ended_atom) {});
    return true;
  }

 private:
  template <class T, class Question>
  static T answer_of(Question ask) {
    auto promised = std::make_shared<std::promise<T>>();
    auto answered = promised->get_future();
    ask(reply<T>{[promised](T value) { promised->set_value(std::move(value)); }, {}});
    return answered.get();
  }
  load_report load() {
    return *answer_of<std::optional<load_report>>(
        [&](auto answer) { caf::anon_send(supervisor_, load_atom_v, answer); });
  }

  storage::location where_ =
      std::get<storage::location>(storage::location::parse("sqlite::memory:"));
  immediate_engine engine_;
  actor_config config_;
  caf::actor_system system_{config_};
  caf::scoped_actor self_{system_};
  herald_actor herald_;
  job_colleagues colleagues_;
  supervisor_actor supervisor_;
};

submission_ptr job_of(std::int64_t images) {
  std::vector<std::string> urls;
  for (std::int64_t image = 0; image < images; ++image)
    urls.push_back("http://images.example.com/" + std::to_string(image) + ".jpg");
  tests::numbered_submission job;
  job.add_visit(store_id, "2026-11-22", urls);
  return std::make_shared<const submission>(job.finish());
}

/// One job at a time, from the submission to its committed final state.
void whole_way(benchmark::State& state) {
  service composed;
  const auto job = job_of(state.range(0));
  for (auto _ : state) {
    if (!composed.run_to_end(job)) return state.SkipWithError("the job was not accepted");
  }
  state.SetItemsProcessed(state.iterations() * state.range(0));
}
BENCHMARK(whole_way)
    ->ArgName("images")
    ->Arg(1)
    ->Arg(64)
    ->Arg(4096)
    ->MeasureProcessCPUTime()
    ->UseRealTime();

}  // namespace
}  // namespace retail_pulse::actors
