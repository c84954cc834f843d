#include "http/parameters.hpp"

#include <charconv>
#include <utility>
#include <variant>

#include "core/ids.hpp"
#include "core/limits.hpp"

namespace retail_pulse::http {
namespace {

/// Digits alone, up to the largest id.
std::optional<std::int64_t> number_in(std::string_view text) {
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size() || value < 0 || value > max_job_id) return std::nullopt;
  return text.front() == '-' ? std::nullopt : std::optional{value};  // "-0"
}

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
  const auto in_bounds = [](std::string_view text) -> std::optional<std::size_t> {
    const auto number = number_in(text);
    if (!number || *number < 1 || *number > static_cast<std::int64_t>(limits::max_page)) return std::nullopt;
    return static_cast<std::size_t>(*number);
  };
  return value("limit", in_bounds, "is no number from 1 to " + std::to_string(limits::max_page)).value_or(limits::default_page);
}

std::optional<std::int64_t> parameters::cursor() { return value("cursor", number_in, "is none that a list has given as \"next\""); }

}  // namespace retail_pulse::http
