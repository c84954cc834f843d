#include "app/cli/completion.hpp"

#include <algorithm>
#include <cstdio>

#include "app/cli/sink.hpp"
#include "app/output.hpp"
#include "config/flags.hpp"

namespace retail_pulse::app {
namespace {

std::string joined(const std::vector<std::string>& parts) {
  std::string text;
  for (const auto& part : parts) text += (text.empty() ? "" : " ") + part;
  return text;
}

/// A text in single quotes, for any of the three shells.
std::string quoted(std::string_view text, std::string_view quote_inside) {
  std::string result = "'";
  for (const char c : text) c == '\'' ? result += quote_inside : result += c;
  return result + "'";
}
std::string sh_quoted(std::string_view text) { return quoted(text, "'\\''"); }
std::string fish_quoted(std::string_view text) { return quoted(text, "\\'"); }

/// zsh takes descriptions in brackets, and separates by colons.
std::string zsh_plain(std::string_view text) {
  std::string result;
  for (const char c : text) {
    if (c == '[' || c == ']' || c == ':' || c == '\\') result += '\\';
    result += c;
  }
  return result;
}

std::string bash_script(std::span<const subcommand> subcommands) {
  std::vector<std::string> names{"--help", "--version"};
  std::string cases;
  for (const auto& each : subcommands) {
    names.emplace_back(each.name);
    std::vector<std::string> offered;
    std::string values;
    std::string any_value;  // flags with any value: bash completes files
    bool takes_file = false;
    for (const auto& word : words_of(each)) {
      takes_file |= word.is_file;
      if (!word.name.empty()) offered.push_back(word.name);
      if (word.name.empty())
        offered.insert(offered.end(), word.choices.begin(), word.choices.end());
      if (!word.takes_value || word.name.empty()) continue;
      if (word.choices.empty()) {
        any_value += (any_value.empty() ? "" : "|") + word.name;
      } else {
        values += "        " + word.name + ") COMPREPLY=($(compgen -W '" + joined(word.choices) +
                  "' -- \"$word\")); return ;;\n";
      }
    }
    cases += "    " + std::string{each.name} + ")\n";
    if (!any_value.empty()) values += "        " + any_value + ") return ;;\n";
    if (!values.empty()) cases += "      case $before in\n" + values + "      esac\n";
    if (takes_file) cases += "      [[ $word == -* ]] || return 0  # bash completes files\n";
    cases += "      words='" + joined(offered) + "' ;;\n";
  }
  return "# bash completion of retail-pulse. Load it with: source <(retail-pulse completion bash)\n"
         "_retail_pulse() {\n"
         "  local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD-1]} words=\n"
         "  COMPREPLY=()\n"
         "  # bash splits --flag=value into three words\n"
         "  if [[ $word == = ]]; then word=; elif [[ $before == = ]]; then "
         "before=${COMP_WORDS[COMP_CWORD-2]}; fi\n"
         "  if (( COMP_CWORD == 1 )); then\n"
         "    COMPREPLY=($(compgen -W '" +
         joined(names) +
         "' -- \"$word\"))\n"
         "    return\n"
         "  fi\n"
         "  case ${COMP_WORDS[1]} in\n" +
         cases +
         "  esac\n"
         "  COMPREPLY=($(compgen -W \"$words\" -- \"$word\"))\n"
         "}\n"
         "complete -o default -F _retail_pulse retail-pulse\n";
}

std::string zsh_script(std::span<const subcommand> subcommands) {
  std::string names;
  std::string cases;
  for (const auto& each : subcommands) {
    names += "    " + sh_quoted(std::string{each.name} + ":" + zsh_plain(each.help)) + "\n";
    cases += "    " + std::string{each.name} + ")\n      _arguments";
    for (const auto& word : words_of(each)) {
      const auto values = word.choices.empty() ? "_files" : "(" + joined(word.choices) + ")";
      const auto value = word.takes_value ? ":value:" + values : "";
      cases += " \\\n        ";
      cases += word.name.empty() ? sh_quoted(":word:" + values)
                                 : sh_quoted("*" + word.name + (word.takes_value ? "=" : "") + "[" +
                                             zsh_plain(word.help) + "]" + value);
    }
    cases += " ;;\n";
  }
  return "#compdef retail-pulse\n"
         "# zsh completion of retail-pulse. Load it with: source <(retail-pulse completion zsh)\n"
         "_retail_pulse() {\n"
         "  local -a subcommands=(\n" +
         names +
         "  )\n"
         "  if (( CURRENT == 2 )); then\n"
         "    _describe subcommand subcommands\n"
         "    return\n"
         "  fi\n"
         "  local subcommand=$words[2]\n"
         "  shift words\n"
         "  (( CURRENT-- ))\n"
         "  case $subcommand in\n" +
         cases +
         "  esac\n"
         "}\n"
         "compdef _retail_pulse retail-pulse\n";
}

std::string fish_script(std::span<const subcommand> subcommands) {
  std::string text =
      "# fish completion of retail-pulse. Load it with: retail-pulse completion fish | source\n";
  for (const auto& each : subcommands) {
    text += "complete -c retail-pulse -f -n __fish_use_subcommand -a " + std::string{each.name} +
            " -d " + fish_quoted(each.help) + "\n";
  }
  for (const auto& each : subcommands) {
    const auto behind =
        "complete -c retail-pulse -n '__fish_seen_subcommand_from " + std::string{each.name} + "'";
    for (const auto& word : words_of(each)) {
      if (!word.name.empty())
        text += behind + " -l " + word.name.substr(2) + " -d " + fish_quoted(word.help);
      if (!word.name.empty() && word.takes_value) text += " -r";
      if (word.name.empty() && word.choices.empty()) continue;
      if (word.name.empty()) text += behind;
      if (!word.choices.empty()) text += " -f -a " + fish_quoted(joined(word.choices));
      text += "\n";
    }
  }
  return text;
}

}  // namespace

std::vector<known_word> words_of(const subcommand& of) {
  return of.known != nullptr ? of.known() : words_known_to(of.run);
}

std::vector<known_word> words_of_serve() {
  std::vector<known_word> known;
  for (const auto& flag : config::flags()) {
    const auto choices = flag.choices.empty() ? std::vector<std::string>{}
                                              : CLI::detail::split(std::string{flag.choices}, ' ');
    known.push_back({"--" + std::string{flag.name}, std::string{flag.help}, true, choices});
  }
  known.push_back({"--" + std::string{config::config_flag},
                   "a TOML file with any of these settings",
                   true,
                   {}});
  known.push_back({"--help", "prints the flags of serve", false, {}});
  return known;
}

std::optional<std::string> completion_script(std::string_view shell,
                                             std::span<const subcommand> subcommands) {
  if (shell == "bash") return bash_script(subcommands);
  if (shell == "zsh") return zsh_script(subcommands);
  if (shell == "fish") return fish_script(subcommands);
  return std::nullopt;
}

int print_completion(const words& arguments, std::span<const subcommand> subcommands) {
  std::string shell;
  CLI::App app{
      "Prints a script that makes a shell complete the subcommands and flags of this program. Load "
      "it with\n\n"
      "  source <(retail-pulse completion bash)     also with zsh\n"
      "  retail-pulse completion fish | source",
      "retail-pulse completion"};
  app.add_option("SHELL", shell, "bash, zsh or fish")
      ->required()
      ->check(CLI::IsMember({"bash", "zsh", "fish"}));
  if (const auto code = parse_words(app, arguments)) return *code;
  const auto script = completion_script(shell, subcommands);
  sink to;
  to.write(script.value_or(""));
  if (const auto problem = to.finish())
    return say("retail-pulse completion: " + *problem + "\n"), exit_failed;
  return exit_ok;
}

}  // namespace retail_pulse::app
