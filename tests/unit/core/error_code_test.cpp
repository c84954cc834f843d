#include "core/error_code.hpp"

#include <boost/test/unit_test.hpp>
#include <set>

#include "core/image.hpp"
#include "core/time.hpp"

using namespace retail_pulse;

BOOST_AUTO_TEST_SUITE(error_codes)

BOOST_AUTO_TEST_CASE(the_table_is_in_the_order_of_the_codes_and_names_are_unique) {
  std::set<std::string_view> names;
  for (std::size_t i = 0; i < error_table.size(); ++i) {
    BOOST_TEST(static_cast<std::size_t>(error_table[i].code) == i);
    BOOST_TEST(names.insert(error_table[i].name).second);
    BOOST_TEST((error_code_named(error_table[i].name) == error_table[i].code));
  }
  BOOST_TEST(!error_code_named("no such code").has_value());
}

BOOST_AUTO_TEST_CASE(every_failure_has_a_sentence) {
  for (const auto& row : error_table)
    BOOST_TEST(row.public_sentence.empty() == (row.code == error_code::none));
}

BOOST_AUTO_TEST_CASE(a_status_can_pass_where_its_definition_says_that_another_attempt_can_help) {
  for (const int status : {408, 421, 425, 429, 500, 502, 503, 504, 507, 508, 509,
                           520, 521, 522, 523, 524, 525, 527, 529, 530, 598, 599}) {
    BOOST_TEST(can_pass(error_code::http_status, status), status);
  }
  for (const int status : {201, 204, 304, 400, 401, 403, 404, 407, 409, 410, 416, 420, 422, 423,
                           424, 426, 428, 430, 451, 499, 501, 505, 506, 510, 511, 526, 600, 0}) {
    BOOST_TEST(!can_pass(error_code::http_status, status), status);
  }
}

BOOST_AUTO_TEST_CASE(every_status_has_one_row_or_that_of_its_class_and_a_reason) {
  int last = 0;
  for (const auto& row : http_status_table) {
    BOOST_TEST(row.status > last, row.status);
    last = row.status;
    BOOST_TEST(!row.reason.empty(), row.status);
    BOOST_TEST(describe_status(row.status).reason == row.reason);
  }
  BOOST_TEST(!describe_status(404).reason.empty());
  BOOST_TEST(!describe_status(500).reason.empty());
}

BOOST_AUTO_TEST_CASE(whether_others_can_pass_does_not_depend_on_the_status) {
  for (const auto code :
       {error_code::origin_unavailable, error_code::connect_failed, error_code::dns_failed,
        error_code::timed_out, error_code::truncated, error_code::protocol_error}) {
    BOOST_TEST(can_pass(code, 0));
  }
  for (const auto code :
       {error_code::store_not_found, error_code::invalid_url, error_code::blocked_address,
        error_code::tls_failed, error_code::not_an_image, error_code::too_large,
        error_code::internal, error_code::cancelled}) {
    BOOST_TEST(!can_pass(code, 503));
  }
}

BOOST_AUTO_TEST_CASE(the_sentence_of_a_status_tells_the_status) {
  BOOST_TEST(public_sentence(error_code::http_status, 404) ==
             "The image host answered with an error status (404)");
  BOOST_TEST(public_sentence(error_code::store_not_found, 0) == "Store ID does not exist");
  BOOST_TEST(public_sentence(error_code::protocol_error, 0, "its headers are longer than 64 KiB") ==
             "The image host's answer cannot be used: its headers are longer than 64 KiB");
  BOOST_TEST(public_sentence(error_code::invalid_url, 0, "no host") ==
             "The image URL is not a valid http or https URL: no host");
  BOOST_TEST(public_sentence(error_code::blocked_address, 0, "10.0.0.1") ==
             "The image URL leads to an address that may not be fetched");
}

BOOST_AUTO_TEST_CASE(a_perimeter_does_not_overflow) {
  BOOST_TEST(perimeter_of({image_format::png, 640, 480}) == 2240);
  BOOST_TEST(perimeter_of({image_format::png, 4294967295U, 4294967295U}) == 17179869180LL);
}

BOOST_AUTO_TEST_CASE(times_are_written_in_rfc_3339) {
  BOOST_TEST(to_rfc3339(unix_millis{0}) == "1970-01-01T00:00:00.000Z");
  BOOST_TEST(to_rfc3339(unix_millis{1'709'210'096'007}) == "2024-02-29T12:34:56.007Z");
}

BOOST_AUTO_TEST_SUITE_END()
