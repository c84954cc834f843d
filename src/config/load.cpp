#include "config/load.hpp"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <string_view>

#include "config/flags.hpp"
#include "config/given.hpp"
#include "core/text.hpp"

namespace retail_pulse::config {
namespace {

given_values from_file(const given_values& arguments, const given_values& environment,
                       const sources& from, std::vector<std::string>& problems) {
  const auto flag_value = arguments.find(config_flag);
  const auto variable = environment.find(config_flag);
  if (flag_value == arguments.end() && variable == environment.end()) return {};
  const given& named = flag_value != arguments.end() ? flag_value->second : variable->second;
  const auto text = from.read_file(named.texts.front());
  if (const auto* failure = std::get_if<unreadable>(&text)) {
    problems.push_back(named.origin + ": '" + named.texts.front() +
                       "' cannot be read: " + failure->why);
    return {};
  }
  return from_toml(std::get<std::string>(text), named.texts.front(), problems);
}

void apply_all(const flag& row, const given& value, settings& into,
               std::vector<std::string>& problems) {
  const auto is_empty = [&row](const std::string& text) {
    return row.list && trimmed(text).empty();
  };
  if (std::ranges::any_of(value.texts, is_empty))
    problems.push_back(value.origin + ": the list has an empty entry");
  for (const auto& text : value.texts) {
    if (is_empty(text)) continue;
    const auto wrong = row.apply(text, into);
    if (!wrong.empty()) problems.push_back(value.origin + ": " + wrong);
  }
}

}  // namespace

std::variant<settings, problems> load(const sources& from) {
  problems found;
  const auto arguments = from_arguments(from.arguments, found.messages);
  const auto environment = from_environment(from.environment, found.messages);
  const auto file = from_file(arguments, environment, from, found.messages);

  settings result;
  given_values used;
  for (const auto& row : flags()) {
    for (const auto* place : {&arguments, &environment, &file}) {  // strongest first
      const auto value = place->find(row.name);
      if (value == place->end()) continue;
      apply_all(row, value->second, result, found.messages);
      used.insert(*value);
      break;
    }
  }
  if (!result.keep_images.empty() && result.fetch_mode == fetch::mode::header) {
    found.messages.push_back(used["keep-images"].origin + " and " + used["fetch"].origin +
                             ": kept images are whole files, which 'header' does not fetch");
  }
  if (!found.messages.empty()) return found;
  return result;
}

std::vector<std::pair<std::string, std::string>> process_environment() {
  std::vector<std::pair<std::string, std::string>> result;
  for (char** entry = environ; entry != nullptr && *entry != nullptr; ++entry) {
    const std::string_view text{*entry};
    const auto equals = text.find('=');
    if (equals != std::string_view::npos)
      result.emplace_back(text.substr(0, equals), text.substr(equals + 1));
  }
  return result;
}

std::variant<std::string, unreadable> read_whole_file(const std::string& file) {
  std::ifstream stream{file, std::ios::binary};
  if (!stream) return unreadable{std::strerror(errno)};
  std::string text(limits::config_file_bytes + 1, '\0');
  stream.read(text.data(), static_cast<std::streamsize>(text.size()));
  if (stream.bad()) return unreadable{std::strerror(errno)};
  text.resize(static_cast<std::size_t>(stream.gcount()));
  if (text.size() > limits::config_file_bytes)
    return unreadable{"it is larger than " + std::to_string(limits::config_file_bytes) + " bytes"};
  return text;
}

}  // namespace retail_pulse::config
