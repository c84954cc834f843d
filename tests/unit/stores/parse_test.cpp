#include <boost/test/unit_test.hpp>

#include "support.hpp"

namespace retail_pulse::stores {

using namespace std::string_literals;

BOOST_AUTO_TEST_SUITE(a_store_master)

BOOST_AUTO_TEST_CASE(is_read_in_the_shape_of_the_real_file) {
  const auto stores = good(
      "AreaCode,StoreName,StoreID\n7100015,\"Corner Shop, Mill Lane\",RP00001\n7100015,Tea "
      "House,S00339218");
  BOOST_TEST(stores.table->size() == 2U);
  BOOST_TEST(stores.warnings.empty());
  BOOST_TEST(describe_store(*stores.table, "RP00001") == "RP00001|Corner Shop, Mill Lane|7100015");
  BOOST_TEST(describe_store(*stores.table, "S00339218") == "S00339218|Tea House|7100015");
}

BOOST_AUTO_TEST_CASE(may_have_its_columns_in_any_order) {
  for (const std::string text :
       {"AreaCode,StoreName,StoreID\n7,Shop,S1", "AreaCode,StoreID,StoreName\n7,S1,Shop",
        "StoreName,AreaCode,StoreID\nShop,7,S1", "StoreName,StoreID,AreaCode\nShop,S1,7",
        "StoreID,AreaCode,StoreName\nS1,7,Shop", "StoreID,StoreName,AreaCode\nS1,Shop,7"}) {
    BOOST_TEST(describe_store(*good(text).table, "S1") == "S1|Shop|7", text);
  }
}

BOOST_AUTO_TEST_CASE(may_spell_its_columns_in_many_ways) {
  for (const std::string header :
       {"area_code,store_name,store_id", "AREACODE,STORENAME,STOREID",
        "Area Code,Store Name,Store ID", "area-code,store-name,store-id",
        " AreaCode , StoreName , StoreID ", "\"AreaCode\",\"StoreName\",\"StoreID\"",
        "aReA_cOdE,Store-Name,store Id"}) {
    BOOST_TEST(describe_store(*good(header + "\n7,Shop,S1\n").table, "S1") == "S1|Shop|7", header);
  }
}

BOOST_AUTO_TEST_CASE(may_have_columns_of_no_interest) {
  const auto stores = good("City,StoreID,StoreName,Opened,AreaCode\nX,S1,Shop,2020,7\n");
  BOOST_TEST(describe_store(*stores.table, "S1") == "S1|Shop|7");
}

BOOST_AUTO_TEST_CASE(may_end_its_lines_in_either_way_and_the_last_one_not_at_all) {
  for (const std::string text : {"AreaCode,StoreName,StoreID\n7,Shop,S1\n8,Mart,S2",
                                 "AreaCode,StoreName,StoreID\n7,Shop,S1\n8,Mart,S2\n",
                                 "AreaCode,StoreName,StoreID\r\n7,Shop,S1\r\n8,Mart,S2",
                                 "AreaCode,StoreName,StoreID\r\n7,Shop,S1\r\n8,Mart,S2\r\n",
                                 "AreaCode,StoreName,StoreID\r7,Shop,S1\r8,Mart,S2\r",
                                 "AreaCode,StoreName,StoreID\n7,Shop,S1\r\n8,Mart,\"S2\"",
                                 "AreaCode,StoreName,StoreID\n7,Shop,S1\n\n\r\n8,Mart,S2\n\n"}) {
    const auto stores = good(text);
    BOOST_TEST(stores.table->size() == 2U);
    BOOST_TEST(describe_store(*stores.table, "S1") == "S1|Shop|7");
    BOOST_TEST(describe_store(*stores.table, "S2") == "S2|Mart|8");
  }
}

BOOST_AUTO_TEST_CASE(may_start_with_a_byte_order_mark) {
  BOOST_TEST(describe_store(*good("\xEF\xBB\xBF"
                                  "StoreID,StoreName,AreaCode\nS1,Shop,7")
                                 .table,
                            "S1") == "S1|Shop|7");
  BOOST_TEST(describe_store(*good("\xEF\xBB\xBF\"StoreID\",StoreName,AreaCode\nS1,Shop,7").table,
                            "S1") == "S1|Shop|7");
}

BOOST_AUTO_TEST_CASE(may_come_from_a_spreadsheet) {
  for (
      const auto& text :
      {"AreaCode;StoreName;StoreID\r\n7;Shop, North;S1\r\n;;\r\n"s,
       "sep=\t\nStore ID\tStore Name\tArea Code\nS1\tShop, North\t7\n"s,
       "\xFF\xFES\0t\0o\0r\0e\0I\0D\0;\0A\0r\0e\0a\0C\0o\0d\0e\0;\0S\0t\0o\0r\0e\0N\0a\0m\0e\0\n\0S\0001\0;\0007\0;\0S\0h\0o\0p\0,\0 \0N\0o\0r\0t\0h\0"s}) {
    BOOST_TEST(describe_store(*good(text).table, "S1") == "S1|Shop, North|7", text);
  }
}

BOOST_AUTO_TEST_CASE(may_have_rows_that_are_as_long_as_their_text) {
  const auto stores = good("AreaCode,StoreName,StoreID,City,,\n7,Shop,S1\n8,Mart,S2,X,,,,\n");
  BOOST_TEST(describe_store(*stores.table, "S1") == "S1|Shop|7");
  BOOST_TEST(describe_store(*stores.table, "S2") == "S2|Mart|8");
}

BOOST_AUTO_TEST_CASE(that_is_not_text_is_refused_with_its_format) {
  BOOST_TEST(refusal("PK\3\4\x14\0"s) ==
             "stores.csv is an Excel workbook or another ZIP file; save it as CSV UTF-8");
  BOOST_TEST(refusal("\xD0\xCF\x11\xE0\xA1\xB1"s)
                 .starts_with("stores.csv is an old Excel workbook (.xls)"));
}

BOOST_AUTO_TEST_CASE(has_no_blanks_around_its_values_and_warns_of_ids_that_had) {
  const auto stores = good(
      "AreaCode,StoreName,StoreID\n7,Shop,S1\n 8 , Mart ,\u00a0S2\n7,Shop,\"S3 \"\n7,Other,S1 \n");
  BOOST_TEST(describe_store(*stores.table, "S2") == "S2|Mart|8");
  BOOST_TEST(describe_store(*stores.table, "S3") == "S3|Shop|7");
  BOOST_TEST(describe_store(*stores.table, "S1") == "S1|Other|7");
  BOOST_REQUIRE(stores.warnings.size() == 3U);
  BOOST_TEST(stores.warnings[0] ==
             "stores.csv: 3 store ids have blanks around them, which were taken off (the first in "
             "line 3)");
  BOOST_TEST(
      stores.warnings[1] ==
      "stores.csv: 1 store id occurs more than once; the last row of each is used (1 row ignored)");
}

BOOST_AUTO_TEST_CASE(keeps_values_as_they_are) {
  const auto name_of = [](const std::string& field) {
    return good("AreaCode,StoreID,StoreName\n7,S1," + field + "\n").table->find("S1")->name;
  };
  BOOST_TEST(name_of("Two  Blanks") == "Two  Blanks");
  BOOST_TEST(name_of("Br\xC3\xBBl\xC3\xA9"
                     "e \xE6\xA1\x9C") ==
             "Br\xC3\xBBl\xC3\xA9"
             "e \xE6\xA1\x9C");
  BOOST_TEST(name_of("\"one, two, \"\"three\"\"\"") == "one, two, \"three\"");
  BOOST_TEST(name_of("\"two\nlines\r\nor three\"") == "two\nlines\r\nor three");
  BOOST_TEST(name_of("\"\"") == "");
  BOOST_TEST(name_of("\"\"\"\"") == "\"");
  BOOST_TEST(name_of("") == "");
  BOOST_TEST(name_of("a 12\" pipe") == "a 12\" pipe", "a quote that opens nothing");
}

BOOST_AUTO_TEST_CASE(finds_exact_ids_only) {
  const auto table = good("AreaCode,StoreName,StoreID\n7,Shop,S1\n8,Mart, S2\n").table;
  BOOST_TEST(table->find("S1") != nullptr);
  BOOST_TEST(table->find("s1") == nullptr);
  BOOST_TEST(table->find("S1 ") == nullptr);
  BOOST_TEST(table->find("S") == nullptr);
  BOOST_TEST(table->find("") == nullptr);
  BOOST_TEST(table->find("S2") != nullptr);
  BOOST_TEST(table->find(" S2") == nullptr);
}

BOOST_AUTO_TEST_CASE(knows_its_areas) {
  const auto table = good("AreaCode,StoreName,StoreID\n7,Shop,S1\n8,Mart,S2\n").table;
  BOOST_TEST(table->has_area("7"));
  BOOST_TEST(table->has_area("8"));
  BOOST_TEST(!table->has_area("9"));
  BOOST_TEST(!table->has_area(""));
}

BOOST_AUTO_TEST_CASE(with_a_repeated_id_counts_the_last_row_and_warns) {
  const auto stores = good(
      "AreaCode,StoreName,StoreID\n1,First,S1\n2,Other,S2\n3,Second,S1\n4,Third,S1\n5,Again,S2\n6,"
      "Single,S3\n");
  BOOST_TEST(stores.table->size() == 3U);
  BOOST_TEST(describe_store(*stores.table, "S1") == "S1|Third|4");
  BOOST_TEST(describe_store(*stores.table, "S2") == "S2|Again|5");
  BOOST_TEST(describe_store(*stores.table, "S3") == "S3|Single|6");
  BOOST_TEST(!stores.table->has_area("1"), "an area of passed-over rows only");
  BOOST_REQUIRE(stores.warnings.size() == 3U);
  BOOST_TEST(stores.warnings[0] ==
             "stores.csv: 2 store ids occur more than once; the last row of each is used (3 rows "
             "ignored)");
  BOOST_TEST(stores.warnings[1] == "stores.csv: store id S1 occurs 3 times");
  BOOST_TEST(stores.warnings[2] == "stores.csv: store id S2 occurs 2 times");
}

BOOST_AUTO_TEST_CASE(names_at_most_20_repeated_ids) {
  const auto warnings_with = [](int repeated) {
    std::string text = "AreaCode,StoreName,StoreID\n";
    for (int copy = 0; copy < 2; ++copy) {
      for (int i = 0; i < repeated; ++i) text += "7,Shop,S" + std::to_string(i) + "\n";
    }
    return good(text).warnings;
  };
  BOOST_TEST(warnings_with(1).size() == 2U);
  BOOST_TEST(
      warnings_with(1)[0] ==
      "stores.csv: 1 store id occurs more than once; the last row of each is used (1 row ignored)");
  BOOST_TEST(warnings_with(20).size() == 21U);
  BOOST_TEST(warnings_with(21).size() == 21U);
  BOOST_TEST(warnings_with(21)[0] ==
             "stores.csv: 21 store ids occur more than once; the last row of each is used (21 rows "
             "ignored)");
}

BOOST_AUTO_TEST_CASE(with_a_row_of_the_wrong_length_is_refused_with_its_line) {
  const auto header = "AreaCode,StoreName,StoreID\n"s;
  const auto short_of_id = ": column StoreID: the row ends before it"s,
             short_of_name = ": column StoreName: the row ends before it"s;
  BOOST_TEST(refusal(header + "7,Shop,S1\n7,Shop\n7,Mart,S2") ==
             "stores.csv, line 3" + short_of_id);
  BOOST_TEST(refusal(header + "7,Shop,S1,more") ==
             "stores.csv, line 2: column StoreID: the row goes on behind it, the last column of "
             "the header");
  BOOST_TEST(refusal(header + "7,Shop,S1\r\n\r\n\n7\r\n") == "stores.csv, line 5" + short_of_name);
  BOOST_TEST(refusal(header + "7,\"a\nb\nc\",S1\n7,\"d\r\ne\",S2\nshort\n") ==
             "stores.csv, line 7" + short_of_name);
  BOOST_TEST(refusal(header + "7,Shop,S1\n\"a\nb\",short\n") == "stores.csv, line 3" + short_of_id,
             "where the row starts");
}

BOOST_AUTO_TEST_CASE(with_an_empty_id_is_refused_with_its_line) {
  BOOST_TEST(refusal("AreaCode,StoreName,StoreID\n7,Shop,S1\n7,Mart,\n") ==
             "stores.csv, line 3: column StoreID: is empty");
  BOOST_TEST(refusal("AreaCode,StoreName,StoreID\n7,Mart,") ==
             "stores.csv, line 2: column StoreID: is empty");
}

BOOST_AUTO_TEST_CASE(without_a_column_is_refused_with_its_name) {
  BOOST_TEST(refusal("AreaCode,StoreName\n7,Shop\n") ==
             "stores.csv, line 1: the header has no column StoreID");
  BOOST_TEST(refusal("AreaCode,StoreID\n7,S1\n") ==
             "stores.csv, line 1: the header has no column StoreName");
  BOOST_TEST(refusal("\n\nStoreName,StoreID\nShop,S1\n") ==
             "stores.csv, line 3: the header has no column AreaCode");
  BOOST_TEST(
      refusal("7,Shop,S1\n8,Mart,S2\n") == "stores.csv, line 1: the header has no column AreaCode",
      "no header");
  BOOST_TEST(refusal("AreaCode:StoreName:StoreID\n7:Shop:S1\n")
                 .starts_with("stores.csv, line 1: the header has one column 'AreaCode:S"));
}

BOOST_AUTO_TEST_CASE(with_a_repeated_column_is_refused) {
  BOOST_TEST(refusal("AreaCode,StoreName,StoreID,store_id\n7,Shop,S1,S2\n") ==
             "stores.csv, line 1: the header names the column StoreID twice");
}

BOOST_AUTO_TEST_CASE(without_stores_is_refused) {
  BOOST_TEST(refusal("") == "stores.csv is empty");
  BOOST_TEST(refusal("\xEF\xBB\xBF") == "stores.csv is empty");
  BOOST_TEST(refusal("\n\r\n\n") == "stores.csv is empty");
  BOOST_TEST(refusal("AreaCode,StoreName,StoreID") == "stores.csv: no stores");
  BOOST_TEST(refusal("AreaCode,StoreName,StoreID\n") == "stores.csv: no stores");
}

BOOST_AUTO_TEST_CASE(with_broken_quotes_is_refused_with_the_line) {
  const auto header = "AreaCode,StoreName,StoreID\n"s;
  BOOST_TEST(refusal(header + "7,Shop,S1\n7,\"Mart,S2\n7,Shop,S3\n") ==
             "stores.csv, line 3: column StoreName: a quote is opened and never closed");
  BOOST_TEST(refusal(header + "7,Shop,\"") ==
             "stores.csv, line 2: column StoreID: a quote is opened and never closed");
  BOOST_TEST(refusal(header + "7,Shop,\"S1\"\"") ==
             "stores.csv, line 2: column StoreID: a quote is opened and never closed");
  BOOST_TEST(refusal(header + "7,\"a\nb\"c,S1\n") ==
             "stores.csv, line 3: column StoreName: text after a closing quote");
  BOOST_TEST(refusal("\"AreaCode") ==
             "stores.csv, line 1: column 1: a quote is opened and never closed");
}

BOOST_AUTO_TEST_CASE(in_another_encoding_is_refused_by_its_name_with_the_line) {
  BOOST_TEST(refusal("AreaCode,StoreName,StoreID\n7,\"a\nb\",S1\n7,Caf\xE9,S2\n") ==
             "stores.csv, line 4: column StoreName: is not UTF-8 (byte e9, perhaps of Windows-1252 "
             "or Latin-1); save it as CSV UTF-8");
  BOOST_TEST(refusal("A\0r\0e\0"s) ==
             "stores.csv is UTF-16 without a byte order mark; save it as CSV UTF-8");
  BOOST_TEST(refusal("AreaCode,StoreName,StoreID\n7,Shop,S\0001\n"s) ==
             "stores.csv, line 2: column StoreID: contains a NUL character");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace retail_pulse::stores
