#include "app/cli/job_input.hpp"

#include <boost/test/unit_test.hpp>
#include <nlohmann/json.hpp>

#include "core/limits.hpp"

namespace {

using namespace retail_pulse;
using namespace retail_pulse::app;
using namespace std::string_literals;
using nlohmann::json;

json document(std::string_view csv) {
  const auto made = document_of_csv(csv, "visits.csv");
  if (const auto* error = std::get_if<input_error>(&made)) BOOST_FAIL(error->message);
  return json::parse(std::get<csv_job>(made).document);
}

std::string fault(std::string_view csv) {
  const auto made = document_of_csv(csv, "visits.csv");
  BOOST_REQUIRE(std::holds_alternative<input_error>(made));
  return std::get<input_error>(made).message;
}

BOOST_AUTO_TEST_SUITE(job_inputs)

BOOST_AUTO_TEST_CASE(the_first_byte_that_is_not_blank_tells_json_from_csv) {
  for (const auto& text : {"{"s, " \r\n\t{}"s, "\xEF\xBB\xBF{\"count\":0}"s, "\xEF\xBB\xBF\n{"s,
                           "\xFF\xFE{\0"s, "\xFE\xFF\0\n\0{"s, "{\0\"\0"s}) {
    BOOST_TEST((kind_of(text) == input_kind::json), text);
  }
  BOOST_TEST((kind_of("\xFF\xFEs\0"s) == input_kind::csv));
  for (const auto* text :
       {"", " ", "store_id,image_url,visit_time", "[{}]", "\"{\"", "\xEF\xBB\xBFstore_id"}) {
    BOOST_TEST((kind_of(text) == input_kind::csv), text);
  }
}

BOOST_AUTO_TEST_CASE(rows_of_one_store_and_time_are_one_visit_in_order_of_first_appearance) {
  const auto made = document(
      "store_id,image_url,visit_time\n"
      "S1,http://h/1,t\n"
      "S2,http://h/2,t\n"
      "S1,http://h/3,t\n"
      "S1,http://h/4,u\n"
      "S1,http://h/1,t\n");
  BOOST_TEST(made == json::parse(R"({"count":3,"visits":[
    {"store_id":"S1","visit_time":"t","image_url":["http://h/1","http://h/3","http://h/1"]},
    {"store_id":"S2","visit_time":"t","image_url":["http://h/2"]},
    {"store_id":"S1","visit_time":"u","image_url":["http://h/4"]}]})"));
}

BOOST_AUTO_TEST_CASE(stores_and_times_that_only_read_the_same_in_a_row_are_different_visits) {
  BOOST_TEST(
      document("store_id,visit_time,image_url\nS1,1t,http://h/1\nS11,t,http://h/2\n")["count"] ==
      2);
}

BOOST_AUTO_TEST_CASE(columns_stand_in_any_order_and_others_are_passed_over) {
  const auto made = document(
      "\xEF\xBB\xBFvisit_time,note,image_url,store_id\r\n\"2026-03-09, "
      "noon\",x,\"http://h/\"\"a\"\"\",K\u00f6ln\r\n\r\n");
  BOOST_TEST(
      made ==
      json::parse(
          R"({"count":1,"visits":[{"store_id":"Köln","visit_time":"2026-03-09, noon","image_url":["http://h/\"a\""]}]})"));
}

BOOST_AUTO_TEST_CASE(what_a_spreadsheet_writes_is_taken_as_the_store_master_is) {
  const auto plain = document("store_id,image_url,visit_time\nS1,http://h/a,2026-03-09\n");
  for (const auto& csv :
       {"Store ID;Image URL;Visit Time\r\nS1;http://h/a;2026-03-09\r\n;;\r\n"s,
        "sep=|\rSTOREID|IMAGEURL|visit-time\rS1|http://h/a|2026-03-09\r"s,
        "store_id,image_url,visit_time,remark,,\nS1,http://h/a,2026-03-09\n"s,
        "\"sep=,\",,\nstore_id,image_url,visit_time\nS1,http://h/a,2026-03-09,,\n"s,
        "\xEF\xBB\xBFstore_id\timage_url\tvisit time\n S1\thttp://h/a\u00a0\t2026-03-09\n"s}) {
    BOOST_TEST(document(csv) == plain, csv);
  }
}

BOOST_AUTO_TEST_CASE(store_ids_with_blanks_around_them_are_one_warning) {
  const auto warning_of = [](std::string_view csv) {
    return std::get<csv_job>(document_of_csv(csv, "visits.csv")).warning;
  };
  BOOST_TEST(warning_of("store_id,image_url,visit_time\nS1, http://h/a ,t\n") == "");
  BOOST_TEST(warning_of("store_id,image_url,visit_time\nS1,http://h/a,t\nS1 "
                        ",http://h/b,t\n\u00a0S1,http://h/c,t\n") ==
             "visits.csv: 2 store ids have blanks around them, which were taken off (the first in "
             "line 3)");
}

BOOST_AUTO_TEST_CASE(errors_are_reported_with_their_line_and_column) {
  const std::string header = "store_id,image_url,visit_time\n";
  BOOST_TEST(fault("") == "visits.csv is empty");
  BOOST_TEST(fault("\n\n") == "visits.csv is empty");
  BOOST_TEST(fault(header) == "visits.csv: there are no rows below the header");
  BOOST_TEST(fault("store_id,url,visit_time\n") ==
             "visits.csv, line 1: the header has no column image_url");
  BOOST_TEST(fault("store_id,image_url,visit_time,store_id\n") ==
             "visits.csv, line 1: the header names the column store_id twice");
  BOOST_TEST(fault(header + "S1,http://h/1,t\nS1,http://h/2\n") ==
             "visits.csv, line 3: column visit_time: the row ends before it");
  BOOST_TEST(fault(header + "S1,http://h/1,t,x\n") ==
             "visits.csv, line 2: column visit_time: the row goes on behind it, the last column of "
             "the header");
  BOOST_TEST(fault(header + "S1,http://h/1,t\n,http://h/2,t\n") ==
             "visits.csv, line 3: column store_id: is empty");
  BOOST_TEST(fault(header + "S1,,t\n") == "visits.csv, line 2: column image_url: is empty");
  BOOST_TEST(fault(header + "S1,http://h/1,\n") ==
             "visits.csv, line 2: column visit_time: is empty");
  BOOST_TEST(fault(header + "S1,http://h/\xff,t\n")
                 .starts_with("visits.csv, line 2: column image_url: is not UTF-8 (byte ff, "));
  BOOST_TEST(fault(header + "S1,http://h/1," + std::string(1, '\0') + "\n") ==
             "visits.csv, line 2: column visit_time: contains a NUL character");
}

BOOST_AUTO_TEST_CASE(malformed_csv_is_reported_with_its_line_and_column) {
  const std::string header = "store_id,image_url,visit_time\n";
  BOOST_TEST(fault(header + "S1,\"http://h/1,t\n") ==
             "visits.csv, line 2: column image_url: a quote is opened and never closed");
  BOOST_TEST(fault(header + "\"a\nb\",http://h/1,\"t\"x\n") ==
             "visits.csv, line 3: column visit_time: text after a closing quote");
  BOOST_TEST(fault("PK\3\4\x14\0"s) ==
             "visits.csv is an Excel workbook or another ZIP file; save it as CSV UTF-8");
  BOOST_TEST(
      fault("\xD0\xCF\x11\xE0\xA1\xB1"s).starts_with("visits.csv is an old Excel workbook (.xls)"));
  BOOST_TEST(fault("\"store_id") ==
             "visits.csv, line 1: column 1: a quote is opened and never closed");
  BOOST_TEST(fault(R"({"count":1,"visits":[]})") ==
             "visits.csv, line 1: column 2: text after a closing quote");
  BOOST_TEST(fault(header + "S1,http://h/1,t,\"x") ==
             "visits.csv, line 2: column 4: a quote is opened and never closed");
}

BOOST_AUTO_TEST_CASE(fields_are_bounded_as_the_service_bounds_them) {
  const auto row = [](std::size_t store, std::size_t url, std::size_t time) {
    return "store_id,image_url,visit_time\n" + std::string(store, 's') + "," +
           std::string(url, 'u') + "," + std::string(time, 't') + "\n";
  };
  BOOST_TEST(
      document(row(limits::store_id_bytes, limits::text_bytes, limits::text_bytes))["count"] == 1);
  BOOST_TEST(fault(row(limits::store_id_bytes + 1, 1, 1)) ==
             "visits.csv, line 2: column store_id: is longer than 256 bytes");
  BOOST_TEST(fault(row(1, limits::text_bytes + 1, 1)) ==
             "visits.csv, line 2: column image_url: is longer than 65536 bytes");
  BOOST_TEST(fault(row(1, 1, limits::text_bytes + 1)) ==
             "visits.csv, line 2: column visit_time: is longer than 65536 bytes");
}

BOOST_AUTO_TEST_CASE(a_file_that_cannot_be_read_is_named) {
  for (const auto* name : {"/no/such/file.csv", "/"}) {
    const auto read = read_input(name);
    BOOST_REQUIRE(std::holds_alternative<input_error>(read));
    BOOST_TEST(
        std::get<input_error>(read).message.starts_with(std::string{name} + " cannot be read: "));
  }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
