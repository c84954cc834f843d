#include "app/cli/completion.hpp"

#include <algorithm>
#include <boost/test/unit_test.hpp>

namespace {

using namespace retail_pulse::app;

int imagined(const words& arguments) {
  static bool wait = false;
  static std::string format;
  static std::string shell;
  CLI::App app{"Imagined.", "retail-pulse imagined"};
  app.add_option("SHELL", shell, "a shell")->check(CLI::IsMember({"bash", "zsh"}));
  app.add_flag("--wait", wait, "it's [long]: waits");
  app.add_option("--format", format, "one of two")->check(CLI::IsMember({"table", "csv"}));
  app.add_option("--output", format, "a file");
  if (const auto code = parse_words(app, arguments)) return *code;
  return exit_failed;
}

constexpr subcommand table[] = {{"imagined", "not a 'real' one", imagined, nullptr},
                                {"serve", "the service", nullptr, words_of_serve}};

BOOST_AUTO_TEST_SUITE(completion)

BOOST_AUTO_TEST_CASE(a_subcommand_tells_its_words_without_being_run) {
  const auto known = words_known_to(imagined);
  const auto word = [&known](std::string_view name) {
    return std::ranges::find(known, name, &known_word::name);
  };
  BOOST_TEST(known.size() == 5);
  BOOST_REQUIRE((word("--help") != known.end() && word("--wait") != known.end() &&
                 word("--format") != known.end()));
  BOOST_TEST(!word("--help")->takes_value);
  BOOST_TEST(!word("--wait")->takes_value);
  BOOST_TEST(word("--format")->takes_value);
  BOOST_TEST((word("--format")->choices == std::vector<std::string>{"table", "csv"}));
  BOOST_TEST(word("--output")->takes_value);
  BOOST_TEST(word("--output")->choices.empty());
  BOOST_TEST((word("")->choices == std::vector<std::string>{"bash", "zsh"}));
  BOOST_TEST(!word("")->is_file);
  BOOST_TEST(imagined({}) == exit_failed);  // and is run as ever afterwards
}

BOOST_AUTO_TEST_CASE(every_script_has_every_subcommand_flag_and_value) {
  for (const auto* shell : {"bash", "zsh", "fish"}) {
    const auto script = completion_script(shell, table).value();
    for (const auto& each : table) {
      BOOST_TEST(script.find(each.name) != std::string::npos, shell << " " << each.name);
      for (const auto& known : words_of(each)) {
        const auto name = known.name.empty() || shell != std::string_view{"fish"}
                              ? known.name
                              : "-l " + known.name.substr(2);
        BOOST_TEST(script.find(name) != std::string::npos, shell << " " << name);
        for (const auto& choice : known.choices)
          BOOST_TEST(script.find(choice) != std::string::npos, shell << " " << choice);
      }
    }
  }
  BOOST_TEST(!completion_script("tcsh", table).has_value());
}

BOOST_AUTO_TEST_CASE(what_a_shell_would_read_in_a_description_is_quoted) {
  const auto zsh = completion_script("zsh", table).value();
  BOOST_TEST(zsh.find(R"('*--wait[it'\''s \[long\]\: waits]')") != std::string::npos, zsh);
  BOOST_TEST(zsh.find(R"('imagined:not a '\''real'\'' one')") != std::string::npos, zsh);
  const auto fish = completion_script("fish", table).value();
  BOOST_TEST(fish.find(R"(-d 'it\'s [long]: waits')") != std::string::npos, fish);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
