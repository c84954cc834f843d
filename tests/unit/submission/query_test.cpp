#include "http/request/query.hpp"

#include <boost/test/unit_test.hpp>

using retail_pulse::http::query;

namespace {

/// The value of a parameter of a query that must be well-formed; "(none)" when it has none.
std::string value_in(std::string_view text, std::string_view name) {
  const auto parsed = query::parse(text);
  BOOST_REQUIRE(std::holds_alternative<query>(parsed));
  const auto* value = std::get<query>(parsed).find(name);
  return value != nullptr ? *value : "(none)";
}

}  // namespace

BOOST_AUTO_TEST_SUITE(query_strings)

BOOST_AUTO_TEST_CASE(names_and_values_are_decoded) {
  BOOST_TEST(value_in("jobid=1", "jobid") == "1");
  BOOST_TEST(value_in("a=1&b=2&c=3", "b") == "2");
  BOOST_TEST(value_in("a=x+y%20z%2B%c3%a9", "a") == "x y z+\xC3\xA9");
  BOOST_TEST(value_in("job%69d=7", "jobid") == "7");
  BOOST_TEST(value_in("a=b=c", "a") == "b=c");
  BOOST_TEST(value_in("a", "a") == "");
  BOOST_TEST(value_in("a=", "a") == "");
  BOOST_TEST(value_in("&&a=1&&", "a") == "1");
  BOOST_TEST(value_in("", "a") == "(none)");
  BOOST_TEST(value_in("A=1", "a") == "(none)");
}

BOOST_AUTO_TEST_CASE(what_tricks_caches_is_no_parameter) {
  for (const auto* text : {"_=1", "_", "_=1&_=2", "%5F=1", "_=%zz", "_=1&a=2"}) {
    const auto parsed = query::parse(text);
    BOOST_REQUIRE_MESSAGE(std::holds_alternative<query>(parsed), text);
    BOOST_TEST(std::get<query>(parsed).count("_") == 0u, text);
  }
  BOOST_TEST(value_in("_=1&a=2", "a") == "2");
  BOOST_TEST(value_in("__=1", "__") == "1");
}

BOOST_AUTO_TEST_CASE(a_parameter_given_twice_is_counted) {
  const auto parsed = std::get<query>(query::parse("a=1&b=2&a=3"));
  BOOST_TEST(parsed.count("a") == 2u);
  BOOST_TEST(parsed.count("c") == 0u);
  BOOST_TEST(*parsed.find("a") == "1");
}

BOOST_AUTO_TEST_CASE(a_broken_escape_is_refused_by_the_name_of_its_parameter) {
  for (const auto* text :
       {"a=%", "a=%1", "a=%g0", "a=%0g", "b=1&a=%zz", "a=%00", "a=%%41", "%61=%"})
    BOOST_TEST(std::get<std::string>(query::parse(text)) == "a is not well-formed");
  for (const auto* text : {"%=1", "%zz", "a=1&=%"})
    BOOST_TEST(std::get<std::string>(query::parse(text)) == "the query is not well-formed");
}

BOOST_AUTO_TEST_SUITE_END()
