#include <atomic>
#include <boost/test/unit_test.hpp>

#include "core/limits.hpp"
#include "http/response/conditional.hpp"
#include "http/response/origin_json.hpp"
#include "tests/http/client.hpp"
#include "tests/http/report_questions.hpp"
#include "tests/http/world.hpp"

using namespace retail_pulse;
using namespace retail_pulse::tests;
using namespace std::chrono_literals;

namespace {

const std::string cdn = "https://cdn.example.com:443";
const std::string odd = "http://[::1]:8080";

std::vector<origin_summary> summaries() {
  return {{not_fetchable, "", 2, 2, 0, error_code::invalid_url},
          {origin_number{1}, cdn, 100, 20, 50, error_code::connect_failed},
          {origin_number{2}, odd, 10, 0, 4, error_code::none},
          {origin_number{3}, "http://h.example:80", 7, 0, 7, error_code::none}};
}

/// At 12:00:10, the first is away since 12:00:00.
actors::live_origins live() {
  return {{cdn, 1, 0, actors::outage_report{9'800ms, 80'100ms, error_code::timed_out, 3}},
          {odd, 2, 12.3456, {}}};
}
constexpr unix_millis at{43'210'000};

const std::string outage =
    R"({"since":"1970-01-01T12:00:00.000Z","given_up_at":"1970-01-01T12:01:30.000Z","last_error":"timed_out","probes":3})";

}  // namespace

BOOST_AUTO_TEST_SUITE(origins)

BOOST_AUTO_TEST_CASE(a_list_tells_counts_states_and_what_is_known_at_this_moment) {
  world w{{.wall_time = at}};
  last_question<actors::origins_question> asked;
  std::atomic<bool> more{true};
  world::reports how;
  how.live = [](job_id job) { return job == job_id{7} ? live() : actors::live_origins{}; };
  how.origins = [&](const actors::origins_question& q) {
    asked.is(q);
    return told(
        origin_summaries{summaries(), more ? std::optional{origin_number{3}} : std::nullopt});
  };
  w.reports_are(how);
  const std::string list =
      R"({"origins":[)"
      R"({"origin":null,"images":{"total":2,"pending":0,"succeeded":0,"failed":2},"state":"ended","images_per_second":0.0,"last_error":"invalid_url"},)"
      R"({"origin":"https://cdn.example.com","images":{"total":100,"pending":50,"succeeded":30,"failed":20},"state":"unavailable",)"
      R"("images_per_second":0.0,"last_error":"connect_failed","unavailable":)" +
      outage +
      R"(},{"origin":"http://[::1]:8080","images":{"total":10,"pending":4,"succeeded":6,"failed":0},"state":"active","images_per_second":12.35},)"
      R"({"origin":"http://h.example","images":{"total":7,"pending":7,"succeeded":0,"failed":0},"state":"pending","images_per_second":0.0}])";
  const auto a = get(w.port(), "/api/jobs/7/origins");
  BOOST_TEST(a.status == 200);
  BOOST_TEST(a.header("Content-Type").value() == "application/json");
  BOOST_TEST(a.body == list + R"(,"next":"3"})");
  BOOST_TEST((asked.get().job == job_id{7}));
  BOOST_TEST((asked.get().after == not_numbered));
  BOOST_TEST(asked.get().limit == limits::default_page);
  BOOST_TEST(!asked.get().origin.has_value());
  more = false;
  BOOST_TEST(get(w.port(), "/api/jobs/7/origins?limit=1000&cursor=0&origin=https://CDN.example.com")
                 .body == list + "}");
  BOOST_TEST((asked.get().after == not_fetchable));
  BOOST_TEST(asked.get().limit == 1000U);
  BOOST_TEST(asked.get().origin.value() == cdn);
  get(w.port(), "/api/jobs/7/origins?cursor=9007199254740991");
  BOOST_TEST(asked.get().after.value == std::numeric_limits<std::int32_t>::max());
}

BOOST_AUTO_TEST_CASE(an_origin_that_is_away_has_ended_when_nothing_of_the_job_waits_for_it) {
  const auto page = [](std::int64_t pending) {
    return http::origins_listed({{{origin_number{1}, cdn, 5, 5 - pending, pending, {}}}},
                                {live(), at})
        .body;
  };
  BOOST_TEST(page(0).find(R"("state":"ended")") != std::string::npos);
  BOOST_TEST(page(0).find("unavailable") == std::string::npos);
  BOOST_TEST(page(1).find(R"("state":"unavailable")") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_report_asks_for_the_origins_that_are_away_and_names_the_worst) {
  world w{{.wall_time = at}};
  last_question<actors::report_question> asked;
  world::reports how;
  how.live = [](job_id) { return live(); };
  how.report = [&](const actors::report_question& q) {
    asked.is(q);
    job_report report;
    report.job.id = q.job;
    report.origins = {summaries()[1], summaries()[0]};
    return told(report);
  };
  w.reports_are(how);
  const auto a = get(w.port(), "/api/jobs/7");
  BOOST_TEST(a.status == 200);
  BOOST_TEST((asked.get().origins == std::vector{cdn}));
  BOOST_TEST(a.body.ends_with(
      R"("origins":[{"origin":"https://cdn.example.com","images":{"total":100,"failed":20},"last_error":"connect_failed","unavailable":)" +
      outage +
      R"(},{"origin":null,"images":{"total":2,"failed":2},"last_error":"invalid_url"}]})"));
  how.live = [](job_id) {
    actors::live_origins many;
    for (int i = 0; i < 11; ++i)
      many.push_back({"http://h" + std::to_string(i) + ":80", 0, 0, actors::outage_report{}});
    return many;
  };
  w.reports_are(how);
  get(w.port(), "/api/jobs/7");
  BOOST_TEST(asked.get().origins.size() == limits::worst_origins);
}

BOOST_AUTO_TEST_CASE(a_tag_changes_with_what_a_report_tells_of_origins_that_are_away) {
  job_report report;
  report.origins = {summaries()[1]};
  const auto tag = [&](unix_millis now, std::chrono::milliseconds lasts, std::int32_t probes) {
    actors::live_origins known{
        {cdn, 0, 0, actors::outage_report{lasts, 0ms, error_code::timed_out, probes}}};
    return http::etag_of(report, {known, now});
  };
  const auto before = http::etag_of(report, {{}, at});
  BOOST_TEST(tag(at, 9'800ms, 3) != before);
  BOOST_TEST(tag(at, 9'800ms, 3) == tag(at + 5s, 14'801ms, 3));
  BOOST_TEST(tag(at, 9'800ms, 3) != tag(at, 9'800ms, 4));
  BOOST_TEST(tag(at, 9'800ms, 3) != tag(at, 3'800ms, 3));
  report.origins.clear();
  BOOST_TEST(tag(at, 9'800ms, 3) == before);
}

BOOST_AUTO_TEST_CASE(images_and_jobs_are_filtered_by_origin_however_it_is_written) {
  world w;
  last_question<actors::images_question> images;
  last_question<actors::jobs_question> jobs;
  world::reports how;
  how.images = [&](const actors::images_question& q) {
    images.is(q);
    return told(image_page{{}, image_number{20'000}});
  };
  how.jobs = [&](const actors::jobs_question& q) {
    jobs.is(q);
    return told(job_page{{}, job_id{5}});
  };
  w.reports_are(how);
  for (const std::string text : {"https://cdn.example.com", "https://cdn.example.com:443",
                                 "HTTPS://CDN.example.com/", "https%3A%2F%2Fcdn.example.com"}) {
    BOOST_TEST(get(w.port(), "/api/jobs/7/images?origin=" + text).body ==
               R"({"images":[],"next":"20000"})");
    BOOST_TEST(images.get().filter.origin.value() == cdn);
    BOOST_TEST(get(w.port(), "/api/jobs?origin=" + text).body == R"({"jobs":[],"next":"5"})");
    BOOST_TEST(jobs.get().filter.origin.value() == cdn);
  }
  get(w.port(), "/api/jobs/7/images");
  BOOST_TEST(!images.get().filter.origin.has_value());
  for (const std::string text : {"cdn.example.com", "null", "ftp://h", "https://h/path",
                                 "https://h?x", "https://h%23x", "https://u@h"}) {
    for (const std::string path : {"/api/jobs", "/api/jobs/7/images", "/api/jobs/7/origins"}) {
      const auto a = get(w.port(), path + "?origin=" + text);
      BOOST_TEST(a.status == 400);
      BOOST_TEST(a.body == wrong("origin is not an origin, such as https://cdn.example.com", path));
    }
  }
}

BOOST_AUTO_TEST_CASE(a_pool_that_ends_without_an_answer_is_500) {
  world w;
  w.pool_is(manner::forget);
  for (const auto* path : {"/api/jobs/7", "/api/jobs/7/origins"})
    BOOST_TEST(get(w.port(), path).status == 500);
  w.pool_is(manner::die);
  BOOST_TEST(get(w.port(), "/api/jobs/7/origins").status == 500);
}

BOOST_AUTO_TEST_SUITE_END()
