#include "http/request/query.hpp"

#include <algorithm>

#include "core/text.hpp"

namespace retail_pulse::http {
namespace {

/// No value may have a NUL in it.
std::optional<std::string> decode(std::string_view text) {
  auto decoded = percent_decoded(text);
  if (decoded && decoded->find('\0') != std::string::npos) return std::nullopt;
  return decoded;
}

/// In application/x-www-form-urlencoded a `+` is a blank.
std::optional<std::string> decode_form(std::string text) {
  std::ranges::replace(text, '+', ' ');
  return decode(text);
}

}  // namespace

std::optional<std::string> decoded_segment(std::string_view segment) { return decode(segment); }

std::variant<query, std::string> query::parse(std::string_view text) {
  query result;
  while (!text.empty()) {
    const auto end = std::min(text.find('&'), text.size());
    const auto part = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    if (part.empty()) continue;
    const auto equals = std::min(part.find('='), part.size());
    auto name = decode_form(std::string{part.substr(0, equals)});
    if (name == "_") continue;
    auto value = decode_form(
        std::string{equals < part.size() ? part.substr(equals + 1) : std::string_view{}});
    if (!name || !value)
      return (name && !name->empty() ? *name : "the query") + " is not well-formed";
    result.parameters_.push_back({std::move(*name), std::move(*value)});
  }
  return result;
}

std::size_t query::count(std::string_view name) const {
  return static_cast<std::size_t>(std::ranges::count(parameters_, name, &parameter::name));
}

const std::string* query::find(std::string_view name) const {
  const auto found = std::ranges::find(parameters_, name, &parameter::name);
  return found == parameters_.end() ? nullptr : &found->value;
}

void query::drop_empty(std::string_view name) {
  std::erase_if(parameters_,
                [name](const parameter& each) { return each.name == name && each.value.empty(); });
}

std::optional<std::string> query::name_not_in(std::span<const std::string> names) const {
  const auto other = [names](const parameter& given) {
    return std::ranges::find(names, given.name) == names.end();
  };
  const auto found = std::ranges::find_if(parameters_, other);
  return found == parameters_.end() ? std::nullopt : std::optional{found->name};
}

}  // namespace retail_pulse::http
