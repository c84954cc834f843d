#include <benchmark/benchmark.h>

#include <algorithm>
#include <cstdint>
#include <string>
#include <variant>

#include "http/request/submission_parser.hpp"

namespace retail_pulse::http {
namespace {

constexpr std::int64_t images_of_a_visit = 10;

std::string visit_with(std::int64_t first, std::int64_t last) {
  std::string urls;
  for (auto image = first; image < last; ++image) {
    if (image > first) urls += ',';
    urls += R"("https://images.example.com/stores/2026-11-22/shelf-)";
    urls += std::to_string(image);
    urls += R"(.jpg")";
  }
  return R"({"store_id":"RP00417","image_url":[)" + urls +
         R"(],"visit_time":"2026-11-22T09:30:00"})";
}

std::string submission_with(std::int64_t images) {
  std::string text = R"({"visits":[)";
  std::int64_t visits = 0;
  for (std::int64_t first = 0; first < images; first += images_of_a_visit, ++visits) {
    if (first > 0) text += ',';
    text += visit_with(first, std::min(images, first + images_of_a_visit));
  }
  text += R"(],"count":)";
  text += std::to_string(visits);
  text += '}';
  return text;
}

void submission_parsing(benchmark::State& state) {
  const auto text = submission_with(state.range(0));
  for (auto _ : state) {
    const auto parsed = parse_submission(text);
    if (std::holds_alternative<rejection>(parsed))
      return state.SkipWithError("the submission was refused");
    benchmark::DoNotOptimize(parsed);
  }
  state.SetItemsProcessed(state.iterations() * state.range(0));
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(text.size()));
}
BENCHMARK(submission_parsing)->ArgName("images")->Arg(1)->Arg(10'000);

}  // namespace
}  // namespace retail_pulse::http
