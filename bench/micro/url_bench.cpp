#include <benchmark/benchmark.h>

#include <array>
#include <string_view>
#include <variant>
#include <vector>

#include "fetch/net/address_guard.hpp"
#include "fetch/url/url.hpp"

namespace retail_pulse::fetch {
namespace {

void url_parsing(benchmark::State& state, std::string_view text) {
  for (auto _ : state) {
    const auto parsed = parse_url(text);
    if (std::holds_alternative<url_error>(parsed))
      return state.SkipWithError("the URL was refused");
    benchmark::DoNotOptimize(parsed);
  }
  state.SetItemsProcessed(state.iterations());
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(text.size()));
}
BENCHMARK_CAPTURE(url_parsing, plain,
                  "https://images.example.com/stores/RP00417/2026-11-22/shelf-0042.jpg?width=640");
BENCHMARK_CAPTURE(
    url_parsing, percent_encoded,
    "https://images.example.com/Filiale%20K%C3%B6ln/2026-11-22/shelf%2042.jpg?width=640");
/// Characters that the parser has to encode.
BENCHMARK_CAPTURE(
    url_parsing, to_be_encoded,
    "https://images.example.com/Filiale K\xC3\xB6ln/2026-11-22/shelf 42.jpg?width=640");

/// Public addresses, and ones that an attack would use.
std::vector<ip_address> addresses() {
  std::vector<ip_address> all;
  for (const auto* text : {"93.184.216.34", "10.20.30.40", "169.254.169.254", "100.64.0.1",
                           "2606:4700::6810:85e5", "::1", "fd00::17", "::ffff:192.168.1.1"}) {
    all.push_back(parse_address(text).value());
  }
  return all;
}

void check(benchmark::State& state, const auto& is_allowed) {
  const auto all = addresses();
  for (auto _ : state) {
    for (const auto& address : all) benchmark::DoNotOptimize(is_allowed(address));
  }
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(all.size()));
}

void address_is_public(benchmark::State& state) { check(state, is_public); }
BENCHMARK(address_is_public);

void address_guard_permits(benchmark::State& state) {
  const address_guard guard{opened_ranges({"10.0.0.0/8", "fd00::/8"})};
  check(state, [&](const ip_address& address) { return guard.permits(address); });
}
BENCHMARK(address_guard_permits);

}  // namespace
}  // namespace retail_pulse::fetch
