#include <boost/test/unit_test.hpp>

#include "client/rest_client.hpp"
#include "tests/unit/client/one_answer.hpp"

namespace {

using namespace retail_pulse;
using namespace retail_pulse::client;

BOOST_FIXTURE_TEST_SUITE(orders_and_lists, one_answer)

BOOST_AUTO_TEST_CASE(a_cancel_and_a_redrive_are_posts_that_answer_a_line_of_json) {
  status = 202;
  body = "{\"job_id\": 4,\n \"run\": 2}\n";
  auto service = api("/pulse");
  BOOST_TEST(std::get<std::string>(service.cancel(job_id{4})) == R"({"job_id":4,"run":2})");
  BOOST_TEST(asked == "POST /pulse/api/jobs/4/cancel ");
  BOOST_TEST(std::get<std::string>(service.redrive(job_id{4})) == R"({"job_id":4,"run":2})");
  BOOST_TEST(asked == "POST /pulse/api/jobs/4/redrive ");
}

BOOST_AUTO_TEST_CASE(an_order_that_was_taken_without_words_has_no_line) {
  status = 202;
  auto service = api();
  BOOST_TEST(std::get<std::string>(service.cancel(job_id{4})) == "");
  body = "<html>";
  BOOST_TEST((error_of(service.cancel(job_id{4})).what == client_error::kind::nonsense));
}

BOOST_AUTO_TEST_CASE(an_order_that_is_refused_says_why) {
  status = 409;
  body = R"({"status":409,"detail":"job 4 is ongoing","code":"job_ongoing"})";
  auto service = api();
  const auto error = error_of(service.redrive(job_id{4}));
  BOOST_TEST((error.what == client_error::kind::refused));
  BOOST_TEST(error.status == 409);
  BOOST_TEST(error.message == "job 4 is ongoing");
  status = 200;  // not what was asked for either
  BOOST_TEST((error_of(service.redrive(job_id{4})).what == client_error::kind::refused));
}

BOOST_AUTO_TEST_CASE(a_page_of_images_is_read_into_values) {
  body = R"({"images":[
    {"url":"http://h/a.jpg","store_id":"S1","visit_time":"t","state":"succeeded","width":640,"height":480,"perimeter":2240,"format":"jpeg","new":[]},
    {"url":"http://h/b.jpg","store_id":"S1","visit_time":"t","state":"failed","code":"http_status","error":"words","width":null},
    {"url":"","state":"pending"}],"next":"a b&c"})";
  auto service = api();
  const auto page = std::get<listed_page>(service.images(job_id{9}, "", 3));
  BOOST_TEST(asked == "GET /api/jobs/9/images?limit=3 ");
  BOOST_REQUIRE(page.images.size() == 3);
  BOOST_TEST(page.images[0].url == "http://h/a.jpg");
  BOOST_TEST(page.images[0].store_id == "S1");
  BOOST_TEST(page.images[0].visit_time == "t");
  BOOST_TEST(page.images[0].width == 640);
  BOOST_TEST(page.images[0].height == 480);
  BOOST_TEST(page.images[0].perimeter == 2240);
  BOOST_TEST(page.images[0].format == "jpeg");
  BOOST_TEST(page.images[1].code == "http_status");
  BOOST_TEST(page.images[1].error == "words");
  BOOST_TEST(page.images[1].width == 0);
  BOOST_TEST(page.images[2].state == "pending");
  BOOST_TEST(page.next == "a b&c");
}

BOOST_AUTO_TEST_CASE(a_cursor_is_sent_back_as_it_came) {
  body = R"({"images":[],"next":null})";
  auto service = api();
  BOOST_TEST(std::get<listed_page>(service.images(job_id{9}, "a b&c=/+é%", 1000)).next == "");
  BOOST_TEST(asked == "GET /api/jobs/9/images?limit=1000&cursor=a%20b%26c%3D%2F%2B%C3%A9%25 ");
}

BOOST_AUTO_TEST_CASE(a_list_that_cannot_be_is_nonsense) {
  auto service = api();
  for (const auto* text :
       {"", "[]", "{}", R"({"images":{}})", R"({"images":[1]})",
        R"({"images":[{"state":"failed"}]})", R"({"images":[{"url":"http://h/"}]})",
        R"({"images":[{"url":"http://h/","state":"lost"}]})", R"({"images":[)"}) {
    body = text;
    BOOST_TEST((error_of(service.images(job_id{1}, "", 10)).what == client_error::kind::nonsense),
               text);
  }
  status = 404;
  body = R"({"detail":"job 1 does not exist"})";
  BOOST_TEST(error_of(service.images(job_id{1}, "", 10)).message == "job 1 does not exist");
}

BOOST_AUTO_TEST_CASE(origins_that_are_away_come_from_the_report) {
  auto service = api();
  body = R"({"job_id":7,"origins":[
    {"origin":"https://a","unavailable":{"since":"t","given_up_at":"u","last_error":"timed_out","probes":1}},
    {"origin":null,"images":{"total":1,"failed":1}},{"origin":"http://b","last_error":"internal"}]})";
  BOOST_TEST((std::get<std::vector<std::string>>(service.origins_away(job_id{7})) ==
              std::vector<std::string>{"https://a"}));
  BOOST_TEST(asked == "GET /api/jobs/7 ");
  body = R"({"job_id":7})";  // of an earlier version
  BOOST_TEST(std::get<std::vector<std::string>>(service.origins_away(job_id{7})).empty());
  for (const auto* text :
       {"", "[]", "{}", R"({"job_id":7,"origins":1})", R"({"job_id":7,"origins":[1]})"}) {
    body = text;
    BOOST_TEST((error_of(service.origins_away(job_id{7})).what == client_error::kind::nonsense),
               text);
  }
}

BOOST_AUTO_TEST_CASE(an_origin_that_is_away_has_its_images_and_times) {
  auto service = api();
  body =
      R"({"origins":[{"origin":"https://a","images":{"total":9,"pending":5},"state":"unavailable",
    "unavailable":{"since":"t","given_up_at":"u","last_error":"timed_out","probes":1}}]})";
  const auto found =
      std::get<std::optional<away_origin>>(service.away_origin_of(job_id{7}, "https://a:444"));
  BOOST_TEST(asked == "GET /api/jobs/7/origins?origin=https%3A%2F%2Fa%3A444 ");
  BOOST_REQUIRE(found.has_value());
  BOOST_TEST(found->origin == "https://a");
  BOOST_TEST(found->pending == 5);
  BOOST_TEST(found->since == "t");
  BOOST_TEST(found->given_up_at == "u");
  for (const auto* text : {R"({"origins":[]})", R"({"origins":[{"origin":"https://a"}]})"}) {
    body = text;
    BOOST_TEST(!std::get<std::optional<away_origin>>(service.away_origin_of(job_id{7}, "https://a"))
                    .has_value());
  }
  for (const auto* text : {"", "[]", "{}", R"({"origins":{}})", R"({"origins":[1]})"}) {
    body = text;
    BOOST_TEST((error_of(service.away_origin_of(job_id{7}, "https://a")).what ==
                client_error::kind::nonsense),
               text);
  }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
