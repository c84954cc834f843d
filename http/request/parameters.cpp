#include "http/request/parameters.hpp"

#include <utility>
#include <variant>

#include "core/ids.hpp"
#include "core/limits.hpp"
#include "core/number.hpp"

namespace retail_pulse::http {
namespace {

/// What `next` of a list may be: the largest id is that of a job.
std::optional<std::int64_t> cursor_in(std::string_view text) { return whole_number<std::int64_t>(text, 0, max_job_id); }

}  // namespace

parameters::parameters(std::string_view query_text) {
  auto parsed = query::parse(query_text);
  if (auto* fault = std::get_if<std::string>(&parsed)) {
    wrong(std::move(*fault));
  } else {
    query_ = std::get<query>(std::move(parsed));
  }
}

void parameters::wrong(std::string sentence) {
  if (wrong_.empty()) wrong_ = std::move(sentence);
}

const std::string& parameters::what_is_wrong() {
  const auto other = query_ ? query_->name_not_in(read_) : std::nullopt;
  if (other) wrong("there is no parameter \"" + *other + "\" here");
  return wrong_;
}

std::optional<std::string> parameters::text(std::string_view name) {
  read_.emplace_back(name);
  const auto* given = query_ ? query_->find(name) : nullptr;
  if (given == nullptr) return std::nullopt;
  if (query_->count(name) > 1) {
    wrong(std::string{name} + " is given twice");
  } else if (given->empty()) {
    wrong(std::string{name} + " is empty");
  } else {
    return *given;
  }
  return std::nullopt;
}

std::size_t parameters::limit() {
  const auto in_bounds = [](std::string_view text) { return whole_number<std::size_t>(text, 1, limits::max_page); };
  return value("limit", in_bounds, "is no number from 1 to " + std::to_string(limits::max_page)).value_or(limits::default_page);
}

std::optional<std::int64_t> parameters::cursor() { return value("cursor", cursor_in, "is none that a list has given as \"next\""); }

}  // namespace retail_pulse::http
