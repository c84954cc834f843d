#include <boost/test/unit_test.hpp>
#include <string_view>

#include "core/limits.hpp"
#include "parsing.hpp"

using namespace retail_pulse;
using namespace retail_pulse::http;
using namespace std::string_literals;

namespace {

constexpr std::string_view good_visit = R"({"store_id":"S1","image_url":["u"],"visit_time":"t"})";

std::string visits(std::string_view second) {
  return R"({"count":2,"visits":[)" + std::string{good_visit} + "," + std::string{second} + "]}";
}

}  // namespace

BOOST_AUTO_TEST_SUITE(rejected_submissions)

BOOST_AUTO_TEST_CASE(a_body_that_is_empty_says_so) {
  BOOST_TEST(refused("") == "the body is empty");
  BOOST_TEST(refused(" \r\n\t ") == "the body is empty");
}

BOOST_AUTO_TEST_CASE(a_body_that_is_not_an_object_says_so) {
  for (const auto* text :
       {"[]", "[1]", "1", "-1", "1.5", "null", "true", "false", "\"count\"", "[{\"count\":1}]"}) {
    BOOST_TEST(refused(text) == "the body is not a JSON object");
  }
}

BOOST_AUTO_TEST_CASE(a_missing_member_is_named) {
  BOOST_TEST(refused("{}") == "count is missing");
  BOOST_TEST(refused(R"({"visits":[]})") == "count is missing");
  BOOST_TEST(refused(R"({"count":1})") == "visits is missing");
  BOOST_TEST(refused(visits(R"({"image_url":["u"],"visit_time":"t"})")) ==
             "visits[1].store_id is missing");
  BOOST_TEST(refused(visits(R"({"store_id":"S1","visit_time":"t"})")) ==
             "visits[1].image_url is missing");
  BOOST_TEST(refused(visits(R"({"store_id":"S1","image_url":["u"]})")) ==
             "visits[1].visit_time is missing");
  BOOST_TEST(refused(visits("{}")) == "visits[1].store_id is missing");
  BOOST_TEST(refused(visits(R"({"STORE_ID":"S1","image_url":["u"],"visit_time":"t"})")) ==
             "visits[1].store_id is missing");
}

BOOST_AUTO_TEST_CASE(an_empty_member_is_named) {
  BOOST_TEST(refused(R"({"count":0,"visits":[]})") == "visits is empty");
  BOOST_TEST(refused(visits(R"({"store_id":"","image_url":["u"],"visit_time":"t"})")) ==
             "visits[1].store_id is empty");
  BOOST_TEST(refused(visits(R"({"store_id":"S1","image_url":[],"visit_time":"t"})")) ==
             "visits[1].image_url is empty");
}

BOOST_AUTO_TEST_CASE(a_url_of_blanks_is_an_empty_one) {
  for (const auto* url : {"", " ", "\\t\\r\\n ", "\u00a0", "\u2003\u200b\ufeff"}) {
    BOOST_TEST(refused(visits(R"({"store_id":"S1","image_url":["u",")"s + url +
                              R"("],"visit_time":"t"})")) == "visits[1].image_url[1] is empty");
  }
}

BOOST_AUTO_TEST_CASE(a_job_may_have_as_many_images_as_are_allowed) {
  const auto job = with_visit(R"("store_id":"S","image_url":["a","b","c"],"visit_time":"")");
  BOOST_TEST(std::get<submission_ptr>(parse_submission(job, {.max_images = 3}))->image_count() ==
             3u);
  const auto refusal = std::get<rejection>(parse_submission(job, {.max_images = 2}));
  BOOST_TEST(refusal.status == 413);
  BOOST_TEST(refusal.sentence ==
             "the job has more than 2 images, which are as many as --max-job-images allows");
  BOOST_TEST(std::get<rejection>(parse_submission("[]", {.max_images = 2})).status == 400);
  // Nothing behind the first that is too many is read.
  BOOST_TEST(std::get<rejection>(
                 parse_submission(R"({"visits":[{"image_url":["a","b","c", this is no JSON)",
                                  {.max_images = 2}))
                 .status == 413);
  std::string many = R"({"count":1,"visits":[{"store_id":"S","visit_time":"","image_url":["a")";
  for (std::size_t i = 1; i < limits::default_job_images; ++i) many += ",\"a\"";
  BOOST_TEST(refused(many + "]}]}") == "accepted");
  BOOST_TEST(refused(many + ",\"a\"]}]}").starts_with("the job has more than 1000000 images"));
}

BOOST_AUTO_TEST_CASE(a_count_that_does_not_match_tells_both_numbers) {
  BOOST_TEST(refused(R"({"count":3,"visits":[)" + std::string{good_visit} + "," +
                     std::string{good_visit} + "]}") == "count is 3 but there are 2 visits");
  BOOST_TEST(refused(R"({"visits":[)" + std::string{good_visit} + R"(],"count":0})") ==
             "count is 0 but there is 1 visit");
  BOOST_TEST(refused(R"({"count":-1,"visits":[)" + std::string{good_visit} + "]}") ==
             "count is -1 but there is 1 visit");
  BOOST_TEST(refused(R"({"count":18446744073709551617,"visits":[)" + std::string{good_visit} +
                     "]}") == "count is 18446744073709551617 but there is 1 visit");
}

BOOST_AUTO_TEST_CASE(a_callback_url_is_one_text_that_is_not_empty_and_not_too_long) {
  for (const auto* value :
       {"null", "1", "true", "[]", R"(["http://h/"])", R"({"url":"http://h/"})"}) {
    BOOST_TEST(refused(with_root(R"(,"callback_url":)" + std::string{value})) ==
                   "callback_url is not a string",
               value);
  }
  BOOST_TEST(refused(with_root(R"(,"callback_url":"")")) == "callback_url is empty");
  BOOST_TEST(refused(with_root(R"(,"callback_url":"http://h/","callback_url":"http://h/")")) ==
             "callback_url is given twice");
  BOOST_TEST(refused(with_root(R"(,"callback_url":"http://h/\u0000")")) ==
             "callback_url contains a NUL character");
  const auto of_size = [](std::size_t bytes) {
    std::string url = "http://h/";
    url.resize(bytes, 'x');
    return with_root(R"(,"callback_url":")" + url + '"');
  };
  BOOST_TEST(refused(of_size(limits::url_bytes)) == "accepted");
  BOOST_TEST(refused(of_size(limits::url_bytes + 1)) == "callback_url is longer than 8192 bytes");
}

BOOST_AUTO_TEST_CASE(a_callback_url_is_valid_and_of_a_service_that_sends_webhooks) {
  const auto rejected = [](std::string_view url, const submission_rules& rules) {
    const auto result =
        parse_submission(with_root(R"(,"callback_url":")" + std::string{url} + '"'), rules);
    const auto* why = std::get_if<rejection>(&result);
    if (why == nullptr) return "accepted"s;
    return std::to_string(why->status) + " " + std::string{why->code} + ": " + why->sentence;
  };
  BOOST_TEST(rejected("https://h.example/ended?a=b", with_webhooks) == "accepted");
  BOOST_TEST(rejected("https://h.example/ended?a=b", {}) ==
             "400 invalid_callback_url: callback_url needs a service with --callback-secret");
  const auto invalid = "400 invalid_callback_url: callback_url is not a valid http or https URL: "s;
  BOOST_TEST(rejected("ftp://h.example/", with_webhooks).starts_with(invalid));
  BOOST_TEST(rejected("/ended", with_webhooks).starts_with(invalid));
  BOOST_TEST(rejected("http://u:p@h.example/", with_webhooks).starts_with(invalid));
  BOOST_TEST(rejected("http://h.example:25/", with_webhooks).starts_with(invalid));
  BOOST_TEST(rejected("", {}) == "400 invalid_submission: callback_url is empty");
}

BOOST_AUTO_TEST_CASE(a_count_is_an_integer_without_fraction_or_exponent) {
  for (const auto* count :
       {"1.0", "1e0", "1E+0", "0.1", "\"1\"", "null", "true", "[]", "{}", "[1]"}) {
    BOOST_TEST(refused(R"({"count":)"s + count + R"(,"visits":[)" + std::string{good_visit} +
                       "]}") == "count is not an integer");
  }
}

BOOST_AUTO_TEST_CASE(a_member_of_the_wrong_type_is_named) {
  for (const auto* value : {"1", "null", "true", "\"x\"", "{}", "2.5"}) {
    BOOST_TEST(refused(R"({"count":1,"visits":)"s + value + "}") == "visits is not an array");
    BOOST_TEST(refused(visits(R"({"store_id":"S1","image_url":)"s + value +
                              R"(,"visit_time":"t"})")) == "visits[1].image_url is not an array");
  }
  for (const auto* value : {"1", "null", "true", "\"x\"", "[]", "2.5"}) {
    BOOST_TEST(refused(visits(value)) == "visits[1] is not an object");
  }
  for (const auto* value : {"1", "null", "false", "[]", "{}", "2.5", "-7", "[\"S1\"]"}) {
    BOOST_TEST(
        refused(visits(R"({"store_id":)"s + value + R"(,"image_url":["u"],"visit_time":"t"})")) ==
        "visits[1].store_id is not a string");
    BOOST_TEST(refused(visits(R"({"store_id":"S1","image_url":["u"],"visit_time":)"s + value +
                              "}")) == "visits[1].visit_time is not a string");
    BOOST_TEST(refused(visits(R"({"store_id":"S1","image_url":["u","v",)"s + value +
                              R"(],"visit_time":"t"})")) ==
               "visits[1].image_url[2] is not a string");
  }
  BOOST_TEST(refused(with_visit(R"("image_url":["a","b",3],"store_id":"S")")) ==
             "visits[0].image_url[2] is not a string");
}

BOOST_AUTO_TEST_CASE(a_member_given_twice_is_named) {
  BOOST_TEST(refused(with_root(R"(,"count":1)")) == "count is given twice");
  BOOST_TEST(refused(with_root(R"(,"visits":[])")) == "visits is given twice");
  BOOST_TEST(refused(visits(R"({"store_id":"S1","store_id":"S2"})")) ==
             "visits[1].store_id is given twice");
  BOOST_TEST(refused(visits(R"({"image_url":["u"],"image_url":["u"]})")) ==
             "visits[1].image_url is given twice");
  BOOST_TEST(refused(visits(R"({"visit_time":"t","visit_time":"t"})")) ==
             "visits[1].visit_time is given twice");
}

BOOST_AUTO_TEST_CASE(malformed_json_tells_line_and_column) {
  BOOST_TEST(refused("{") == "malformed JSON at line 1, column 2: the text ends too early");
  BOOST_TEST(refused("x") == "malformed JSON at line 1, column 1");
  BOOST_TEST(refused("{\"count\":1,}") == "malformed JSON at line 1, column 12");
  BOOST_TEST(refused("{\n  \"count\": 1\n  \"visits\": []\n}") ==
             "malformed JSON at line 3, column 10");
  BOOST_TEST(refused("{\r\n\"count\":tru}") == "malformed JSON at line 2, column 12");
  BOOST_TEST(refused(R"({"x":"é€","y":01})") == "malformed JSON at line 1, column 16");
  BOOST_TEST(refused("\xEF\xBB\xBF{]") == "malformed JSON at line 1, column 2");
  BOOST_TEST(refused(with_root("") + "x").starts_with("malformed JSON at line 1, column "));
  BOOST_TEST(
      refused(with_root("") + with_root("")).starts_with("malformed JSON at line 1, column "));
  BOOST_TEST(refused("{'count':1}").starts_with("malformed JSON"));
  BOOST_TEST(refused("{\"count\":1/*c*/}").starts_with("malformed JSON"));
  BOOST_TEST(refused("{\"count\":+1}").starts_with("malformed JSON"));
  BOOST_TEST(refused("{\"count\":NaN}").starts_with("malformed JSON"));
  BOOST_TEST(refused("{\"x\":\"a\nb\"}").starts_with("malformed JSON at line "));
  BOOST_TEST(refused(R"({"x":"\q"})").starts_with("malformed JSON"));
  BOOST_TEST(refused(R"({"x":"\ud800"})").starts_with("malformed JSON"));
  BOOST_TEST(refused("{\"count\":1").ends_with("the text ends too early"));
}

BOOST_AUTO_TEST_CASE(a_number_that_fits_nowhere_is_refused) {
  BOOST_TEST(refused(with_root(R"(,"x":1e999)"))
                 .starts_with("x is a number out of range at line 1, column "));
  BOOST_TEST(refused(R"({"count":1e999,"visits":[]})")
                 .starts_with("count is a number out of range at line 1, column "));
  BOOST_TEST(refused(visits(R"({"n":[{"m":-1e999}]})"))
                 .starts_with("visits[1].n is a number out of range at line 1, column "));
  BOOST_TEST(refused(with_visit(R"("image_url":["u",1e999])"))
                 .starts_with("visits[0].image_url[1] is a number out of range"));
  BOOST_TEST(refused("1e999").starts_with("the body is a number out of range"));
}

BOOST_AUTO_TEST_CASE(invalid_utf8_tells_line_and_column) {
  BOOST_TEST(refused("{\n\"\xFF\":1}") == "invalid UTF-8 at line 2, column 2");
  BOOST_TEST(refused(with_visit("\"store_id\":\"\xC3\x28\""))
                 .starts_with("invalid UTF-8 at line 1, column "));
  BOOST_TEST(refused(with_visit("\"store_id\":\"\xED\xA0\x80\""))
                 .starts_with("invalid UTF-8"));  // a surrogate
  BOOST_TEST(
      refused(with_visit("\"store_id\":\"\xC0\xAF\"")).starts_with("invalid UTF-8"));  // overlong
  BOOST_TEST(refused(with_visit("\"store_id\":\"\xF4\x90\x80\x80\""))
                 .starts_with("invalid UTF-8"));  // beyond U+10FFFF
  BOOST_TEST(refused(with_root(",\"x\":\"\x80\"")).starts_with("invalid UTF-8"));
}

BOOST_AUTO_TEST_CASE(a_nul_character_is_refused_in_every_text) {
  BOOST_TEST(refused(visits(R"({"store_id":"S\u0000"})")) ==
             "visits[1].store_id contains a NUL character");
  BOOST_TEST(refused(visits(R"({"visit_time":"\u0000"})")) ==
             "visits[1].visit_time contains a NUL character");
  BOOST_TEST(refused(visits(R"({"image_url":["u","\u0000v"]})")) ==
             "visits[1].image_url[1] contains a NUL character");
  BOOST_TEST(refused(visits(R"({"note":"\u0000"})")) == "visits[1].note contains a NUL character");
  BOOST_TEST(refused(visits(R"({"note":[{"deep":"\u0000"}]})")) ==
             "visits[1].note contains a NUL character");
  BOOST_TEST(refused(with_root(R"(,"x":"\u0000")")) == "x contains a NUL character");
  BOOST_TEST(refused(with_root(R"(,"\u0000":1)")) == "a member name contains a NUL character");
  BOOST_TEST(refused(with_root(R"(,"x":{"\u0000":1})")) ==
             "a member name in x contains a NUL character");
  BOOST_TEST(refused(visits(R"({"a\u0000":1})")) ==
             "a member name in visits[1] contains a NUL character");
  BOOST_TEST(refused(with_root("") + '\0' + "anything") ==
             "malformed JSON at line 1, column " + std::to_string(with_root("").size() + 1) +
                 ": a NUL byte");
  BOOST_TEST(refused("{\"x\":\"a\0b\"}"s).ends_with(": a NUL byte"));
}

BOOST_AUTO_TEST_CASE(another_encoding_is_refused_by_its_name) {
  BOOST_TEST(refused("\xFF\xFE{\0\"\0"s) == "the body is UTF-16; JSON is sent in UTF-8");
  BOOST_TEST(refused("\xFE\xFF\0{\0\""s) == "the body is UTF-16; JSON is sent in UTF-8");
  BOOST_TEST(refused("{\0\"\0"s) == "the body is UTF-16; JSON is sent in UTF-8");
  BOOST_TEST(refused("\0{\0\n"s) == "the body is UTF-16; JSON is sent in UTF-8");
  BOOST_TEST(refused("\xFF\xFE\0\0{\0\0\0"s) == "the body is UTF-32; JSON is sent in UTF-8");
  BOOST_TEST(refused("{\0\0\0"s) == "the body is UTF-32; JSON is sent in UTF-8");
}

BOOST_AUTO_TEST_CASE(one_byte_beyond_the_bound_of_a_text_is_refused) {
  const std::string longer(limits::text_bytes + 1, 'x');
  const std::string longer_id(limits::store_id_bytes + 1, 'x');
  BOOST_TEST(refused(with_visit(R"("store_id":")" + longer_id + '"')) ==
             "visits[0].store_id is longer than 256 bytes");
  BOOST_TEST(refused(with_visit(R"("visit_time":")" + longer + '"')) ==
             "visits[0].visit_time is longer than 65536 bytes");
}

BOOST_AUTO_TEST_CASE(one_level_beyond_the_bound_of_nesting_is_refused) {
  const auto levels = static_cast<std::size_t>(limits::json_depth);  // and the root
  BOOST_TEST(refused(with_root(",\"x\":" + std::string(levels, '[') + std::string(levels, ']'))) ==
             "the nesting of x is deeper than 16");
  std::string objects;
  for (std::size_t i = 0; i < levels; ++i) objects += R"({"x":)";
  BOOST_TEST(refused(with_root(",\"x\":" + objects + "1" + std::string(levels, '}'))) ==
             "the nesting of x is deeper than 16");
  BOOST_TEST(refused(visits(R"({"x":)" + std::string(14, '[') + std::string(14, ']') + "}")) ==
             "the nesting of visits[1].x is deeper than 16");
  BOOST_TEST(refused(std::string(100'000, '[')) == "the body is not a JSON object");
  BOOST_TEST(refused("{\"x\":" + std::string(1'000'000, '[')) ==
             "the nesting of x is deeper than 16");
}

BOOST_AUTO_TEST_CASE(a_long_name_is_cut_between_characters_in_a_message) {
  std::string name;
  for (int i = 0; i < 50; ++i) name += "é";  // 100 bytes
  BOOST_TEST(refused(with_root(",\"" + name + R"(":"\u0000")")) ==
             name.substr(0, 64) + "... contains a NUL character");
  BOOST_TEST(refused(with_root(",\"x" + name + R"(":"\u0000")")) ==
             ("x" + name).substr(0, 63) + "... contains a NUL character");
}

BOOST_AUTO_TEST_SUITE_END()
