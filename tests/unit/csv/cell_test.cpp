#include <array>
#include <boost/test/unit_test.hpp>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "core/csv_cell.hpp"
#include "core/text.hpp"
#include "csv/reader.hpp"

namespace {

using namespace retail_pulse;

std::string cell(std::string_view text) {
  std::string row;
  append_csv_cell(row, text);
  return row;
}

BOOST_AUTO_TEST_SUITE(csv_cells)

BOOST_AUTO_TEST_CASE(a_text_that_begins_as_a_formula_gets_an_apostrophe_in_front) {
  for (const std::string sign : {"=", "+", "-", "@", "\uff1d", "\uff0b", "\uff0d", "\uff20",
                                 "\ufe66", "\ufe62", "\ufe63", "\ufe6b", "\u2212"}) {
    BOOST_TEST(cell(sign + "1") == "'" + sign + "1");
    BOOST_TEST(cell(" \u00a0\u200b" + sign + "1") == "' \u00a0\u200b" + sign + "1");
    BOOST_TEST(cell("\"" + sign + "1\"") == "\"'\"\"" + sign + "1\"\"\"");
    BOOST_TEST(cell("a" + sign + "1") == "a" + sign + "1");
    BOOST_TEST(cell("a;\x01\x7f\u0080\u009f" + sign + "1") ==
               "a;'\x01\x7f\u0080\u009f" + sign + "1");
  }
}

BOOST_AUTO_TEST_CASE(a_text_that_begins_with_a_control_character_gets_one_too) {
  BOOST_TEST(cell("\ta") == "'\ta");
  BOOST_TEST(cell("\na") == "\"'\na\"");
  BOOST_TEST(cell("\ra") == "\"'\ra\"");
  BOOST_TEST(cell(std::string_view{"\0a", 2}) == (std::string{"'\0a", 3}));
  for (const std::string control : {"\x7f", "\u0080", "\u009f"})
    BOOST_TEST(cell(control + "a") == "'" + control + "a");
  BOOST_TEST(cell("\u00a1a") == "\u00a1a");
}

BOOST_AUTO_TEST_CASE(so_does_what_another_reader_takes_for_the_beginning_of_a_cell) {
  BOOST_TEST(cell("a;=1") == "a;'=1");
  BOOST_TEST(cell("a\t@x") == "a\t'@x");
  BOOST_TEST(cell("a|-1") == "a|'-1");
  BOOST_TEST(cell("a; \"=1\"") == "\"a;' \"\"=1\"\"\"");
  BOOST_TEST(cell("a\n=1") == "\"a\n'=1\"");
  BOOST_TEST(cell("a;b=1;c") == "a;b=1;c");
}

BOOST_AUTO_TEST_CASE(what_needs_quotes_gets_them_and_the_rest_none) {
  BOOST_TEST(cell("") == "");
  BOOST_TEST(cell("http://h.example/a.jpg?x=1&y=-2;z") == "http://h.example/a.jpg?x=1&y=-2;z");
  BOOST_TEST(cell("a,b") == "\"a,b\"");
  BOOST_TEST(cell("say \"hi\"") == "\"say \"\"hi\"\"\"");
}

/// Whether a spreadsheet that passes over blanks would take the cell for a formula.
bool is_formula(std::string_view text) {
  text = without_blanks_in_front(text);
  while (text.starts_with('"')) text = without_blanks_in_front(text.substr(1));
  constexpr std::array<std::string_view, 8> signs{"=",      "+",      "-",      "@",
                                                  "\uff1d", "\uff0b", "\uff0d", "\uff20"};
  return std::ranges::any_of(signs,
                             [text](std::string_view sign) { return text.starts_with(sign); });
}

BOOST_AUTO_TEST_CASE(no_reader_of_any_separator_finds_a_formula_in_any_row) {
  constexpr std::array<std::string_view, 16> pieces{
      "=", "+", "-", "@", "\uff1d", "\"", "'", ";", "\t", "|", ",", "\r", "\n", " ", "a", "\u00a0"};
  std::minstd_rand chance{20261130};
  for (int i = 0; i < 20'000; ++i) {
    std::string row = "0,";
    for (int cells = 0; cells < 3; ++cells) {
      std::string text;
      for (auto n = chance() % 6; n > 0; --n) text += pieces[chance() % pieces.size()];
      append_csv_cell(row, text);
      row += ',';
    }
    row += "\r\n";
    for (const char separator : {',', ';', '\t', '|'}) {
      csv::reader reader{row, separator};
      std::vector<std::string> cells;
      while (reader.next(cells)) {
        for (const auto& one : cells)
          BOOST_REQUIRE_MESSAGE(!is_formula(one),
                                "a cell of " << row << " with " << separator << ": " << one);
      }
    }
  }
}

/// Looks at each place by itself.
std::string defined_cell(std::string_view text) {
  const auto begins_as_formula = [](std::string_view rest) {
    constexpr std::array<std::string_view, 5> hiding{"\t", "\n", "\"", "\x7f", "\u0080"};
    for (auto found = hiding.begin(); found != hiding.end();) {
      rest = without_blanks_in_front(rest);
      found = std::ranges::find_if(hiding,
                                   [rest](std::string_view one) { return rest.starts_with(one); });
      if (found != hiding.end()) rest.remove_prefix(found->size());
    }
    return rest.starts_with('=');
  };
  std::string row = begins_as_formula(text) ? "'" : "";
  for (std::size_t i = 0; i < text.size(); ++i) {
    row += text[i];
    if (text[i] == '"') row += '"';
    const bool is_beginning = std::string_view{";\t\n"}.find(text[i]) != std::string_view::npos;
    if (is_beginning && begins_as_formula(text.substr(i + 1))) row += '\'';
  }
  return row.find_first_of("\"\n") == std::string::npos ? row : '"' + row + '"';
}

BOOST_AUTO_TEST_CASE(what_hides_a_sign_is_passed_over_once_with_the_same_outcome) {
  constexpr std::array<std::string_view, 9> pieces{"\t", "\n",     "\"", "\x7f", "\u0080",
                                                   " ",  "\u00a0", ";",  "="};
  std::minstd_rand chance{20261130};
  for (int i = 0; i < 20'000; ++i) {
    std::string text = "a";
    for (auto n = chance() % 20; n > 0; --n) text += pieces[chance() % pieces.size()];
    BOOST_REQUIRE(cell(text) == defined_cell(text));
  }
}

// A place looked at by itself costs what hides its sign: 2 s a cell, and a report may repeat it for
// every image.
BOOST_AUTO_TEST_CASE(a_text_of_nothing_but_beginnings_takes_no_more_time_than_another) {
  const std::string tabs(64 * 1024, '\t');
  for (int i = 0; i < 200; ++i) BOOST_REQUIRE(cell(tabs) == "'" + tabs);
  std::string marked = "'";
  for (std::size_t i = 0; i < tabs.size(); ++i) marked += "\t'";
  BOOST_TEST((cell(tabs + "=1") == marked + "=1"));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
