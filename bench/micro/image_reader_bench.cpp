#include <benchmark/benchmark.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <span>
#include <stdexcept>
#include <string>

#include "core/limits.hpp"
#include "imaging/image_reader.hpp"

namespace retail_pulse::imaging {
namespace {

std::string content_of(const char* sample) {
  std::ifstream in{std::filesystem::path{RETAIL_PULSE_SOURCE_DIR "/data/sample-images"} / sample,
                   std::ios::binary};
  if (!in) throw std::runtime_error{std::string{"no sample image "} + sample};
  return {std::istreambuf_iterator<char>{in}, {}};
}

/// Feeds the ranges of --fetch header, until the dimensions are known or the file ends.
void feed(image_reader& reader, std::span<const std::byte> file, bool whole) {
  for (std::size_t fed = 0; fed < file.size(); fed += limits::range_bytes) {
    const auto came_to =
        reader.feed(file.subspan(fed, std::min(limits::range_bytes, file.size() - fed)));
    if (came_to != image_reader::state::need_more && !whole) break;
  }
}

void read(benchmark::State& state, std::span<const std::byte> file, bool whole) {
  for (auto _ : state) {
    image_reader reader;
    feed(reader, file, whole);
    const auto outcome = reader.finish();
    if (outcome.measured.width == 0) return state.SkipWithError("the sample was not measured");
    benchmark::DoNotOptimize(outcome);
  }
  state.SetItemsProcessed(state.iterations());
}

/// As --fetch header. No bytes per second: most of a range is never read.
void header_reading(benchmark::State& state, const char* sample) {
  const auto file = content_of(sample);
  read(state, std::as_bytes(std::span{file}), false);
}
BENCHMARK_CAPTURE(header_reading, jpeg, "shelf-morning.jpg");
BENCHMARK_CAPTURE(header_reading, progressive_jpeg, "cooler-progressive.jpg");
BENCHMARK_CAPTURE(header_reading, png, "endcap.png");
BENCHMARK_CAPTURE(header_reading, webp, "window.webp");
BENCHMARK_CAPTURE(header_reading, lossless_webp, "tag-lossless.webp");

/// As --fetch full: also checks that the file is complete.
void whole_file_reading(benchmark::State& state, const char* sample) {
  const auto file = content_of(sample);
  read(state, std::as_bytes(std::span{file}), true);
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(file.size()));
}
BENCHMARK_CAPTURE(whole_file_reading, jpeg, "shelf-morning.jpg");
BENCHMARK_CAPTURE(whole_file_reading, progressive_jpeg, "cooler-progressive.jpg");
BENCHMARK_CAPTURE(whole_file_reading, png, "endcap.png");
BENCHMARK_CAPTURE(whole_file_reading, webp, "window.webp");
BENCHMARK_CAPTURE(whole_file_reading, lossless_webp, "tag-lossless.webp");

}  // namespace
}  // namespace retail_pulse::imaging
