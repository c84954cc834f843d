#include "csv/table.hpp"

#include <array>
#include <boost/test/unit_test.hpp>

namespace retail_pulse::csv {
namespace {

using namespace std::string_literals;

constexpr std::array<column, 3> columns{{{.name = "store_id", .max_bytes = 8},
                                         {.name = "image_url"},
                                         {.name = "Note", .may_be_empty = true}}};

/// The cells of each row, and what is wrong.
std::string read(std::string_view text) {
  table rows{text, columns};
  std::string result;
  for (std::vector<std::string> row; rows.next(row);)
    result += row[0] + "|" + row[1] + "|" + row[2] + "\n";
  return rows.wrong() ? result + rows.wrong()->message("a.csv") : result;
}

/// ASCII as UTF-16 with a mark.
std::string utf16(std::string_view text, bool big_endian) {
  std::string result = big_endian ? "\xFE\xFF" : "\xFF\xFE";
  for (const char c : text) result += big_endian ? std::string{'\0', c} : std::string{c, '\0'};
  return result;
}

const std::string header = "store_id,image_url,note\n";

}  // namespace

BOOST_AUTO_TEST_SUITE(a_table)

BOOST_AUTO_TEST_CASE(names_its_columns_in_any_order_and_spelling) {
  for (const std::string names :
       {"store_id,image_url,note", "STOREID,ImageURL,NOTE", "Store ID,Image URL,Note",
        "store-id, image url ,note", "\"Store_ID\",\"image_url\",\"note\"",
        "\u00a0store_id,\u2003Image\u00a0URL,note\u200b"}) {
    BOOST_TEST(read(names + "\nS1,u,n\n") == "S1|u|n\n", names);
  }
  BOOST_TEST(read("x,Note,Image URL,,Store ID\n1,n,u,,S1\n") == "S1|u|n\n");
}

BOOST_AUTO_TEST_CASE(is_split_by_whichever_separator_makes_a_header) {
  for (const char separator : {',', ';', '\t', '|'}) {
    auto text = header + "S1,u,n\n\"S,;\t|2\",,\n"s;
    std::ranges::replace(text, ',', separator);
    BOOST_TEST(read(text).starts_with("S1|u|n\n"), text);
  }
  BOOST_TEST(read("store_id;image_url;note\nS1;http://h/a,b|c;\"x;y\"\n") ==
             "S1|http://h/a,b|c|x;y\n");
  BOOST_TEST(read("store_id,image_url,\"note\"\nS1,u;v;w;x;y,\n") == "S1|u;v;w;x;y|\n");
  BOOST_TEST(read("a;b;c,store_id,image_url,note\nx,S1,u,n\n") == "S1|u|n\n",
             "most columns, not most cells");
}

BOOST_AUTO_TEST_CASE(may_say_its_separator_in_a_line_of_its_own) {
  BOOST_TEST(read("sep=;\r\nstore_id;image_url;note\r\nS1;u;n\r\n") == "S1|u|n\n");
  BOOST_TEST(read("\xEF\xBB\xBFSEP=\t\nstore_id\timage_url\tnote\nS1\tu\tn") == "S1|u|n\n");
  BOOST_TEST(read("sep=,\rstore_id,image_url,note\rS1,u,n\rS2,u\r") ==
             "S1|u|n\na.csv, line 4: column note: the row ends before it");
  BOOST_TEST(read("sep=;") == "a.csv is empty");
  BOOST_TEST(read("sep=:\nstore_id,image_url,note\nS1,u,n\n")
                 .starts_with("a.csv, line 1: the header has one column 'sep=:'"));
}

BOOST_AUTO_TEST_CASE(may_have_a_separator_line_that_was_written_again_as_a_row) {
  for (const std::string line : {"sep=;", "\"sep=;\"", "sep=;;;", "\"sep=;\";;", "\"SEP=;\",,"}) {
    BOOST_TEST(read(line + "\r\nstore_id;image_url;note\r\nS1;u,v;n\r\n") == "S1|u,v|n\n", line);
  }
  BOOST_TEST(read("sep=,,\n" + header + "S1,u,n\n") == "S1|u|n\n");
  for (const std::string line :
       {"\"sep=;", "sep=;\"", "\"sep=;;\"", "sep=;x", "\"sep=;\"x", "sep=", "\"sep=\""}) {
    BOOST_TEST(!read(line + "\nstore_id;image_url;note\nS1;u;n\n").starts_with("S1"), line);
  }
}

BOOST_AUTO_TEST_CASE(whose_separator_line_differs_from_its_header_is_refused) {
  BOOST_TEST(read("sep=;\n" + header + "S1,u,n\n") ==
             "a.csv, line 2: the header is separated by ',', but the sep line before it names ';'");
  BOOST_TEST(read("sep=;,,\n" + header + "S1,u,n\n") ==
             "a.csv, line 2: the header is separated by ',', but the sep line before it names ';'");
  BOOST_TEST(
      read("sep=\t\n\nstore_id|image_url\n") ==
      "a.csv, line 3: the header is separated by '|', but the sep line before it names tabs");
  BOOST_TEST(
      read("sep=|\nstore_id\timage_url\tnote\n") ==
      "a.csv, line 2: the header is separated by tabs, but the sep line before it names '|'");
  BOOST_TEST(read("sep=;\nstore_id;x,note\n") ==
             "a.csv, line 2: the header has no column image_url");
}

BOOST_AUTO_TEST_CASE(may_have_rows_that_are_as_long_as_their_text) {
  BOOST_TEST(read("store_id,image_url,note,x,y\nS1,u,n\nS2,u,n,1\nS3,u,n,1,2\n") ==
             "S1|u|n\nS2|u|n\nS3|u|n\n");
  BOOST_TEST(read("x,note,image_url,store_id,y\n,n,u,S1\n") == "S1|u|n\n");
  BOOST_TEST(read(header + "S1,u,n,\nS2,u,n,,, \u00a0,\"\"\n") == "S1|u|n\nS2|u|n\n");
  BOOST_TEST(read("store_id,image_url,note,,\nS1,u,n\nS2,u,n,,\nS3,u,n,,,,\nS4,u,n,a remark,\n") ==
             "S1|u|n\nS2|u|n\nS3|u|n\nS4|u|n\n");
  BOOST_TEST(read("store_id,x,image_url,y,note\nS1\n") ==
             "a.csv, line 2: column image_url: the row ends before it");
  BOOST_TEST(read("store_id,x,image_url,y,note\nS1,1,u\n") ==
             "a.csv, line 2: column note: the row ends before it");
  BOOST_TEST(read("note,x,image_url,y,store_id\nn\n") ==
             "a.csv, line 2: column image_url: the row ends before it");
  BOOST_TEST(
      read(header + "S1,u,n,,x\n") ==
      "a.csv, line 2: column note: the row goes on behind it, the last column of the header");
  BOOST_TEST(read("store_id,image_url,note,,\nS1,u,n,,,x\n") ==
             "a.csv, line 2: column 5: the row goes on behind it, the last column of the header");
}

BOOST_AUTO_TEST_CASE(that_is_not_text_is_refused_with_its_format) {
  BOOST_TEST(read("PK\3\4\x14\0\6\0"s) ==
             "a.csv is an Excel workbook or another ZIP file; save it as CSV UTF-8");
  BOOST_TEST(read("\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1\0\0"s) ==
             "a.csv is an old Excel workbook (.xls), or a new one that has a password; save it as "
             "CSV UTF-8");
  BOOST_TEST(read("\x1F\x8B\x08\0"s) == "a.csv is packed with gzip; unpack it first");
}

BOOST_AUTO_TEST_CASE(has_no_blanks_around_its_cells_and_counts_those_it_had) {
  const std::string text =
      header + "S1,u,n\n S2,u, n\n\"S3 \",\tu\t,n\n\u00a0S4\u3000,u,\u2003\nS 5,u,n\n";
  BOOST_TEST(read(text) == "S1|u|n\nS2|u|n\nS3|u|n\nS4|u|\nS 5|u|n\n");
  table rows{text, columns};
  for (std::vector<std::string> row; rows.next(row);) continue;
  BOOST_TEST(rows.trimmed_in(0, "store id", "store ids") ==
             "3 store ids have blanks around them, which were taken off (the first in line 3)");
  BOOST_TEST(rows.trimmed_in(1, "URL", "URLs") ==
             "1 URL has blanks around it, which were taken off (in line 4)");
  table clean{"store_id,image_url,note\nS1,u,n\n", columns};
  for (std::vector<std::string> row; clean.next(row);) continue;
  BOOST_TEST(clean.trimmed_in(0, "store id", "store ids") == "");
}

BOOST_AUTO_TEST_CASE(passes_over_rows_without_text) {
  BOOST_TEST(read(",,,\n ; ;\n\n" + header +
                  ",,\n \n\t,\u00a0,\n\"\",\" \",\"\"\n,,,,,,\nS1,u,n\n,,") == "S1|u|n\n");
  BOOST_TEST(read(header + ",,\nS1\n") ==
             "a.csv, line 3: column image_url: the row ends before it");
  BOOST_TEST(read(" \n,,\n\t\n") == "a.csv is empty");
  BOOST_TEST(read("") == "a.csv is empty");
  BOOST_TEST(read("\xEF\xBB\xBF") == "a.csv is empty");
}

BOOST_AUTO_TEST_CASE(may_have_lines_that_end_in_any_way) {
  for (const std::string end : {"\n", "\r\n", "\r"}) {
    BOOST_TEST(read("store_id,image_url,note" + end + "S1,u,n" + end + "S2,,n") ==
               "S1|u|n\na.csv, line 3: column image_url: is empty");
  }
}

BOOST_AUTO_TEST_CASE(may_be_utf16_with_a_byte_order_mark) {
  for (const bool big_endian : {false, true}) {
    BOOST_TEST(read(utf16("store_id\timage_url\tnote\r\nS1\tu\tn\r\n", big_endian)) == "S1|u|n\n");
    BOOST_TEST(read(utf16("store_id;image_url;note\n\nS1;u\n", big_endian)) ==
               "a.csv, line 3: column note: the row ends before it");
  }
  BOOST_TEST(read(utf16(header + "S1,u,", false) + "\xE9\0\x3D\xD8\0\xDE"s) ==
             "S1|u|\u00e9\U0001F600\n");
  BOOST_TEST(read(utf16(header + "S1,u,", false) + "n") ==
             "a.csv, line 2: this is not valid UTF-16; save it as CSV UTF-8");
  BOOST_TEST(read(utf16(header, false) + "\0\xDE"s) ==
             "a.csv, line 2: this is not valid UTF-16; save it as CSV UTF-8");
}

BOOST_AUTO_TEST_CASE(in_another_encoding_is_refused_by_its_name) {
  BOOST_TEST(read(utf16(header, false).substr(2)) ==
             "a.csv is UTF-16 without a byte order mark; save it as CSV UTF-8");
  BOOST_TEST(read(utf16(header, true).substr(2)) ==
             "a.csv is UTF-16 without a byte order mark; save it as CSV UTF-8");
  BOOST_TEST(read("\xFF\xFE\0\0s\0\0\0"s) == "a.csv is UTF-32; save it as CSV UTF-8");
  const std::string remedy = ", perhaps of Windows-1252 or Latin-1); save it as CSV UTF-8";
  BOOST_TEST(read(header + "S1,u,n\nS2,caf\xE9,n\n") ==
             "S1|u|n\na.csv, line 3: column image_url: is not UTF-8 (byte e9" + remedy);
  BOOST_TEST(read(header + "S1\xA0,u,n\n") ==
             "a.csv, line 2: column store_id: is not UTF-8 (byte a0" + remedy);
  BOOST_TEST(read("caf\xE9\nx\n") == "a.csv, line 1: the header is not UTF-8 (byte e9" + remedy);
  BOOST_TEST(read("store_id,image_url,note,caf\xE9\nS1,u,n,th\xE9\n") == "S1|u|n\n",
             "in a column of no interest");
}

BOOST_AUTO_TEST_CASE(names_the_separator_where_that_is_the_matter) {
  const std::string matter = ": its cells are not separated by a comma, semicolon, tab or |";
  BOOST_TEST(read("store_id:image_url:note\nS1:u:n\n") ==
             "a.csv, line 1: the header has one column 'store_id:image_url:note'" + matter);
  BOOST_TEST(read("\"store_id;image_url;note\"\n") ==
             "a.csv, line 1: the header has one column 'store_id;image_url;note'" + matter);
  BOOST_TEST(read("\"two\nlines\"\n") ==
             "a.csv, line 1: the header has one column 'two lines'" + matter);
  BOOST_TEST(read(std::string(64, 'x')) ==
             "a.csv, line 1: the header has one column '" + std::string(64, 'x') + "'" + matter);
  BOOST_TEST(read("x" + std::string(64, 'x')) ==
             "a.csv, line 1: the header has one column '" + std::string(64, 'x') + "...'" + matter);
  BOOST_TEST(read("store_id\nS1\n") == "a.csv, line 1: the header has no column image_url");
}

BOOST_AUTO_TEST_CASE(with_a_header_that_lacks_a_column_or_has_it_twice_is_refused) {
  BOOST_TEST(read("store_id;note;x\n") == "a.csv, line 1: the header has no column image_url");
  BOOST_TEST(read("\n\nimage_url,note\n") == "a.csv, line 3: the header has no column store_id");
  BOOST_TEST(read("store_id,image_url,note,Store ID\n") ==
             "a.csv, line 1: the header names the column store_id twice");
  BOOST_TEST(read("store_id,image_url,\"note\n") ==
             "a.csv, line 1: column 3: a quote is opened and never closed");
  BOOST_TEST(read("{\"store_id\":1,\"image_url\":[]}") ==
             "a.csv, line 1: column 2: text after a closing quote");
}

BOOST_AUTO_TEST_CASE(with_a_wrong_row_or_cell_is_refused_with_line_and_column) {
  BOOST_TEST(read(header + "S1,u\n") == "a.csv, line 2: column note: the row ends before it");
  BOOST_TEST(
      read(header + "S1,u,n,x\n") ==
      "a.csv, line 2: column note: the row goes on behind it, the last column of the header");
  BOOST_TEST(
      read("Image URL;Store ID;Note;\nu; ;n;\n") == "a.csv, line 2: column Store ID: is empty",
      "as the file calls it");
  BOOST_TEST(
      read("store_id,image_url,note,\nS1,u,n,,x\n") ==
          "a.csv, line 2: column 4: the row goes on behind it, the last column of the header",
      "what has no name has a number");
  BOOST_TEST(read(header + "\"12345678\",u,n\n") == "12345678|u|n\n");
  BOOST_TEST(read(header + "123456789,u,n\n") ==
             "a.csv, line 2: column store_id: is longer than 8 bytes");
  BOOST_TEST(read(header + "S1,u,\0\n"s) == "a.csv, line 2: column note: contains a NUL character");
  BOOST_TEST(read(header + "S1,u,\"n\nS2,u,n\n") ==
             "a.csv, line 2: column note: a quote is opened and never closed");
  BOOST_TEST(read(header + "S1,\"u\"v,n\n") ==
             "a.csv, line 2: column image_url: text after a closing quote");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace retail_pulse::csv
