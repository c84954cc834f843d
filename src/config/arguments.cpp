#include <CLI/CLI.hpp>
#include <algorithm>

#include "config/flags.hpp"
#include "config/given.hpp"
#include "config/parsers.hpp"

namespace retail_pulse::config {
namespace {

bool is_known(std::string_view name) {
  return name == config_flag || std::ranges::find(flags(), name, &flag::name) != flags().end();
}

/// Separates every flag from its value. CLI11 stops at the first flag without a value, and takes
/// the next word for the value of `--flag=`, so both are resolved before.
std::vector<std::string> paired(std::span<const std::string> arguments,
                                std::vector<std::string>& problems) {
  std::vector<std::string> result;
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    const std::string& word = arguments[i];
    const auto equals = word.find('=');
    const std::string name = word.starts_with("--")
                                 ? word.substr(2, equals == std::string::npos ? equals : equals - 2)
                                 : "";
    if (!is_known(name)) {
      result.push_back(word);
    } else if (equals != std::string::npos) {
      result.insert(result.end(), {"--" + name, word.substr(equals + 1)});
    } else if (i + 1 == arguments.size() || arguments[i + 1].starts_with("--")) {
      problems.push_back("--" + name + ": needs a value");
    } else {
      result.insert(result.end(), {word, arguments[++i]});
    }
  }
  return result;
}

/// `extras` are the words that CLI11 did not use. The value of an unknown flag is not a second
/// problem.
void note_unknown(const std::vector<std::string>& extras, std::span<const std::string> arguments,
                  std::vector<std::string>& problems) {
  for (const auto& word : extras) {
    if (word.size() > 1 && word.starts_with('-')) {
      problems.push_back(word.substr(0, word.find('=')) + ": unknown flag");
      continue;
    }
    const auto at = std::ranges::find(arguments, word);
    const bool follows_unknown = at != arguments.begin() && at != arguments.end() &&
                                 std::ranges::find(extras, *(at - 1)) != extras.end() &&
                                 (at - 1)->starts_with("--") &&
                                 (at - 1)->find('=') == std::string::npos;
    if (!follows_unknown) problems.push_back("'" + word + "': unexpected argument");
  }
}

}  // namespace

given_values from_arguments(std::span<const std::string> arguments,
                            std::vector<std::string>& problems) {
  CLI::App app;
  app.set_help_flag();
  app.allow_extras();
  const auto add = [&app](std::string_view name) {
    app.add_option("--" + std::string{name})->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
  };
  for (const auto& row : flags()) add(row.name);
  add(config_flag);

  auto words = paired(arguments, problems);
  std::ranges::reverse(words);  // CLI11 wants the last word first
  try {
    app.parse(std::move(words));
  } catch (const CLI::ParseError& error) {
    problems.push_back(std::string{"command line: "} + error.what());
    return {};
  }
  note_unknown(app.remaining(), arguments, problems);

  given_values result;
  const auto take = [&](std::string_view name, bool list) {
    const auto& texts = app.get_option("--" + std::string{name})->results();
    if (texts.empty()) return;
    given& one = result[std::string{name}];
    one.origin = "--" + std::string{name};
    if (!list && texts.size() > 1)
      problems.push_back(one.origin + ": given " + std::to_string(texts.size()) + " times");
    for (const auto& text : texts) {
      if (list) {
        std::ranges::move(split_list(text), std::back_inserter(one.texts));
      } else {
        one.texts = {text};
      }
    }
  };
  for (const auto& row : flags()) take(row.name, row.list);
  take(config_flag, false);
  return result;
}

}  // namespace retail_pulse::config
