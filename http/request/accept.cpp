#include "http/request/accept.hpp"

#include <algorithm>
#include <optional>
#include <string>

#include "core/text.hpp"

namespace retail_pulse::http {
namespace {

std::string_view trimmed(std::string_view text) {
  const auto begin = std::min(text.find_first_not_of(" \t"), text.size());
  return text.substr(begin, text.find_last_not_of(" \t") + 1 - begin);
}

/// Removes the part up to `mark`, and the mark, from the text; returns the part.
std::string_view take_part(std::string_view& text, char mark) {
  const auto end = std::min(text.find(mark), text.size());
  const auto part = text.substr(0, end);
  text.remove_prefix(std::min(end + 1, text.size()));
  return trimmed(part);
}

struct media_range {
  std::string type;  ///< "*", or a type in lower case
  std::string subtype;
  bool excluded = false;

  /// How precisely it covers a type: 3 by name, 2 by "type/*", 1 by "*/*", 0 not at all.
  int covers(std::string_view whole) const {
    const auto slash = whole.find('/');
    if (type == "*") return subtype == "*" ? 1 : 0;
    if (type != whole.substr(0, slash)) return 0;
    if (subtype == "*") return 2;
    return subtype == whole.substr(slash + 1) ? 3 : 0;
  }
};

/// "q=0", "q=0.", "q=0.000".
bool excludes(std::string_view parameter) {
  const auto name = take_part(parameter, '=');
  return same_word(name, "q") && parameter.starts_with('0') &&
         parameter.find_first_not_of("0.") == std::string_view::npos;
}

std::optional<media_range> range_of(std::string_view text) {
  const auto name = take_part(text, ';');
  const auto slash = name.find('/');
  if (slash == std::string_view::npos || slash == 0 || slash + 1 == name.size())
    return std::nullopt;
  media_range range{lower(name.substr(0, slash)), lower(name.substr(slash + 1))};
  while (!text.empty()) range.excluded |= excludes(take_part(text, ';'));
  return range;
}

std::vector<media_range> ranges_of(const request& r) {
  std::vector<media_range> ranges;
  for (const auto& field : r.headers) {
    if (!same_word(field.name, "Accept")) continue;
    std::string_view rest{field.value};
    while (!rest.empty()) {
      if (auto range = range_of(take_part(rest, ','))) ranges.push_back(std::move(*range));
    }
  }
  return ranges;
}

bool is_identity(std::string_view codings) {
  while (!codings.empty()) {
    const auto coding = take_part(codings, ',');
    if (!coding.empty() && !same_word(coding, "identity")) return false;
  }
  return true;
}

}  // namespace

bool has_encoded_body(const request& r) {
  const auto is_coded = [](const header_field& field) {
    return same_word(field.name, "Content-Encoding") && !is_identity(field.value);
  };
  return !r.body.empty() && std::ranges::any_of(r.headers, is_coded);
}

bool accepts(const request& r, const media_types& makes) {
  const auto ranges = ranges_of(r);
  if (ranges.empty() || makes.empty()) return true;
  return std::ranges::any_of(makes, [&](std::string_view type) {
    const auto best = std::ranges::max_element(
        ranges, {}, [&](const media_range& range) { return range.covers(type); });
    return best->covers(type) > 0 && !best->excluded;
  });
}

}  // namespace retail_pulse::http
