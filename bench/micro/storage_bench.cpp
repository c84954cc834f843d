#include <benchmark/benchmark.h>

#include <cstdint>
#include <span>
#include <vector>

#include "core/time.hpp"
#include "tests/storage/fixtures.hpp"

namespace retail_pulse::storage {
namespace {

using test::in_memory;
using test::on_disk;  // in TMPDIR

constexpr std::size_t job_images = 32'768;  ///< a multiple of every batch

image_result result_of(std::size_t number) {
  auto result = test::good(static_cast<std::int64_t>(number));
  result.evidence.address = "93.184.216.34";
  result.evidence.http_status = 200;
  result.evidence.bytes = 250'000;
  result.evidence.dns_ms = 1;
  result.evidence.connect_ms = 12;
  result.evidence.total_ms = 85;
  return result;
}

/// Results of one job after the other. The last batch of a job also stores its final state; the
/// mean includes that.
template <class Place>
void result_recording(benchmark::State& state) {
  const Place place;
  writer into{place.where};
  const auto job = test::plain_submission(job_images / 8, 8);
  std::vector<image_result> results;
  for (std::size_t number = 0; number < job_images; ++number) results.push_back(result_of(number));

  const auto batch = static_cast<std::size_t>(state.range(0));
  job_id id;
  std::size_t next = job_images;
  for (auto _ : state) {
    if (next == job_images) {
      state.PauseTiming();
      id = test::submit(into, job);
      next = 0;
      state.ResumeTiming();
    }
    into.begin();
    const auto recorded =
        into.record(id, run_number{}, std::span{results}.subspan(next, batch), system_wall_time());
    into.commit();
    if (recorded.changed != state.range(0)) return state.SkipWithError("results were not recorded");
    next += batch;
  }
  state.SetItemsProcessed(state.iterations() * state.range(0));
}
BENCHMARK_TEMPLATE(result_recording, on_disk)->ArgName("results")->Arg(64)->Arg(512)->UseRealTime();
BENCHMARK_TEMPLATE(result_recording, in_memory)
    ->ArgName("results")
    ->Arg(64)
    ->Arg(512)
    ->UseRealTime();

/// Submissions of one image, committed in batches as the ledger does.
template <class Place>
void job_submitting(benchmark::State& state) {
  const Place place;
  writer into{place.where};
  const auto job = test::plain_submission(1, 1);
  for (auto _ : state) {
    into.begin();
    for (std::int64_t i = 0; i < state.range(0); ++i) into.store(job, system_wall_time());
    into.commit();
  }
  state.SetItemsProcessed(state.iterations() * state.range(0));
}
BENCHMARK_TEMPLATE(job_submitting, on_disk)->ArgName("jobs")->Arg(64)->UseRealTime();
BENCHMARK_TEMPLATE(job_submitting, in_memory)->ArgName("jobs")->Arg(64)->UseRealTime();

}  // namespace
}  // namespace retail_pulse::storage
