#include <boost/test/unit_test.hpp>
#include <vector>

#include "core/limits.hpp"
#include "tests/http/client.hpp"
#include "tests/http/world.hpp"

using namespace retail_pulse;
using namespace retail_pulse::tests;
using namespace std::chrono_literals;

namespace {

const std::string digest_a = "sha256:" + std::string(64, 'a');
const std::string digest_b = "sha256:" + std::string(64, 'b');

job_audit audit_of_job_7() {
  job_audit a;
  a.id = job_id{7};
  a.run = run_number{2};
  a.images = {5, 2, 1, 2};
  a.conserved = true;
  a.stores = {{"S1", {3, 2, 0, 1}}, {"\"S\n\xC3\xA9", {2, 0, 1, 1}}};
  a.submitted_digest = digest_a;
  a.recorded_digest = digest_b;
  a.counters = {5, 2, 1};
  return a;
}

std::string problem(int status, const std::string& title, const std::string& detail,
                    const std::string& path, const std::string& code) {
  return R"({"type":"about:blank","title":")" + title + R"(","status":)" + std::to_string(status) +
         R"(,"detail":")" + detail + R"(","instance":")" + path + R"(","code":")" + code + R"("})";
}

}  // namespace

BOOST_AUTO_TEST_SUITE(audits)

BOOST_AUTO_TEST_CASE(an_audit_tells_the_images_in_total_and_per_store_and_the_digests) {
  world w;
  auto audit = audit_of_job_7();
  w.know(audit);
  const std::string beginning =
      R"({"job_id":7,"run":2,"state":"ongoing","submitted":5,"succeeded":2,"failed":1,"pending":2,"conserved":true,"stores":[)"
      R"({"store_id":"S1","submitted":3,"succeeded":2,"failed":0,"pending":1},)"
      "{\"store_id\":\"\\\"S\\n\xC3\xA9\",\"submitted\":2,\"succeeded\":0,\"failed\":1,\"pending\":"
      "1}]";
  const std::string end = R"(,"submitted_digest":")" + digest_a + R"(","recorded_digest":")" +
                          digest_b + R"(","counters":{"total":5,"succeeded":2,"failed":1}})";
  const auto a = get(w.port(), "/api/jobs/7/audit");
  BOOST_TEST(a.status == 200);
  BOOST_TEST(a.header("Content-Type").value() == "application/json");
  BOOST_TEST(a.header("Cache-Control").value() == "no-store");
  BOOST_TEST(a.body == beginning + end);
  audit.stores_truncated = true;
  w.know(audit);
  BOOST_TEST(get(w.port(), "/api/jobs/7/audit?x=y").body ==
             beginning + R"(,"stores_truncated":true)" + end);
}

BOOST_AUTO_TEST_CASE(a_job_that_does_not_add_up_is_reported_with_its_numbers) {
  world w;
  auto audit = audit_of_job_7();
  audit.conserved = false;
  audit.stores.clear();
  audit.state = job_state::failed;
  w.know(audit);
  BOOST_TEST(
      get(w.port(), "/api/jobs/7/audit").body ==
      R"({"job_id":7,"run":2,"state":"failed","submitted":5,"succeeded":2,"failed":1,"pending":2,"conserved":false,"stores":[],)"
      R"("submitted_digest":")" +
          digest_a + R"(","recorded_digest":")" + digest_b +
          R"(","counters":{"total":5,"succeeded":2,"failed":1}})");
}

BOOST_AUTO_TEST_CASE(an_audit_of_an_unknown_job_is_404_with_problem_details) {
  world w;
  for (const auto* id :
       {"77", "9007199254740991", "0", "-1", "9007199254740992", "99999999999999999999999999",
        "abc", "7x", "7.0", "+7", "%37", "7;x", "..", "{id}", "job"}) {
    const auto path = "/api/jobs/" + std::string{id} + "/audit";
    const auto a = get(w.port(), path);
    BOOST_TEST(a.status == 404);
    BOOST_TEST(a.header("Content-Type").value() == "application/problem+json");
    BOOST_TEST(a.header("Cache-Control").value() == "no-store");
    BOOST_TEST(a.body == problem(404, "Not Found", "job " + std::string{id} + " does not exist",
                                 path, "job_not_found"));
  }
}

BOOST_AUTO_TEST_CASE(a_path_beside_that_of_an_audit_leads_to_nothing) {
  world w;
  w.know(audit_of_job_7());
  for (const auto* target : {"/api/jobs//audit", "/api/jobs/7/8/audit", "/api/jobs/7/audit/",
                             "/api/jobs/7/Audit", "/api/jobs/7/audits"}) {
    const auto a = get(w.port(), target);
    BOOST_TEST(a.status == 404);
    BOOST_TEST(a.body ==
               problem(404, "Not Found", "there is nothing at this path", target, "not_found"));
  }
  BOOST_TEST(get(w.port(), "/x/api/jobs/7/audit").body ==
             R"({"error":"there is nothing at this path"})");
}

BOOST_AUTO_TEST_CASE(another_method_on_an_audit_is_405_with_problem_details) {
  world w;
  const auto a = post(w.port(), "/api/jobs/7/audit?x=y", "x");
  BOOST_TEST(a.status == 405);
  BOOST_TEST(a.header("Allow").value() == "GET, HEAD, OPTIONS");
  BOOST_TEST(a.header("Content-Type").value() == "application/problem+json");
  BOOST_TEST(a.body == problem(405, "Method Not Allowed",
                               "method POST is not allowed here; allowed: GET, HEAD, OPTIONS",
                               "/api/jobs/7/audit", "method_not_allowed"));
}

BOOST_AUTO_TEST_CASE(a_head_of_an_audit_has_the_headers_of_the_get) {
  world w;
  w.know(audit_of_job_7());
  client c{w.port()};
  for (const auto* path : {"/api/jobs/7/audit", "/api/jobs/8/audit"}) {
    const auto full = get(w.port(), path);
    c.send("HEAD " + std::string{path} + " HTTP/1.1\r\nHost: h\r\n\r\n");
    const auto a = c.read(true);
    BOOST_TEST(a.status == full.status);
    BOOST_TEST(a.header("Content-Type").value() == full.header("Content-Type").value());
    BOOST_TEST(a.header("Content-Length").value() == std::to_string(full.body.size()));
  }
}

BOOST_AUTO_TEST_CASE(an_audit_that_cannot_be_read_is_503_and_one_whose_reader_is_gone_500) {
  world w;
  const std::string path = "/api/jobs/7/audit";
  w.audit_reader_is(manner::storage_failed);
  const auto unread = get(w.port(), path);
  BOOST_TEST(unread.status == 503);
  BOOST_TEST(unread.header("Retry-After").value() == "5");
  BOOST_TEST(unread.header("Content-Type").value() == "application/problem+json");
  BOOST_TEST(unread.body == problem(503, "Service Unavailable",
                                    "storage is not available: it is damaged", path,
                                    "unavailable"));
  w.audit_reader_is(manner::forget);
  const auto lost = get(w.port(), path);
  BOOST_TEST(lost.status == 500);
  BOOST_TEST(lost.body == problem(500, "Internal Server Error",
                                  "an internal error happened; the log has it under request " +
                                      lost.header("X-Request-Id").value(),
                                  path, "internal"));
}

BOOST_AUTO_TEST_CASE(an_audit_that_takes_too_long_is_503_with_problem_details) {
  world w{{.request_handle = 200ms}};
  w.audit_reader_is(manner::hold);
  const auto a = get(w.port(), "/api/jobs/7/audit");
  BOOST_TEST(a.status == 503);
  BOOST_TEST(a.header("Retry-After").value() == "5");
  BOOST_TEST(a.body ==
             problem(503, "Service Unavailable",
                     "the request was not answered in time; what it asked for may still happen",
                     "/api/jobs/7/audit", "unavailable"));
}

BOOST_AUTO_TEST_CASE(audits_that_take_long_do_not_hold_up_a_status_and_only_so_many_wait) {
  world w{{.client_share = 100}};
  w.know(audit_of_job_7());
  w.audit_reader_is(manner::hold);
  std::vector<client> waiting;
  for (std::size_t i = 0; i <= limits::audits; ++i) {
    waiting.emplace_back(w.port());
    waiting.back().send(get_text("/api/jobs/7/audit"));
  }
  auto& refused = first_with_data(waiting);
  BOOST_TEST(refused.read().status == 503);  // so all the others have their places
  w.wait_for_held(1);                        // and wait in front of the reader, but for one
  BOOST_TEST(get(w.port(), "/api/status?jobid=7").status ==
             400);  // of a reader: there is no status of this job
  const auto one_too_many = get(w.port(), "/api/jobs/7/audit");
  BOOST_TEST(one_too_many.status == 503);
  BOOST_TEST(one_too_many.header("Retry-After").value() == "5");
  BOOST_TEST(one_too_many.body == problem(503, "Service Unavailable", "too many audits are waiting",
                                          "/api/jobs/7/audit", "unavailable"));
  w.audit_reader_is(manner::normal);
  w.let_go();
  for (auto& c : waiting) {
    if (&c != &refused) BOOST_TEST(c.read().status == 200);
  }
  BOOST_TEST(get(w.port(), "/api/jobs/7/audit").status == 200);  // their places are free again
}

BOOST_AUTO_TEST_SUITE_END()
