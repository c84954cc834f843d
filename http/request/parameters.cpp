#include "http/request/parameters.hpp"

#include <utility>
#include <variant>

#include "core/limits.hpp"
#include "core/number.hpp"
#include "fetch/url/url.hpp"

namespace retail_pulse::http {
namespace {

/// The `next` of a list is an id or a number of images; ids of jobs are the largest.
std::optional<std::int64_t> cursor_in(std::string_view text) {
  return whole_number<std::int64_t>(text, 0, max_job_id);
}

/// Of a URL without path and query.
std::optional<std::string> origin_in(std::string_view text) {
  const auto parsed = fetch::parse_url(text);
  const auto* url = std::get_if<fetch::url>(&parsed);
  if (url == nullptr || url->target != "/" || text.find_first_of("?#") != text.npos)
    return std::nullopt;
  return url->origin();
}

}  // namespace

std::optional<job_id> job_named(std::string_view text) {
  const auto number = whole_number<std::int64_t>(text, 1, max_job_id);
  return number ? std::optional{job_id{*number}} : std::nullopt;
}

std::optional<rejection> stray_parameter(const request& r) {
  parameters given{r.query};
  const auto& problem = given.problem();
  return problem.empty() ? std::nullopt
                         : std::optional{rejection{400, "invalid_parameter", problem}};
}

parameters::parameters(std::string_view query_text) {
  auto parsed = query::parse(query_text);
  if (auto* fault = std::get_if<std::string>(&parsed)) {
    fail(std::move(*fault));
  } else {
    query_ = std::get<query>(std::move(parsed));
  }
}

void parameters::fail(std::string sentence) {
  if (problem_.empty()) problem_ = std::move(sentence);
}

const std::string& parameters::problem() {
  const auto other = query_ ? query_->name_not_in(read_) : std::nullopt;
  if (other) fail("there is no parameter \"" + *other + "\" here");
  return problem_;
}

std::optional<std::string> parameters::text(std::string_view name) {
  read_.emplace_back(name);
  const auto* given = query_ ? query_->find(name) : nullptr;
  if (given == nullptr) return std::nullopt;
  if (query_->count(name) > 1) {
    fail(std::string{name} + " is given twice");
  } else if (given->empty()) {
    fail(std::string{name} + " is empty");
  } else {
    return *given;
  }
  return std::nullopt;
}

std::size_t parameters::limit() {
  const auto in_bounds = [](std::string_view text) {
    return whole_number<std::size_t>(text, 1, limits::max_page);
  };
  return value("limit", in_bounds, "is not a number from 1 to " + std::to_string(limits::max_page))
      .value_or(limits::default_page);
}

std::optional<std::string> parameters::origin() {
  return value("origin", origin_in, "is not an origin, such as https://cdn.example.com");
}

std::optional<std::int64_t> parameters::cursor() {
  return value("cursor", cursor_in, "is not the \"next\" of a list");
}

}  // namespace retail_pulse::http
