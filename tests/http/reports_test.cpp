#include <atomic>
#include <boost/test/unit_test.hpp>
#include <thread>
#include <vector>

#include "core/limits.hpp"
#include "http/response/conditional.hpp"
#include "http/response/origin_json.hpp"
#include "http/response/report_json.hpp"
#include "tests/http/client.hpp"
#include "tests/http/report_questions.hpp"
#include "tests/http/world.hpp"

using namespace retail_pulse;
using namespace retail_pulse::tests;
using namespace std::chrono_literals;

namespace {

template <class T>
actors::query_outcome<T> storage_failed() {
  return {actors::query_outcome<T>::kind::storage_failed, std::nullopt, "disk gone",
          "it is damaged"};
}

job_summary job_7() {
  job_summary job;
  job.id = job_id{7};
  job.run = run_number{2};
  job.state = job_state::failed;
  job.images = {5, 3, 2};
  job.visits = 4;
  job.submitted_at = unix_millis{1000};
  job.finished_at = unix_millis{2500};
  return job;
}

reported_image good_image(std::int64_t number) {
  reported_image image;
  image.number = image_number{number};
  image.store_id = "S1";
  image.visit_time = "noon";
  image.url = "http://h.example/1.jpg";
  image.state = image_state::succeeded;
  image.result.measured = {image_format::jpeg, 3, 4};
  image.result.attempts = 2;
  image.result.evidence = {"http://i.example/", "203.0.113.9", 206, 77, "abc", 1, 2, 3};
  image.recorded_at = unix_millis{1500};
  return image;
}

reported_image bad_image(std::int64_t number) {
  auto image = good_image(number);
  image.state = image_state::failed;
  image.result.code = error_code::http_status;
  image.result.evidence = {"", "203.0.113.9", 404, 5, "", 1, 2, 3};
  image.error = "The image host answered with an error status (404)";
  return image;
}

reported_image pending_image(std::int64_t number) {
  reported_image image;
  image.number = image_number{number};
  image.store_id = "S1";
  image.visit_time = "noon";
  image.url = "http://h.example/1.jpg";
  return image;
}

/// A reader that knows job 7 with these images, in pages of so many.
world::reports job_of(std::vector<reported_image> images, std::size_t page_size) {
  world::reports how;
  how.images = [images, page_size](const actors::images_question& q) {
    if (q.job != job_id{7})
      return actors::query_outcome<image_page>{actors::query_outcome<image_page>::kind::answered,
                                               std::nullopt};
    image_page page;
    for (const auto& image : images) {
      if (image.number <= q.after) continue;
      if (page.images.size() == page_size) {
        page.next = page.images.back().number;
        break;
      }
      page.images.push_back(image);
    }
    return told(page);
  };
  return how;
}

answer stream_of(std::uint16_t port, const std::string& target) {
  client c{port};
  c.send(get_text(target));
  auto a = c.read_head();
  a.body = c.read_chunks().value_or("broken off");
  return a;
}

constexpr auto csv_header =
    "image,store_id,visit_time,url,state,width,height,perimeter,format,bytes,attempts,code,error,"
    "final_url,address,http_status,dns_ms,connect_ms,total_ms,kept\r\n";

}  // namespace

BOOST_AUTO_TEST_SUITE(reports)

BOOST_AUTO_TEST_CASE(a_list_of_jobs_has_each_job_and_the_next_cursor) {
  world w;
  auto ongoing = job_7();
  ongoing.id = job_id{8};
  ongoing.state = job_state::ongoing;
  ongoing.finished_at.reset();
  last_question<actors::jobs_question> asked;
  std::atomic<bool> more{true};
  world::reports how;
  how.jobs = [&](const actors::jobs_question& q) {
    asked.is(q);
    return told(job_page{{ongoing, job_7()}, more ? std::optional{job_id{7}} : std::nullopt});
  };
  w.reports_are(how);
  const std::string jobs =
      R"({"jobs":[{"job_id":8,"status":"ongoing","run":2,"images":{"total":5,"done":5,"succeeded":3,"failed":2},"visits":4,)"
      R"("submitted_at":"1970-01-01T00:00:01.000Z"},)"
      R"({"job_id":7,"status":"failed","run":2,"images":{"total":5,"done":5,"succeeded":3,"failed":2},"visits":4,)"
      R"("submitted_at":"1970-01-01T00:00:01.000Z","finished_at":"1970-01-01T00:00:02.500Z"}])";
  const auto a = get(w.port(), "/api/jobs");
  BOOST_TEST(a.status == 200);
  BOOST_TEST(a.header("Content-Type").value() == "application/json");
  BOOST_TEST(a.body == jobs + R"(,"next":"7"})");
  BOOST_TEST(asked.get().limit == limits::default_page);
  BOOST_TEST((asked.get().below.value > max_job_id));
  BOOST_TEST(!asked.get().filter.state.has_value());
  BOOST_TEST(!asked.get().filter.store_id.has_value());
  BOOST_TEST(!asked.get().filter.submitted_after.has_value());
  more = false;
  const auto filtered = get(w.port(),
                            "/api/"
                            "jobs?status=completed&store_id=S%201%2F%C3%A9&submitted_after=1970-01-"
                            "02&cursor=7&limit=1000");
  BOOST_TEST(filtered.body == jobs + "}");
  BOOST_TEST((asked.get().filter.state == job_state::completed));
  BOOST_TEST(asked.get().filter.store_id.value() == "S 1/\xC3\xA9");
  BOOST_TEST((asked.get().filter.submitted_after == unix_millis{86'400'000}));
  BOOST_TEST((asked.get().below == job_id{7}));
  BOOST_TEST(asked.get().limit == 1000U);
  get(w.port(), "/api/jobs?submitted_after=1970-01-01T01:00:00+01:00&limit=1");
  BOOST_TEST((asked.get().filter.submitted_after == unix_millis{0}));
}

BOOST_AUTO_TEST_CASE(every_parameter_of_a_list_that_cannot_be_read_is_400_and_named) {
  world w;
  w.reports_are(job_of({}, 1));
  const std::pair<std::string, std::string> of_jobs[] = {
      {"status=done", "status is not one of ongoing, completed, failed"},
      {"status=staging", "status is not one of ongoing, completed, failed"},
      {"status=", "status is empty"},
      {"status", "status is empty"},
      {"status=failed&status=failed", "status is given twice"},
      {"store_id=", "store_id is empty"},
      {"store_id=a&store_id=b", "store_id is given twice"},
      {"submitted_after=yesterday", "submitted_after is neither a date nor a time of RFC 3339"},
      {"submitted_after=2026-02-30", "submitted_after is neither a date nor a time of RFC 3339"},
      {"submitted_after=&limit=0", "submitted_after is empty"},
      {"state=failed", R"(there is no parameter \"state\" here)"},
  };
  const std::pair<std::string, std::string> of_images[] = {
      {"state=ongoing", "state is not one of pending, succeeded, failed"},
      {"state=", "state is empty"},
      {"store_id=", "store_id is empty"},
      {"code=none", "code is not the error code of a failed image"},
      {"code=404", "code is not the error code of a failed image"},
      {"code=internal&code=internal", "code is given twice"},
      {"status=failed", R"(there is no parameter \"status\" here)"},
  };
  const std::pair<std::string, std::string> of_both[] = {
      {"limit=0", "limit is not a number from 1 to 1000"},
      {"limit=1001", "limit is not a number from 1 to 1000"},
      {"limit=-1", "limit is not a number from 1 to 1000"},
      {"limit=1.0", "limit is not a number from 1 to 1000"},
      {"limit=+1", "limit is not a number from 1 to 1000"},
      {"limit=99999999999999999999", "limit is not a number from 1 to 1000"},
      {"limit=", "limit is empty"},
      {"limit=1&limit=1", "limit is given twice"},
      {"cursor=x", R"(cursor is not the \"next\" of a list)"},
      {"cursor=-1", R"(cursor is not the \"next\" of a list)"},
      {"cursor=-0", R"(cursor is not the \"next\" of a list)"},
      {"cursor=9007199254740992", R"(cursor is not the \"next\" of a list)"},
      {"cursor=", "cursor is empty"},
      {"x=%4", "x is not well-formed"},
      {"limit=1&limit=%zz", "limit is not well-formed"},
      {"%zz=1", "the query is not well-formed"},
      {"Limit=1", R"(there is no parameter \"Limit\" here)"},
      {"limit=1&limits=2", R"(there is no parameter \"limits\" here)"},
      {"x=1&limit=0", "limit is not a number from 1 to 1000"},
      {"=1", R"(there is no parameter \"\" here)"},
  };
  const auto check = [&](const std::string& path, const std::pair<std::string, std::string>& row) {
    BOOST_TEST_CONTEXT(path << " " << row.first) {
      const auto a = get(w.port(), path + "?" + row.first);
      BOOST_TEST(a.status == 400);
      BOOST_TEST(a.header("Content-Type").value() == "application/problem+json");
      BOOST_TEST(a.body == wrong(row.second, path));
    }
  };
  for (const auto& row : of_jobs) check("/api/jobs", row);
  for (const auto& row : of_images) check("/api/jobs/7/images", row);
  for (const auto& row : of_both) {
    check("/api/jobs", row);
    check("/api/jobs/7/images", row);
  }
}

BOOST_AUTO_TEST_CASE(a_whole_report_has_no_filters_and_says_so) {
  world w;
  w.reports_are(job_of({}, 1));
  for (const std::string path : {"/api/jobs/7/results.csv", "/api/jobs/7/results.ndjson"}) {
    const auto a = get(w.port(), path + "?state=failed");
    BOOST_TEST(a.status == 400);
    BOOST_TEST(
        a.body ==
        wrong(R"(there is no parameter \"state\" here; a whole report has no filters)", path));
    BOOST_TEST(get(w.port(), path + "?%zz").status == 400);
    BOOST_TEST(stream_of(w.port(), path + "?").status == 200);
  }
}

BOOST_AUTO_TEST_CASE(a_report_as_csv_may_have_a_byte_order_mark_and_lines_have_none) {
  world w;
  w.reports_are(job_of({}, 1));
  const std::string path = "/api/jobs/7/results.csv";
  const auto plain = stream_of(w.port(), path);
  BOOST_TEST(plain.body.starts_with(csv_header));
  BOOST_TEST(stream_of(w.port(), path + "?bom=0").body == plain.body);
  const auto marked = stream_of(w.port(), path + "?bom=1");
  BOOST_TEST(marked.status == 200);
  BOOST_TEST(marked.body == "\xEF\xBB\xBF" + plain.body);
  for (const std::string value : {"2", "true", "01", "-0"}) {
    const auto a = get(w.port(), path + "?bom=" + value);
    BOOST_TEST(a.status == 400);
    BOOST_TEST(a.body == wrong("bom is neither 0 nor 1", path));
  }
  BOOST_TEST(get(w.port(), path + "?bom=").body == wrong("bom is empty", path));
  BOOST_TEST(get(w.port(), path + "?bom=1&bom=1").body == wrong("bom is given twice", path));
  BOOST_TEST(get(w.port(), "/api/jobs/7/results.ndjson?bom=1").body ==
             wrong(R"(there is no parameter \"bom\" here; a whole report has no filters)",
                   "/api/jobs/7/results.ndjson"));
}

BOOST_AUTO_TEST_CASE(a_report_tells_everything_about_a_job_and_when_it_may_end) {
  world w{{.wall_time = unix_millis{11'000}}};
  job_report report;
  report.job = job_7();
  report.job.state = job_state::ongoing;
  report.job.finished_at.reset();
  report.job.images = {100, 30, 20};
  report.run_started_at = unix_millis{1000};
  report.run_kept = 25;
  report.cancelled = true;
  report.failures = {{error_code::dns_failed, 15}, {error_code::timed_out, 5}};
  report.stores = {{"S1", 2, 90, 20, error_code::timed_out, "too late"},
                   {"S2", 1, 10, 0, error_code::none, ""}};
  report.stores_truncated = true;
  std::mutex mutex;
  world::reports how;
  how.report = [&](const actors::report_question& q) {
    const std::lock_guard lock{mutex};
    return q.job == job_id{7}
               ? told(report)
               : actors::query_outcome<job_report>{
                     actors::query_outcome<job_report>::kind::answered, std::nullopt};
  };
  w.reports_are(how);
  const auto a = get(w.port(), "/api/jobs/7");
  BOOST_TEST(a.status == 200);
  BOOST_TEST(
      a.body ==
      R"({"job_id":7,"status":"ongoing","run":2,"cancelled":true,"images":{"total":100,"pending":50,"succeeded":30,"failed":20},)"
      R"("codes":{"dns_failed":15,"timed_out":5},"visits":4,"submitted_at":"1970-01-01T00:00:01.000Z",)"
      R"("run_started_at":"1970-01-01T00:00:01.000Z","elapsed_seconds":10.0,"images_per_second":2.5,)"
      R"("estimated_end_at":"1970-01-01T00:00:31.000Z","stores":[)"
      R"({"store_id":"S1","visits":2,"images":90,"failed":20,"code":"timed_out","error":"too late"},)"
      R"({"store_id":"S2","visits":1,"images":10,"failed":0}],"stores_truncated":true,"origins":[]})");

  const auto with = [&](auto change) {
    const std::lock_guard lock{mutex};
    change();
  };
  with([&] {
    report.run_kept = 50;
    report.stores.clear();
    report.stores_truncated = false;
  });
  const auto nothing_yet = get(w.port(), "/api/jobs/7").body;
  BOOST_TEST(nothing_yet.ends_with(
      R"("elapsed_seconds":10.0,"images_per_second":0.0,"estimated_end_at":null,"stores":[],"origins":[]})"));
  with([&] { report.run_started_at = unix_millis{12'000}; });  // the clock went back
  BOOST_TEST(
      get(w.port(), "/api/jobs/7")
          .body.ends_with(
              R"("elapsed_seconds":0.0,"images_per_second":null,"estimated_end_at":null,"stores":[],"origins":[]})"));
  with([&] {
    report.job.state = job_state::failed;
    report.job.images = {100, 90, 10};
    report.job.finished_at = unix_millis{12'300};
  });
  BOOST_TEST(
      get(w.port(), "/api/jobs/7")
          .body.ends_with(
              R"("finished_at":"1970-01-01T00:00:12.300Z","elapsed_seconds":0.3,"images_per_second":166.67,"stores":[],"origins":[]})"));

  const auto unknown = get(w.port(), "/api/jobs/8");
  BOOST_TEST(unknown.status == 404);
  BOOST_TEST(unknown.body ==
             problem(404, "Not Found", "job 8 does not exist", "/api/jobs/8", "job_not_found"));
}

BOOST_AUTO_TEST_CASE(a_tag_changes_with_everything_that_a_report_of_a_job_tells) {
  job_report known;
  known.job.images = {5, 1, 1};
  const auto changed = [&](auto change) {
    auto other = known;
    change(other);
    return http::etag_of(other, {});
  };
  const auto tag = http::etag_of(known, {});
  BOOST_TEST(tag == R"(W/"0.1.1.1.ongoing")");
  BOOST_TEST(tag != changed([](job_report& other) { other.job.run = run_number{2}; }));
  BOOST_TEST(tag != changed([](job_report& other) { other.job.images = {5, 2, 1}; }));
  BOOST_TEST(tag != changed([](job_report& other) { other.job.images = {5, 1, 2}; }));
  BOOST_TEST(tag != changed([](job_report& other) { other.job.state = job_state::failed; }));
  BOOST_TEST(tag != changed([](job_report& other) { other.cancelled = true; }));
  BOOST_TEST(tag != changed([](job_report& other) { other.job.submitted_at = unix_millis{1}; }));
  known.callback = callback_state{};
  BOOST_TEST(http::etag_of(known, {}) != tag);
  BOOST_TEST(http::etag_of(known, {}) !=
             changed([](job_report& other) { other.callback->attempts = 1; }));
  BOOST_TEST(http::etag_of(known, {}) != changed([](job_report& other) {
               other.callback->standing = callback_standing::delivered;
             }));
}

BOOST_AUTO_TEST_CASE(a_report_of_a_job_is_not_sent_again_to_a_client_that_has_it) {
  world w;
  job_report report;
  report.job.id = job_id{7};
  report.job.images = {5, 1, 1};
  report.callback = callback_state{callback_standing::given_up, 8, unix_millis{0},
                                   "The receiver did not answer in time"};
  std::mutex mutex;
  world::reports how;
  how.report = [&](const actors::report_question&) {
    const std::lock_guard lock{mutex};
    return told(report);
  };
  w.reports_are(how);
  const auto first = get(w.port(), "/api/jobs/7");
  BOOST_TEST(first.status == 200);
  BOOST_TEST(first.header("Cache-Control").value() == "no-cache");
  BOOST_TEST(first.body.ends_with(
      R"("callback":{"state":"given_up","attempts":8,"error":"The receiver did not answer in time"}})"));
  const auto tag = first.header("ETag").value();
  const auto again = [&] {
    return ask(w.port(), get_text("/api/jobs/7", "If-None-Match: " + tag + "\r\n"));
  };
  BOOST_TEST(again().status == 304);
  {
    const std::lock_guard lock{mutex};
    report.job.images = {5, 2, 1};
  }
  BOOST_TEST(again().status == 200);
}

BOOST_AUTO_TEST_CASE(images_are_listed_with_what_applies_to_them) {
  world w;
  last_question<actors::images_question> asked;
  auto unfetched = bad_image(3);
  unfetched.result.code = error_code::store_not_found;
  unfetched.result.attempts = 0;
  unfetched.result.evidence = {};
  unfetched.error = "Store ID does not exist";
  auto how = job_of({good_image(0), bad_image(1), pending_image(2), unfetched}, 4);
  how.images = [&asked, inner = how.images](const actors::images_question& q) {
    asked.is(q);
    return inner(q);
  };
  w.reports_are(how);
  const auto a = get(w.port(), "/api/jobs/7/images");
  const std::string common =
      R"("url":"http://h.example/1.jpg","store_id":"S1","visit_time":"noon",)";
  BOOST_TEST(a.status == 200);
  BOOST_TEST(
      a.body ==
      R"({"images":[{"number":0,)" + common +
          R"("state":"succeeded","width":3,"height":4,"perimeter":14,"format":"jpeg","bytes":77,"attempts":2,"http_status":206,)"
          R"("final_url":"http://i.example/","address":"203.0.113.9","timings":{"dns_ms":1,"connect_ms":2,"total_ms":3},)"
          R"("recorded_at":"1970-01-01T00:00:01.500Z","kept":"abc"},{"number":1,)" +
          common +
          R"("state":"failed","bytes":5,"attempts":2,"code":"http_status",)"
          R"x("error":"The image host answered with an error status (404)","http_status":404,)x"
          R"("address":"203.0.113.9","timings":{"dns_ms":1,"connect_ms":2,"total_ms":3},"recorded_at":"1970-01-01T00:00:01.500Z"},{"number":2,)" +
          common + R"("state":"pending"},{"number":3,)" + common +
          R"("state":"failed","attempts":0,"code":"store_not_found","error":"Store ID does not exist",)"
          R"("recorded_at":"1970-01-01T00:00:01.500Z"}]})");
  BOOST_TEST(asked.get().after.value == -1);
  BOOST_TEST(asked.get().limit == limits::default_page);
  get(w.port(), "/api/jobs/7/images?state=failed&store_id=S1&code=timed_out&cursor=0&limit=5");
  BOOST_TEST((asked.get().filter.state == image_state::failed));
  BOOST_TEST(asked.get().filter.store_id.value() == "S1");
  BOOST_TEST((asked.get().filter.code == error_code::timed_out));
  BOOST_TEST(asked.get().after.value == 0);
  BOOST_TEST(asked.get().limit == 5U);
  BOOST_TEST(get(w.port(), "/api/jobs/7/images?cursor=3").body == R"({"images":[]})");
  w.reports_are(job_of({pending_image(0), pending_image(1), pending_image(2)}, 2));
  BOOST_TEST(get(w.port(), "/api/jobs/7/images").body.ends_with(R"("next":"1"})"));
  BOOST_TEST(!get(w.port(), "/api/jobs/7/images?cursor=1").body.ends_with(R"("next":"2"})"));
}

BOOST_AUTO_TEST_CASE(an_unknown_job_is_404_on_every_path_of_a_job) {
  world w;
  w.reports_are(job_of({}, 1));
  for (const auto* id : {"8", "0", "-1", "abc", "9007199254740992", "%37"}) {
    for (const auto* rest : {"", "/images", "/origins", "/results.csv", "/results.ndjson"}) {
      const auto path = "/api/jobs/" + std::string{id} + rest;
      const auto a = get(w.port(), path);
      BOOST_TEST(a.status == 404);
      BOOST_TEST(a.body == problem(404, "Not Found", "job " + std::string{id} + " does not exist",
                                   path, "job_not_found"));
    }
  }
  for (const auto* target :
       {"/api/jobs/", "/api/jobs/7/", "/api/jobs/7/results", "/api/jobs/7/results.CSV",
        "/api/jobs/7/images/1", "/api/stores", "/api/stores/", "/api/stores/S1/x"}) {
    const auto a = get(w.port(), target);
    BOOST_TEST(a.status == 404);
    BOOST_TEST(a.body ==
               problem(404, "Not Found", "there is nothing at this path", target, "not_found"));
  }
}

BOOST_AUTO_TEST_CASE(another_method_is_405_with_what_the_path_allows) {
  world w;
  for (const auto* path : {"/api/jobs", "/api/jobs/7", "/api/jobs/7/images",
                           "/api/jobs/7/results.csv", "/api/stores/S1"}) {
    const auto a = post(w.port(), path, "x");
    BOOST_TEST(a.status == 405);
    BOOST_TEST(a.header("Allow").value() == "GET, HEAD, OPTIONS");
    BOOST_TEST(a.header("Content-Type").value() == "application/problem+json");
  }
  const auto options = ask(w.port(), "OPTIONS /api/stores/reload HTTP/1.1\r\nHost: h\r\n\r\n");
  BOOST_TEST(options.header("Allow").value() == "POST, OPTIONS");  // never a store of that id
  BOOST_TEST(post(w.port(), "/api/visits", "x").body ==
             R"({"error":"method POST is not allowed here; allowed: GET, HEAD, OPTIONS"})");
}

BOOST_AUTO_TEST_CASE(a_report_that_cannot_be_read_is_503_and_one_whose_reader_is_gone_500) {
  world w;
  for (const std::string path : {"/api/jobs", "/api/jobs/7", "/api/jobs/7/images",
                                 "/api/jobs/7/results.csv", "/api/jobs/7/results.ndjson"}) {
    w.report_reader_is(manner::storage_failed);
    const auto unread = get(w.port(), path);
    BOOST_TEST(unread.status == 503);
    BOOST_TEST(unread.header("Retry-After").value() == "5");
    BOOST_TEST(unread.body == problem(503, "Service Unavailable",
                                      "storage is not available: it is damaged", path,
                                      "unavailable"));
    w.report_reader_is(manner::forget);
    const auto lost = get(w.port(), path);
    BOOST_TEST(lost.status == 500);
    BOOST_TEST(lost.body == problem(500, "Internal Server Error",
                                    "an internal error happened; the log has it under request " +
                                        lost.header("X-Request-Id").value(),
                                    path, "internal"));
  }
}

BOOST_AUTO_TEST_CASE(a_report_that_takes_too_long_is_503) {
  world w{{.request_handle = 200ms}};
  w.report_reader_is(manner::hold);
  for (const std::string path :
       {"/api/jobs", "/api/jobs/7", "/api/jobs/7/images", "/api/jobs/7/results.csv"}) {
    const auto a = get(w.port(), path);
    BOOST_TEST(a.status == 503);
    BOOST_TEST(a.body ==
               problem(503, "Service Unavailable",
                       "the request was not answered in time; what it asked for may still happen",
                       path, "unavailable"));
  }
}

BOOST_AUTO_TEST_CASE(no_list_tells_the_secret_of_a_redirect_or_a_blocked_address) {
  auto signed_url = good_image(0);
  signed_url.result.evidence.final_url = "http://i.example/1.jpg?signature=secret";
  auto blocked = bad_image(1);
  blocked.result.code = error_code::blocked_address;
  blocked.result.evidence = {"http://10.9.8.7/x", "10.9.8.7", 0, 0, "", 1, 2, 3};
  auto named = blocked;
  named.result.evidence.final_url = "http://inside.example/";
  const image_page page{{signed_url, blocked, named}};
  for (const auto& text :
       {http::image_lines(page), http::csv_rows(page), http::images_listed(page).body}) {
    BOOST_TEST(text.find("http://i.example/1.jpg") != std::string::npos);
    BOOST_TEST(text.find("http://inside.example/") != std::string::npos);
    BOOST_TEST(text.find("secret") == std::string::npos);
    BOOST_TEST(text.find("10.9.8.7") == std::string::npos);
  }
}

BOOST_AUTO_TEST_CASE(a_report_as_csv_has_a_header_and_a_row_for_every_image_over_all_pages) {
  world w;
  w.reports_are(job_of({good_image(0), bad_image(1), pending_image(2)}, 2));
  const auto a = stream_of(w.port(), "/api/jobs/7/results.csv");
  BOOST_TEST(a.status == 200);
  BOOST_TEST(a.header("Content-Type").value() == "text/csv; charset=utf-8");
  BOOST_TEST(a.header("Content-Disposition").value() == "attachment; filename=\"job-7.csv\"");
  BOOST_TEST(a.header("Cache-Control").value() == "no-store");
  BOOST_TEST(
      a.body ==
      csv_header +
          std::string{
              "0,S1,noon,http://h.example/1.jpg,succeeded,3,4,14,jpeg,77,2,,,http://i.example/"
              ",203.0.113.9,206,1,2,3,abc\r\n"
              "1,S1,noon,http://h.example/1.jpg,failed,,,,,5,2,http_status,"
              "The image host answered with an error status (404),,203.0.113.9,404,1,2,3,\r\n"
              "2,S1,noon,http://h.example/1.jpg,pending,,,,,,,,,,,,,,,\r\n"});
}

BOOST_AUTO_TEST_CASE(a_cell_of_csv_is_quoted_where_it_must_be_and_never_a_formula) {
  const std::pair<std::string, std::string> rows[] = {
      {"plain", "plain"},
      {"", ""},
      {"a,b", "\"a,b\""},
      {"say \"hi\"", "\"say \"\"hi\"\"\""},
      {"two\nlines", "\"two\nlines\""},
      {"two\rlines", "\"two\rlines\""},
      {"=1+1", "'=1+1"},
      {"+1", "'+1"},
      {"-1", "'-1"},
      {"@SUM(A1)", "'@SUM(A1)"},
      {"\t=1", "'\t'=1"},
      {"\r=1", "\"'\r'=1\""},
      {"\n1", "\"'\n1\""},
      {"a;=1", "a;'=1"},
      {"\uff1d1", "'\uff1d1"},
      {"=HYPERLINK(\"http://x\",\"y\")", "\"'=HYPERLINK(\"\"http://x\"\",\"\"y\"\")\""},
      {"a=1", "a=1"},
      {"'=1", "'=1"},
  };
  for (const auto& [text, cell] : rows) {
    auto image = pending_image(0);
    image.visit_time = text;
    BOOST_TEST(http::csv_rows({{image}}) ==
               "0,S1," + cell + ",http://h.example/1.jpg,pending,,,,,,,,,,,,,,,\r\n");
  }
}

BOOST_AUTO_TEST_CASE(a_report_as_lines_has_an_object_for_every_image_over_all_pages) {
  world w;
  w.reports_are(job_of({pending_image(0), pending_image(1), pending_image(2)}, 1));
  const auto a = stream_of(w.port(), "/api/jobs/7/results.ndjson");
  BOOST_TEST(a.header("Content-Type").value() == "application/x-ndjson");
  BOOST_TEST(a.header("Content-Disposition").value() == "attachment; filename=\"job-7.ndjson\"");
  std::string expected;
  for (const auto* number : {"0", "1", "2"}) {
    expected +=
        R"({"number":)" + std::string{number} +
        R"(,"url":"http://h.example/1.jpg","store_id":"S1","visit_time":"noon","state":"pending"})"
        "\n";
  }
  BOOST_TEST(a.body == expected);
}

BOOST_AUTO_TEST_CASE(a_head_of_a_report_has_the_headers_alone_and_reads_no_further) {
  world w;
  std::atomic<int> pages{0};
  auto how = job_of({pending_image(0), pending_image(1), pending_image(2)}, 1);
  how.images = [&pages, inner = how.images](const actors::images_question& q) {
    ++pages;
    return inner(q);
  };
  w.reports_are(how);
  client c{w.port()};
  c.send("HEAD /api/jobs/7/results.csv HTTP/1.1\r\nHost: h\r\n\r\n");
  const auto a = c.read(true);
  BOOST_TEST(a.status == 200);
  BOOST_TEST(a.header("Content-Disposition").value() == "attachment; filename=\"job-7.csv\"");
  c.send("HEAD /api/jobs/8/results.csv HTTP/1.1\r\nHost: h\r\n\r\n");
  BOOST_TEST(c.read(true).status == 404);
  BOOST_TEST(pages == 2);
}

BOOST_AUTO_TEST_CASE(a_report_whose_storage_fails_in_the_middle_is_broken_off_without_an_end) {
  for (const auto manner_of_end : {manner::storage_failed, manner::forget}) {
    world w;
    std::vector<reported_image> images;
    for (int i = 0; i < 4; ++i) images.push_back(pending_image(i));
    auto how = job_of(images, 1);
    how.images = [inner = how.images](const actors::images_question& q) {
      return q.after.value == 1 ? storage_failed<image_page>() : inner(q);
    };
    if (manner_of_end == manner::storage_failed) w.reports_are(how);
    if (manner_of_end == manner::forget) {
      how.images = [inner = job_of(images, 1).images](const actors::images_question& q) {
        return q.after.value == 1 ? actors::query_outcome<image_page>{}
                                  : inner(q);  // as when the reader has died
      };
      w.reports_are(how);
    }
    client c{w.port()};
    c.send(get_text("/api/jobs/7/results.csv"));
    BOOST_TEST(c.read_head().status == 200);
    BOOST_TEST(c.read_chunk().value() ==
               csv_header +
                   std::string{"0,S1,noon,http://h.example/1.jpg,pending,,,,,,,,,,,,,,,\r\n"});
    BOOST_TEST(c.read_chunk().value() ==
               "1,S1,noon,http://h.example/1.jpg,pending,,,,,,,,,,,,,,,\r\n");
    BOOST_TEST(!c.read_chunk().has_value());
    BOOST_TEST(c.closed());
  }
}

BOOST_AUTO_TEST_CASE(no_more_pages_are_read_for_a_client_that_does_not_read) {
  world w;
  std::atomic<int> pages{0};
  world::reports how;
  how.images = [&pages](const actors::images_question& q) {
    ++pages;
    image_page page{{pending_image(q.after.value + 1)}, image_number{q.after.value + 1}};
    page.images.back().url = std::string(std::size_t{1} << 20, 'x');
    return told(page);
  };
  w.reports_are(how);
  client c{w.port()};
  c.send(get_text("/api/jobs/7/results.ndjson"));
  BOOST_TEST(c.read_head().status == 200);
  int before = -1;  // what the kernel keeps for the client is bounded, so the pages stand still
  while (before != pages) {
    before = pages;
    get(w.port(), "/healthz");
    std::this_thread::sleep_for(200ms);
  }
  BOOST_TEST(pages < 64);
  c.reset();
}

BOOST_AUTO_TEST_CASE(the_reports_streamed_at_once_are_bounded) {
  world w{{.max_connections = limits::streams + 100, .client_share = 100}};
  w.reports_are(job_of({pending_image(0)}, 1));
  w.report_reader_is(manner::hold);
  std::vector<client> waiting;
  for (std::size_t i = 0; i <= limits::streams; ++i) {
    waiting.emplace_back(w.port());
    waiting.back().send(get_text(i % 2 ? "/api/jobs/7/results.csv" : "/api/visits"));
  }
  BOOST_TEST(first_with_data(waiting).read().status == 503);  // so all the others have their places
  BOOST_TEST(get(w.port(), "/api/jobs/7/results.csv").body ==
             problem(503, "Service Unavailable", "too many reports are being streamed",
                     "/api/jobs/7/results.csv", "unavailable"));
  BOOST_TEST(get(w.port(), "/api/visits").body ==
             R"({"error":"too many reports are being streamed"})");
  BOOST_TEST(get(w.port(), "/api/stores/S1").status == 200);
  for (auto& c : waiting) c.reset();
}

namespace {

/// Answers with these pages, one after the other.
auto visits_in(std::vector<std::vector<std::pair<std::size_t, std::vector<perimeter_row>>>> pages) {
  return [pages](const actors::visits_question& q) {
    const auto number = static_cast<std::size_t>(q.from.at.visit + 1);
    actors::visits_page page;
    for (const auto& [store, rows] : pages.at(number))
      page.stores.push_back({q.of.stores[store], rows});
    if (number + 1 < pages.size()) {
      actors::visits_position next;
      next.at.visit = q.from.at.visit + 1;
      page.next = next;
    }
    return told(page);
  };
}

}  // namespace

BOOST_AUTO_TEST_CASE(visits_are_listed_store_by_store_whatever_the_pages) {
  world w;
  world::reports how;
  how.visits = visits_in({{{0, {{"2026-03-08", 14}}}},
                          {},
                          {{0, {{"2026-03-09", 16}, {"noon", 18}}}, {1, {{"2026-03-09", 20}}}},
                          {{2, {{"2026-03-10", 22}}}}});
  w.reports_are(how);
  for (const auto* target : {"/api/visits", "/api/visits/"}) {
    const auto a = stream_of(w.port(), target);
    BOOST_TEST(a.status == 200);
    BOOST_TEST(a.header("Content-Type").value() == "application/json");
    std::string body = a.body;
    std::erase(body, '\n');  // of the page without a row
    BOOST_TEST(
        body ==
        R"({"results":[{"store_id":"S1","area":"North","store_name":"First","data":[{"date":"2026-03-08","perimeter":14},)"
        R"({"date":"2026-03-09","perimeter":16},{"date":"noon","perimeter":18}]},)"
        "{\"store_id\":\"S "
        "2/\xC3\xA9\",\"area\":\"South\",\"store_name\":\"\\\"Second\\\"\",\"data\":["
        R"({"date":"2026-03-09","perimeter":20}]},)"
        R"({"store_id":"S3","area":"North","store_name":"Third","data":[{"date":"2026-03-10","perimeter":22}]}]})");
  }
  how.visits = visits_in({{}});
  w.reports_are(how);
  BOOST_TEST(stream_of(w.port(), "/api/visits").body == R"({"results":[]})");
}

BOOST_AUTO_TEST_CASE(visits_are_asked_for_the_stores_and_days_of_the_request) {
  world w;
  last_question<std::vector<std::string>> asked;
  world::reports how;
  how.visits = [&asked, inner = visits_in({{}})](const actors::visits_question& q) {
    std::vector<std::string> texts;
    for (const auto* store : q.of.stores) texts.push_back(store->id);
    texts.push_back(q.days.first.value_or("-"));
    texts.push_back(q.days.last.value_or("-"));
    asked.is(texts);
    return inner(q);
  };
  w.reports_are(how);
  using texts = std::vector<std::string>;
  const auto ask_for = [&](const std::string& query) {
    BOOST_TEST(stream_of(w.port(), "/api/visits?" + query).body == R"({"results":[]})");
    return asked.get();
  };
  BOOST_TEST(ask_for("") == (texts{"S1", "S 2/\xC3\xA9", "S3", "-", "-"}));
  BOOST_TEST(ask_for("area=North") == (texts{"S1", "S3", "-", "-"}));
  BOOST_TEST(ask_for("storeid=S+2/%C3%A9&startdate=2026-03-09") ==
             (texts{"S 2/\xC3\xA9", "2026-03-09", "-"}));
  BOOST_TEST(ask_for("storeid=S1&startdate=2026-03-09&enddate=2026-03-09") ==
             (texts{"S1", "2026-03-09", "2026-03-09"}));
}

BOOST_AUTO_TEST_CASE(visits_with_unknown_or_invalid_parameters_are_400_with_the_reason) {
  world w;
  const std::pair<std::string, std::string> rows[] = {
      {"area=West", "area West does not exist"},
      {"storeid=S9", "store S9 does not exist"},
      {"area=West&storeid=S1", "area West does not exist"},
      {"area=", "area is empty"},
      {"storeid=S1&storeid=S1", "storeid is given twice"},
      {"startdate=9.3.2026", "startdate is not a date; write it as 2026-03-09"},
      {"enddate=2026-02-30", "enddate is not a date; write it as 2026-03-09"},
      {"startdate=2026-03-09T12:00:00", "startdate is not a date; write it as 2026-03-09"},
      {"enddate=", "enddate is empty"},
      {"startdate=2026-03-10&enddate=2026-03-09", "startdate is after enddate"},
      {"area=%G0", "area is not well-formed"},
      {"store_id=S1", R"(there is no parameter \"store_id\" here)"},
  };
  for (const auto& [query, sentence] : rows) {
    const auto a = get(w.port(), "/api/visits?" + query);
    BOOST_TEST(a.status == 400);
    BOOST_TEST(a.body == R"({"error":")" + sentence + R"("})");
  }
}

BOOST_AUTO_TEST_CASE(
    visits_that_cannot_be_read_are_503_or_500_and_broken_off_when_they_have_begun) {
  world w;
  w.report_reader_is(manner::storage_failed);
  BOOST_TEST(get(w.port(), "/api/visits").status == 503);
  BOOST_TEST(get(w.port(), "/api/visits").body ==
             R"({"error":"storage is not available: it is damaged"})");
  w.report_reader_is(manner::forget);
  BOOST_TEST(get(w.port(), "/api/visits").status == 500);
  w.report_reader_is(manner::normal);
  w.store_master_is(manner::forget);
  BOOST_TEST(get(w.port(), "/api/visits").status == 500);
  BOOST_TEST(get(w.port(), "/api/stores/S1").status == 500);
  w.store_master_is(manner::normal);
  world::reports how;
  how.visits =
      [inner = visits_in({{{0, {{"2026-03-08", 14}}}}, {}})](const actors::visits_question& q) {
        return q.from.at.visit == 0 ? storage_failed<actors::visits_page>() : inner(q);
      };
  w.reports_are(how);
  client c{w.port()};
  c.send(get_text("/api/visits"));
  BOOST_TEST(c.read_head().status == 200);
  BOOST_TEST(!c.read_chunks().has_value());
}

BOOST_AUTO_TEST_CASE(a_store_is_found_by_its_id_whatever_characters_it_has) {
  world w;
  BOOST_TEST(get(w.port(), "/api/stores/S1").body ==
             R"({"store_id":"S1","store_name":"First","area":"North"})");
  BOOST_TEST(
      get(w.port(), "/api/stores/S%202%2f%C3%A9").body ==
      "{\"store_id\":\"S 2/\xC3\xA9\",\"store_name\":\"\\\"Second\\\"\",\"area\":\"South\"}");
  BOOST_TEST(get(w.port(), "/api/stores/S+2%2f%C3%A9").status ==
             404);  // in a path a plus is a plus
  BOOST_TEST(get(w.port(), "/api/stores/S9").body == problem(404, "Not Found",
                                                             "store S9 does not exist",
                                                             "/api/stores/S9", "store_not_found"));
  for (const auto* id : {"S%", "S%4", "S%GG", "S%00"}) {
    const auto path = "/api/stores/" + std::string{id};
    BOOST_TEST(get(w.port(), path).body ==
               wrong("the store id in the path is not well-formed", path));
  }
}

BOOST_AUTO_TEST_CASE(a_reload_returns_the_stores_and_warnings_or_the_error_of_the_file) {
  world w;
  using kind = actors::reload_outcome::kind;
  world::reports how;
  how.reload = [] {
    return actors::reload_outcome{
        kind::loaded, 3, {"stores.csv: 1 store id occurs more than once"}};
  };
  w.reports_are(how);
  const std::string path = "/api/stores/reload";
  const auto a = post(w.port(), path, "");
  BOOST_TEST(a.status == 200);
  BOOST_TEST(a.body ==
             R"({"stores":3,"warnings":["stores.csv: 1 store id occurs more than once"]})");
  how.reload = [] {
    return actors::reload_outcome{
        kind::refused, 0, {}, "stores.csv, line 17: the store id is empty"};
  };
  w.reports_are(how);
  const auto refused = post(w.port(), path, "");
  BOOST_TEST(refused.status == 422);
  BOOST_TEST(refused.body == problem(422, "Unprocessable Content",
                                     "stores.csv, line 17: the store id is empty", path,
                                     "invalid_store_master"));
  w.store_loader_is(manner::forget);
  BOOST_TEST(post(w.port(), path, "").status == 500);
}

BOOST_AUTO_TEST_CASE(reload_is_not_the_id_of_a_store) {
  world w;
  const std::string path = "/api/stores/reload";
  const auto a = get(w.port(), path);
  BOOST_TEST(a.status == 405);
  BOOST_TEST(a.header("Allow").value() == "POST, OPTIONS");
  BOOST_TEST(a.body == problem(405, "Method Not Allowed",
                               "method GET is not allowed here; allowed: POST, OPTIONS", path,
                               "method_not_allowed"));
}

BOOST_AUTO_TEST_CASE(the_store_master_is_read_once_at_a_time) {
  world w;
  world::reports how;
  how.reload = [] { return actors::reload_outcome{actors::reload_outcome::kind::loaded, 3, {}}; };
  w.reports_are(how);
  w.store_loader_is(manner::hold);
  client first{w.port()};
  first.send(post_text("/api/stores/reload", ""));
  w.wait_for_held(1);
  const auto second = post(w.port(), "/api/stores/reload", "");
  BOOST_TEST(second.status == 409);
  BOOST_TEST(second.body == problem(409, "Conflict", "the Store Master is being read already",
                                    "/api/stores/reload", "reload_in_progress"));
  w.store_loader_is(manner::normal);
  w.let_go();
  BOOST_TEST(first.read().status == 200);
  BOOST_TEST(post(w.port(), "/api/stores/reload", "").status == 200);
}

BOOST_AUTO_TEST_SUITE_END()
