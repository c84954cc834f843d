#include <toml++/toml.h>

#include <algorithm>
#include <sstream>

#include "config/flags.hpp"
#include "config/given.hpp"
#include "config/parsers.hpp"

namespace retail_pulse::config {
namespace {

/// Strings and whole numbers as text; nullopt for any other value.
std::optional<std::string> text_of(const toml::node& value) {
  if (const auto* text = value.as_string()) return text->get();
  if (const auto* number = value.as_integer()) return std::to_string(number->get());
  return std::nullopt;
}

std::optional<std::vector<std::string>> texts_of(const toml::node& value, bool list) {
  std::vector<std::string> texts;
  if (const auto* items = value.as_array(); items != nullptr && list) {
    for (const auto& item : *items) {
      auto text = text_of(item);
      if (!text) return std::nullopt;
      texts.push_back(std::move(*text));
    }
    return texts;
  }
  const auto text = text_of(value);
  if (!text) return std::nullopt;
  return list ? split_list(*text) : std::vector{*text};
}

}  // namespace

given_values from_toml(std::string_view text, const std::string& file,
                       std::vector<std::string>& problems) {
  given_values result;
  toml::table table;
  try {
    table = toml::parse(text, file);
  } catch (const toml::parse_error& error) {
    problems.push_back(file + ":" + std::to_string(error.source().begin.line) + ": " +
                       std::string{error.description()});
    return result;
  }
  for (const auto& [key, value] : table) {
    const std::string name{key.str()};
    const std::string place = file + ":" + std::to_string(key.source().begin.line) + ": ";
    const auto row = std::ranges::find(flags(), name, &flag::name);
    if (row == flags().end()) {
      problems.push_back(place + "unknown key '" + name + "'");
    } else if (auto texts = texts_of(value, row->list)) {
      result[name] = {std::move(*texts), place + name};
    } else {
      problems.push_back(place + name + ": is not a string or a whole number" +
                         (row->list ? ", or a list of them" : ""));
    }
  }
  return result;
}

}  // namespace retail_pulse::config
