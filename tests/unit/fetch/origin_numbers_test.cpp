#include "fetch/url/origin_numbers.hpp"

#include <boost/test/unit_test.hpp>
#include <string>

#include "core/limits.hpp"
#include "fetch/url/url.hpp"

namespace retail_pulse::fetch {

BOOST_AUTO_TEST_SUITE(origins_of_a_job)

namespace {

std::int32_t number(origin_numbers& numbers, std::string_view url) {
  return numbers.number_of(url).value;
}

}  // namespace

BOOST_AUTO_TEST_CASE(origins_are_numbered_from_1_in_order_of_first_appearance) {
  origin_numbers numbers;
  BOOST_TEST(number(numbers, "http://b.test/1") == 1);
  BOOST_TEST(number(numbers, "http://a.test/1") == 2);
  BOOST_TEST(number(numbers, "http://b.test/2?x#y") == 1);
  BOOST_TEST(number(numbers, "https://b.test/1") == 3);
  BOOST_TEST(number(numbers, "http://b.test:8080/1") == 4);
  const std::vector<std::string> expected{"http://b.test:80", "http://a.test:80",
                                          "https://b.test:443", "http://b.test:8080"};
  BOOST_TEST(numbers.origins() == expected, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(spellings_of_one_origin_have_one_number) {
  for (const auto* spelling :
       {"http://a.test",       "HTTP://A.test",       "http://a.test:80",   "http://a.test:80/",
        "http://a.test:",      "http://a.test?x",     "http://a.test#x",    "http://a.test\\x",
        "http:a.test/x",       "http:/a.test/x",      "http:\\\\a.test\\x", "http:///a.test/x",
        "http://\\a.test/x",   "http://\t/a.test/x",  " http://a.test/x",   "http://a.test ",
        "http://a.test\n",     "ht\ntp://a.te\tst/x", "http://a.test\n/x",  "http:a.test/x://y/z",
        "http:a.test#x://y/z", "http://A.test:0080/"}) {
    origin_numbers numbers;
    BOOST_TEST_CONTEXT(spelling) {
      BOOST_TEST(number(numbers, "http://other.test/") == 1);
      BOOST_TEST(number(numbers, "http://a.test/x") == 2);
      BOOST_TEST(number(numbers, spelling) == 2);
      BOOST_TEST(number(numbers, spelling) == 2);
      BOOST_TEST(numbers.origins().size() == 2U);
    }
    origin_numbers first;
    BOOST_TEST(number(first, spelling) == 1);
    BOOST_TEST(first.origins().at(0) == "http://a.test:80");
  }
}

BOOST_AUTO_TEST_CASE(what_cannot_be_fetched_has_number_0_and_no_origin) {
  origin_numbers numbers;
  for (const auto* text :
       {"", " ", "x", "not a url", "ftp://a.test/", "http://", "http:///", "http://user@a.test/",
        "http://a.test /x", "http://a.test:99999/", "http://a.test:25/", "://a.test/", "//a.test/",
        "http://%/", "http://[::1/", "mailto:a@b.test"}) {
    BOOST_TEST_CONTEXT(text) {
      BOOST_TEST(number(numbers, text) == 0);
      BOOST_TEST(number(numbers, text) == 0);
    }
  }
  BOOST_TEST(number(numbers, "http://a.test /x") == 0);
  BOOST_TEST(number(numbers, "http://a.test ") ==
             1);  // another spelling, though its start is known
  BOOST_TEST(numbers.origins().size() == 1U);
}

BOOST_AUTO_TEST_CASE(a_url_of_the_longest_length_counts_and_a_longer_one_does_not) {
  origin_numbers numbers;
  std::string url = "http://a.test/";
  url.resize(limits::url_bytes, 'x');
  BOOST_TEST(number(numbers, url) == 1);
  BOOST_TEST(number(numbers, url + 'x') == 0);
  std::string tabs = "http://b.test";
  tabs.insert(8, limits::url_bytes - tabs.size(), '\t');
  BOOST_TEST(number(numbers, tabs) == 2);
}

BOOST_AUTO_TEST_CASE(an_object_that_was_moved_knows_what_it_knew) {
  origin_numbers numbers;
  number(numbers, "http://a.test/");
  number(numbers, "HTTP://b.test/");
  origin_numbers moved = std::move(numbers);
  BOOST_TEST(number(moved, "HTTP://b.test/") == 2);
  BOOST_TEST(number(moved, "http://a.test:80/") == 1);
}

BOOST_AUTO_TEST_CASE(many_origins_keep_their_numbers) {
  origin_numbers numbers;
  constexpr std::int32_t count = 20'000;
  for (int round = 0; round < 2; ++round) {
    for (std::int32_t i = 0; i < count; ++i)
      BOOST_TEST_REQUIRE(number(numbers, "http://h" + std::to_string(i) + ".test/x") == i + 1);
  }
  BOOST_TEST(numbers.origins().size() == static_cast<std::size_t>(count));
  BOOST_TEST(numbers.origins().back() == "http://h19999.test:80");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace retail_pulse::fetch
