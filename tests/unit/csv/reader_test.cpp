#include "csv/reader.hpp"

#include <boost/test/unit_test.hpp>

#include "core/limits.hpp"

namespace retail_pulse::csv {
namespace {

/// "1: [a] [b]" for each row with its line, and "2! error" for what is wrong.
std::string rows_of(std::string_view text, char separator = ',') {
  reader rows{text, separator};
  std::string result;
  for (std::vector<std::string> row; rows.next(row);) {
    result += std::to_string(rows.line()) + ":";
    for (const auto& cell : row) result += " [" + cell + "]";
    result += "\n";
  }
  if (!rows.error().empty()) result += std::to_string(rows.line()) + "! " + rows.error();
  return result;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(a_reader_of_csv)

BOOST_AUTO_TEST_CASE(takes_lines_of_any_end_and_counts_them) {
  for (const std::string end : {"\n", "\r\n", "\r"}) {
    BOOST_TEST(rows_of("a,b" + end + end + "c,d" + end) == "1: [a] [b]\n3: [c] [d]\n");
    BOOST_TEST(rows_of("a,\"b" + end + end + "c\"" + end + "d,e") ==
               "1: [a] [b" + end + end + "c]\n4: [d] [e]\n");
  }
  BOOST_TEST(rows_of("a\r\r\nb\n\rc") == "1: [a]\n3: [b]\n5: [c]\n");
}

BOOST_AUTO_TEST_CASE(takes_one_separator_and_leaves_the_others_in_their_cells) {
  BOOST_TEST(rows_of("a;b,c|d\te", ';') == "1: [a] [b,c|d\te]\n");
  BOOST_TEST(rows_of("a\t\tb", '\t') == "1: [a] [] [b]\n");
  BOOST_TEST(rows_of("a|\"b|c\"|", '|') == "1: [a] [b|c] []\n");
}

BOOST_AUTO_TEST_CASE(takes_blanks_around_quotes_and_keeps_them_elsewhere) {
  BOOST_TEST(rows_of("a, \"b, c\" ,\t\"d\"\t\n \"e\" ") == "1: [a] [b, c] [d]\n2: [e]\n");
  BOOST_TEST(rows_of(" a , b\t") == "1: [ a ] [ b\t]\n");
  BOOST_TEST(rows_of("\t\"b\"", '\t') == "1: [] [b]\n");
  BOOST_TEST(rows_of("a 12\" pipe,x\"") == "1: [a 12\" pipe] [x\"]\n");
}

BOOST_AUTO_TEST_CASE(takes_as_many_cells_in_a_row_as_a_spreadsheet_has) {
  const std::string commas(limits::csv_cells - 1, ',');
  std::vector<std::string> row;
  reader full{commas};
  BOOST_TEST(full.next(row));
  BOOST_TEST(row.size() == limits::csv_cells);
  BOOST_TEST(rows_of("a\n" + commas + ",") == "1: [a]\n2! the row has more than 16384 cells");
}

BOOST_AUTO_TEST_CASE(says_where_quotes_are_wrong) {
  BOOST_TEST(rows_of("a\n\n\"b\nc") == "1: [a]\n3! a quote is opened and never closed");
  BOOST_TEST(rows_of("\"a\" b") == "1! text after a closing quote");
  BOOST_TEST(rows_of("\"a\rb\"c") == "2! text after a closing quote");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace retail_pulse::csv
