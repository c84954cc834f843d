#include "app/command_line.hpp"

#include <algorithm>
#include <cstdio>

#include "app/output.hpp"

namespace retail_pulse::app {
namespace {

/// Where `parse_words` puts the flags while `words_known_to` runs a subcommand; otherwise nullptr.
std::vector<known_word>* flags_wanted = nullptr;

/// The values of CLI::IsMember, which puts them into the type of the option: "TEXT:{json,csv}".
std::vector<std::string> choices_of(const CLI::Option& option) {
  const auto type = option.get_type_name();
  const auto open = type.find('{');
  const auto close = type.find('}');
  if (open == std::string::npos || close == std::string::npos || close < open) return {};
  return CLI::detail::split(type.substr(open + 1, close - open - 1), ',');
}

std::vector<known_word> words_of(const CLI::App& app) {
  std::vector<known_word> known;
  for (const auto* option : app.get_options()) {
    const auto& names = option->get_lnames();
    known.push_back({names.empty() ? "" : "--" + names.front(), option->get_description(),
                     option->get_items_expected_max() > 0, choices_of(*option),
                     option->get_single_name() == "FILE"});
  }
  return known;
}

}  // namespace

std::vector<known_word> words_known_to(int (*run)(const words& arguments)) {
  std::vector<known_word> known;
  flags_wanted = &known;
  run({});
  flags_wanted = nullptr;
  return known;
}

std::optional<int> parse_words(CLI::App& app, const words& arguments) {
  if (flags_wanted != nullptr) {
    *flags_wanted = words_of(app);
    return exit_ok;
  }
  words reversed = arguments;  // CLI11 wants the last word first
  std::ranges::reverse(reversed);
  try {
    app.parse(std::move(reversed));
    return std::nullopt;
  } catch (const CLI::CallForHelp&) {
    std::fputs(app.help().c_str(), stdout);
    return exit_ok;
  } catch (const CLI::ParseError& error) {
    say(app.get_name() + ": " + error.what() + "\n");
    return exit_usage;
  }
}

std::string url_of(std::string_view address, std::uint16_t port) {
  const std::string host = address.find(':') == std::string_view::npos
                               ? std::string{address}
                               : "[" + std::string{address} + "]";
  return "http://" + host + ":" + std::to_string(port);
}

}  // namespace retail_pulse::app
