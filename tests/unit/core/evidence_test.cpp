#include "core/evidence.hpp"

#include <boost/test/unit_test.hpp>
#include <string>

using namespace retail_pulse;

BOOST_AUTO_TEST_SUITE(evidence)

namespace {

std::string shown_url(const std::string& submitted, const std::string& final_url,
                      error_code code = error_code::none) {
  fetch_evidence known;
  known.final_url = final_url;
  return public_evidence(known, code, submitted).final_url;
}

}  // namespace

BOOST_AUTO_TEST_CASE(a_final_url_has_no_query_but_the_submitted_ones) {
  BOOST_TEST(shown_url("http://a.test/", "http://b.test/x") == "http://b.test/x");
  BOOST_TEST(shown_url("http://a.test/", "http://b.test/x?signature=secret") == "http://b.test/x");
  BOOST_TEST(shown_url("http://a.test/#?signature=secret", "http://b.test/x?signature=secret") ==
             "http://b.test/x");
  BOOST_TEST(shown_url("http://a.test/?w=1", "http://b.test/?w=1&signature=secret") ==
             "http://b.test/");
  BOOST_TEST(shown_url("http://a.test/?w=1", "https://a.test/?w=1") == "https://a.test/?w=1");
  BOOST_TEST(shown_url("http://a.test/?w=1#top", "https://a.test/?w=1") == "https://a.test/?w=1");
  BOOST_TEST(shown_url("http://a.test/?w=1", "https://a.test/") == "https://a.test/");
  BOOST_TEST(shown_url("http://a.test/?w=1", "") == "");
}

BOOST_AUTO_TEST_CASE(a_blocked_address_is_not_told) {
  fetch_evidence known{"", "10.0.0.1", 0, 0, "", 1, 2, 3};
  BOOST_TEST(public_evidence(known, error_code::blocked_address, "http://a.test/").address == "");
  BOOST_TEST(public_evidence(known, error_code::connect_failed, "http://a.test/").address ==
             "10.0.0.1");
  for (const std::string place : {"http://10.0.0.1/x", "https://10.0.0.1:8080/", "http://[::1]/",
                                  "http://[fd00::1]:81/x", "10.0.0.1/x"}) {
    BOOST_TEST(shown_url("http://a.test/", place, error_code::blocked_address) == "", place);
    BOOST_TEST(shown_url("http://a.test/", place, error_code::connect_failed) == place);
  }
  BOOST_TEST(shown_url("http://a.test/", "http://b2.test:8080/1", error_code::blocked_address) ==
             "http://b2.test:8080/1");
}

BOOST_AUTO_TEST_SUITE_END()
