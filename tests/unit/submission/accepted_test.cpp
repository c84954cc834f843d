#include <boost/test/unit_test.hpp>

#include "core/limits.hpp"
#include "parsing.hpp"

using namespace retail_pulse;
using namespace retail_pulse::http;

BOOST_AUTO_TEST_SUITE(accepted_submissions)

BOOST_AUTO_TEST_CASE(the_example_of_the_contract_is_kept_in_order) {
  const auto job = accepted(R"({ "count": 2, "visits": [
    { "store_id": "S00339218", "image_url": ["https://h.example/2.jpg", "https://h.example/3.jpg"], "visit_time": "2023-03-09T12:00:00" },
    { "store_id": "S01408764", "image_url": ["https://h.example/3.jpg"], "visit_time": "2025-03-11" } ] })");
  BOOST_TEST(job->visit_count() == 2u);
  BOOST_TEST(job->image_count() == 3u);
  BOOST_TEST(job->visit_at(0).store_id == "S00339218");
  BOOST_TEST(job->visit_at(0).visit_time == "2023-03-09T12:00:00");
  BOOST_TEST(job->visit_at(0).first_image == 0u);
  BOOST_TEST(job->visit_at(0).image_count == 2u);
  BOOST_TEST(job->visit_at(1).store_id == "S01408764");
  BOOST_TEST(job->visit_at(1).first_image == 2u);
  BOOST_TEST(job->visit_at(1).image_count == 1u);
  BOOST_TEST(job->url_at(0) == "https://h.example/2.jpg");
  BOOST_TEST(job->url_at(2) == "https://h.example/3.jpg");
  BOOST_TEST(job->visit_of(1) == 0u);
  BOOST_TEST(job->visit_of(2) == 1u);
}

BOOST_AUTO_TEST_CASE(origins_are_numbered_over_the_whole_job) {
  const auto job = accepted(R"({ "count": 2, "visits": [
    { "store_id": "S1", "image_url": ["https://b.example/2.jpg", "no url"], "visit_time": "t" },
    { "store_id": "S2", "image_url": ["http://a.example/", "HTTPS://B.example:443/"], "visit_time": "t" } ] })");
  const std::vector<std::int32_t> expected{1, 0, 2, 1};
  for (std::size_t i = 0; i < expected.size(); ++i)
    BOOST_TEST(job->origin_of(i).value == expected[i]);
  const std::vector<std::string> origins{"https://b.example:443", "http://a.example:80"};
  BOOST_TEST(job->origins() == origins, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(members_may_come_in_any_order) {
  const auto job = accepted(R"({"visits":[
    {"image_url":["a","b"],"visit_time":"t1","store_id":"S1"},
    {"visit_time":"t2","image_url":["c"],"store_id":"S2"}],"count":2})");
  BOOST_TEST(job->visit_at(0).store_id == "S1");
  BOOST_TEST(job->visit_at(0).visit_time == "t1");
  BOOST_TEST(job->visit_at(1).store_id == "S2");
  BOOST_TEST(job->visit_at(1).first_image == 2u);
  BOOST_TEST(job->url_at(2) == "c");
}

BOOST_AUTO_TEST_CASE(a_callback_url_is_kept_as_it_came_wherever_it_stands) {
  BOOST_TEST(accepted(with_root(R"(,"callback_url":"https://h.example/K\u00f6ln?a=b#c")"))
                 ->callback_url() == "https://h.example/K\xC3\xB6ln?a=b#c");
  BOOST_TEST(
      accepted(
          R"({"callback_url":" HTTP://h","count":1,"visits":[{"store_id":"S","image_url":["u"],"visit_time":"t"}]})")
          ->callback_url() == " HTTP://h");
  BOOST_TEST(accepted(with_root(""))->callback_url() == "");
  const auto elsewhere =
      accepted(with_visit(R"("store_id":"S","image_url":["u"],"visit_time":"t","callback_url":1)"));
  BOOST_TEST(elsewhere->callback_url() == "");  // visits have no such member
}

BOOST_AUTO_TEST_CASE(a_url_may_be_any_text) {
  const auto job = accepted(
      with_visit(R"("store_id":"S1","image_url":[" x ","ftp://x","not a url"],"visit_time":"")"));
  BOOST_TEST(job->image_count() == 3u);
  BOOST_TEST(job->url_at(0) == " x ");
  BOOST_TEST(job->url_at(2) == "not a url");
  BOOST_TEST(job->visit_at(0).visit_time == "");
}

BOOST_AUTO_TEST_CASE(escapes_and_unicode_are_decoded) {
  const auto job = accepted(
      with_visit(R"("store_id":"\u00e9\ud83d\ude00é","image_url":["a\/b\n"],"visit_time":"\t")"));
  BOOST_TEST(job->visit_at(0).store_id == "\xC3\xA9\xF0\x9F\x98\x80\xC3\xA9");
  BOOST_TEST(job->url_at(0) == "a/b\n");
}

BOOST_AUTO_TEST_CASE(unknown_members_are_ignored_wherever_they_are) {
  const auto job = accepted(
      R"({"x":{"count":7,"visits":[1,{"store_id":null}]},"y":[[],[{}],"s",1.5,null,true],"z":1e0,"count":1,
    "visits":[{"note":{"store_id":5,"image_url":{}},"store_id":"S1","tags":["a",["b"]],"image_url":["u"],"visit_time":"t","n":-3}]})");
  BOOST_TEST(job->visit_count() == 1u);
  BOOST_TEST(job->image_count() == 1u);
  BOOST_TEST(job->visit_at(0).store_id == "S1");
}

BOOST_AUTO_TEST_CASE(an_unknown_member_may_come_twice) {
  BOOST_TEST(refused(with_root(R"(,"x":1,"x":2)")) == "accepted");
}

BOOST_AUTO_TEST_CASE(a_byte_order_mark_is_skipped) {
  BOOST_TEST(refused("\xEF\xBB\xBF" + with_root("")) == "accepted");
}

BOOST_AUTO_TEST_CASE(white_space_around_is_nothing) {
  BOOST_TEST(refused(" \r\n\t" + with_root("") + "\n\n") == "accepted");
}

BOOST_AUTO_TEST_CASE(a_text_of_exactly_the_bound_is_taken) {
  const std::string id(limits::store_id_bytes, 'x');
  const std::string url(limits::url_bytes, 'x');
  const std::string time(limits::text_bytes, 'x');
  const auto job = accepted(with_visit(R"("store_id":")" + id + R"(","image_url":[")" + url +
                                       R"("],"visit_time":")" + time + '"'));
  BOOST_TEST(job->visit_at(0).store_id == id);
  BOOST_TEST(job->url_at(0) == url);
  BOOST_TEST(job->visit_at(0).visit_time == time);
}

BOOST_AUTO_TEST_CASE(a_url_that_is_too_long_is_cut_and_stays_too_long) {
  const auto kept = [](const std::string& url) {
    return std::string{accepted(with_visit(R"("store_id":"S1","image_url":[")" + url +
                                           R"(","next"],"visit_time":"")"))
                           ->url_at(0)};
  };
  const std::string bound(limits::url_bytes, 'x');
  BOOST_TEST(kept(bound + "y") == bound + "y");
  BOOST_TEST(kept(bound + "yz") == bound + "y");
  BOOST_TEST(kept("data:" + std::string(70'000, 'A')).size() == limits::url_bytes + 1);
  BOOST_TEST(kept("data:" + std::string(1'000'000, 'A')).size() == limits::url_bytes + 1);
  const std::string smile =
      "\xF0\x9F\x98\x80";  // never cut inside a character, and never shorter than what is too long
  BOOST_TEST(kept(bound + smile + "z") == bound + smile);
  for (std::size_t i = 1; i < smile.size(); ++i)
    BOOST_TEST(kept(bound.substr(i) + smile + "z") == bound.substr(i) + smile);
}

BOOST_AUTO_TEST_CASE(nesting_of_exactly_the_bound_is_taken) {
  const auto levels = static_cast<std::size_t>(limits::json_depth) - 1;  // the root is one
  BOOST_TEST(refused(with_root(",\"x\":" + std::string(levels, '[') + std::string(levels, ']'))) ==
             "accepted");
}

BOOST_AUTO_TEST_CASE(many_visits_with_many_urls_are_kept_apart) {
  constexpr int visits = 300;
  std::string text = R"({"visits":[)";
  for (int v = 0; v < visits; ++v) {
    text += (v == 0 ? "" : ",") + std::string{R"({"image_url":[)"};
    for (int u = 0; u <= v % 7; ++u)
      text += (u == 0 ? "\"u" : ",\"u") + std::to_string(v) + "-" + std::to_string(u) + '"';
    text += R"(],"store_id":"S)" + std::to_string(v) + R"(","visit_time":"t"})";
  }
  const auto job = accepted(text + R"(],"count":300})");
  std::size_t next = 0;
  for (std::size_t v = 0; v < visits; ++v) {
    const auto visit = job->visit_at(v);
    BOOST_REQUIRE(visit.first_image == next);
    BOOST_REQUIRE(visit.image_count == v % 7 + 1);
    BOOST_REQUIRE(visit.store_id == "S" + std::to_string(v));
    for (std::size_t u = 0; u < visit.image_count; ++u) {
      BOOST_REQUIRE(job->url_at(next + u) == "u" + std::to_string(v) + "-" + std::to_string(u));
      BOOST_REQUIRE(job->visit_of(next + u) == v);
    }
    next += visit.image_count;
  }
  BOOST_TEST(job->image_count() == next);
}

BOOST_AUTO_TEST_SUITE_END()
