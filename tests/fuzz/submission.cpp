// submission: the body of POST /api/submit.
// - What is accepted is JSON, and a whole job: every visit has a store, images and a time, all
// within their bounds.
// - Written again, an accepted job is the same job.
// - What is refused has a reason: one sentence of bounded length in UTF-8.
#include <nlohmann/json.hpp>
#include <string>
#include <variant>

#include "core/limits.hpp"
#include "core/text.hpp"
#include "http/request/submission_parser.hpp"
#include "property.hpp"

namespace retail_pulse::fuzz {
namespace {

bool is_text(std::string_view text) {
  return valid_utf8_prefix(text) == text.size() && text.find('\0') == std::string_view::npos;
}

void check_job(const submission& job) {
  std::size_t next = 0;
  check(job.visit_count() > 0, "a job has a visit");
  for (std::size_t v = 0; v < job.visit_count(); ++v) {
    const auto visit = job.visit_at(v);
    check(!visit.store_id.empty() && visit.store_id.size() <= limits::store_id_bytes &&
              is_text(visit.store_id),
          "a store id is bounded text");
    check(visit.visit_time.size() <= limits::text_bytes && is_text(visit.visit_time),
          "a visit time is bounded text");
    check(visit.first_image == next && visit.image_count > 0,
          "images are counted over the whole job");
    for (; next < visit.first_image + visit.image_count; ++next) {
      check(job.visit_of(next) == v, "an image belongs to its visit");
      check(job.url_at(next).size() <= limits::url_bytes + 4 && is_text(job.url_at(next)),
            "a URL is bounded text");
      check(!without_blanks_around(job.url_at(next)).empty(), "a URL is not blank");
    }
  }
  check(job.image_count() == next, "every image belongs to a visit");
  check(job.callback_url().size() <= limits::url_bytes && is_text(job.callback_url()),
        "a callback URL is bounded text");
}

std::string written(const submission& job) {
  nlohmann::json visits = nlohmann::json::array();
  for (std::size_t v = 0; v < job.visit_count(); ++v) {
    const auto visit = job.visit_at(v);
    nlohmann::json urls = nlohmann::json::array();
    for (std::size_t i = 0; i < visit.image_count; ++i)
      urls.push_back(job.url_at(visit.first_image + i));
    visits.push_back({{"store_id", visit.store_id},
                      {"visit_time", visit.visit_time},
                      {"image_url", std::move(urls)}});
  }
  nlohmann::json whole{{"count", job.visit_count()}, {"visits", std::move(visits)}};
  if (!job.callback_url().empty()) whole["callback_url"] = job.callback_url();
  return whole.dump();
}

constexpr http::submission_rules rules{.sends_webhooks = true};

void check_any(std::string_view text) {
  const auto result = http::parse_submission(text, rules);
  if (const auto* why = std::get_if<http::rejection>(&result)) {
    check(!why->sentence.empty() && why->sentence.size() <= 512,
          "a body is refused with a reason of bounded length");
    check(is_text(why->sentence), "a reason can be sent as JSON");
    return;
  }
  const auto& job = *std::get<submission_ptr>(result);
  check(nlohmann::json::accept(text), "what is accepted is JSON");
  check_job(job);
  const auto again = http::parse_submission(written(job), rules);
  check(std::holds_alternative<submission_ptr>(again), "a job that is written again is accepted");
  check(written(*std::get<submission_ptr>(again)) == written(job),
        "a job that is written again is the same job");
}

}  // namespace
}  // namespace retail_pulse::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  retail_pulse::fuzz::check_any(retail_pulse::fuzz::as_text(data, size));
  return 0;
}
