#include <boost/test/unit_test.hpp>
#include <string>
#include <thread>
#include <vector>

#include "core/limits.hpp"
#include "tests/http/client.hpp"
#include "tests/http/world.hpp"

using namespace retail_pulse;
using namespace retail_pulse::tests;
using namespace std::chrono_literals;

namespace {

constexpr const char* greedy = "127.0.0.2";
constexpr const char* other = "127.0.0.3";

using clients = std::vector<client>;

/// `count` connections that have sent `text`.
clients sending(const world& w, std::size_t count, std::string_view text,
                const char* from = greedy) {
  clients made;
  made.reserve(count);
  for (std::size_t i = 0; i < count; ++i) {
    made.emplace_back(w.port(), from);
    if (!text.empty()) made.back().send(text);
  }
  return made;
}

answer ask_from(const world& w, const char* from, std::string_view text) {
  return client{w.port(), from}.ask(text);
}

job_status ongoing_job() {
  job_status status;
  status.id = job_id{7};
  status.run = run_number{1};
  status.images = {100, 10, 0};
  return status;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(shares)

BOOST_AUTO_TEST_CASE(a_head_has_its_own_time) {
  world w{{.request_read = 60s, .request_head = 200ms, .idle = 60s}};
  client slow{w.port()};
  BOOST_TEST(slow.ask("GET /heal").status == 408);
  BOOST_TEST(slow.closed());
  client body{w.port()};
  const auto whole = post_text("/api/submit", good_submission());
  body.send(whole.substr(0, whole.size() - 5));  // has its own
  BOOST_TEST(client{w.port()}.ask("POST /api/sub").status == 408);
  BOOST_TEST(body.ask(whole.substr(whole.size() - 5)).status == 201);
}

BOOST_AUTO_TEST_CASE(heads_that_never_end_keep_no_other_client_out) {
  for (const bool many_addresses : {false, true}) {
    world w{{.max_connections = 40}};
    clients partial;
    partial.reserve(120);
    for (int i = 0; i < 120; ++i) {
      partial.emplace_back(w.port(),
                           many_addresses ? ("127.0.1." + std::to_string(i + 1)).c_str() : greedy);
      partial.back().send("GET /api/status?jobid=1 HTTP/1.1\r\nX-A: b\r\n");
      if (i % 20 != 19) continue;
      BOOST_REQUIRE_EQUAL(ask_from(w, other, get_text("/healthz")).status, 200);
      BOOST_REQUIRE_EQUAL(ask_from(w, other, post_text("/api/submit", good_submission())).status,
                          201);
    }
    BOOST_TEST(partial.front().read().status == 503);  // it had to go
  }
}

BOOST_AUTO_TEST_CASE(a_connection_of_a_client_that_has_few_stays_where_another_has_many) {
  world w{{.max_connections = 40}};
  client modest{w.port(), other};
  BOOST_TEST(modest.ask(get_text("/healthz")).status == 200);
  const auto many = sending(w, 100, "");
  BOOST_TEST(ask_from(w, greedy, get_text("/healthz")).status == 200);
  BOOST_TEST(modest.ask(get_text("/healthz")).status == 200);
}

BOOST_AUTO_TEST_CASE(a_client_that_is_trusted_may_have_more_connections_than_others) {
  world w{{.max_connections = 40,
           .trusts_client = [](std::string_view address) { return address == greedy; }}};
  auto proxied = sending(w, 30, "");
  for (auto& c : proxied) BOOST_REQUIRE_EQUAL(c.ask(get_text("/healthz")).status, 200);
  auto others = sending(w, 50, "", other);
  BOOST_TEST(others.back().ask(get_text("/healthz")).status == 200);
  std::size_t stay = 0;
  for (auto& c : proxied) stay += c.ask(get_text("/healthz")).status == 200 ? 1 : 0;
  BOOST_TEST(stay > 20u);
}

BOOST_AUTO_TEST_CASE(
    requests_that_are_served_leave_places_for_another_client_and_health_needs_none) {
  world w{{.max_connections = 40}};  // 35 requests are served at once
  w.supervisor_is(manner::hold);
  auto asking = sending(w, 18, post_text("/api/submit", good_submission()));
  BOOST_TEST(first_with_data(asking).read().status == 503);  // half of 35 are 17
  w.wait_for_held(17);
  const auto refused = ask_from(w, greedy, get_text("/api/status?jobid=1"));
  BOOST_TEST(refused.status == 503);
  BOOST_TEST(refused.header("Retry-After").value() == "5");
  BOOST_TEST(refused.header("Connection").value() == "close");
  BOOST_TEST(refused.body ==
             R"({"error":"too many requests are being served, in all or for this client"})");
  BOOST_TEST(ask_from(w, greedy, get_text("/healthz")).status == 200);
  BOOST_TEST(ask_from(w, other, get_text("/api/status?jobid=1")).status == 400);
  w.let_go();
  w.supervisor_is(manner::normal);
  BOOST_TEST(ask_from(w, greedy, post_text("/api/submit", good_submission())).status == 201);
}

BOOST_AUTO_TEST_CASE(health_checks_are_served_when_all_places_are_taken) {
  world w{{.max_connections = 16, .client_share = 100}};  // 14 requests are served at once
  w.reader_is(manner::hold);
  auto asking = sending(w, 14, get_text("/api/status?jobid=7"));
  w.wait_for_held(14);
  for (int i = 0; i < 20; ++i) {
    BOOST_REQUIRE_EQUAL(ask_from(w, other, get_text("/healthz")).status, 200);
    BOOST_REQUIRE_EQUAL(ask_from(w, other, get_text("/readyz")).status, 200);
    BOOST_REQUIRE_EQUAL(ask_from(w, other, get_text("/api/status?jobid=7")).status, 503);
  }
  w.let_go();
  for (auto& c : asking) BOOST_TEST(c.read().status == 400);
}

BOOST_AUTO_TEST_CASE(an_upload_that_stands_still_makes_room_for_another_client) {
  constexpr std::size_t most = 1 << 20;
  world w{{.max_body_bytes = most, .received_bodies_bytes = 2 * most, .client_share = 50}};
  const auto whole = post_text("/api/submit", good_submission(most - 1000));
  const auto part = whole.substr(0, whole.size() / 2);
  auto still = sending(w, 3, part);  // half of the budget is the share of one client
  BOOST_TEST(first_with_data(still).read().status == 503);
  auto also_still = sending(w, 2, part, "127.0.0.4");  // half of what is left, and what is least
  BOOST_TEST(ask_from(w, other, post_text("/api/submit", good_submission(100'000))).status == 201);
  BOOST_TEST(ask_from(w, other, whole).status == 201);
  BOOST_TEST(get(w.port(), "/healthz").status == 200);
}

BOOST_AUTO_TEST_CASE(four_uploads_that_never_end_keep_no_other_client_out) {
  constexpr std::size_t most = 200'000;
  world w{{.max_body_bytes = most, .received_bodies_bytes = 4 * most, .client_share = 100}};
  const auto whole = post_text("/api/submit", good_submission(most - 1000));
  auto still = sending(w, 4, whole.substr(0, whole.size() - 1));
  // Together they fill the budget but for some bytes.
  BOOST_TEST(ask_from(w, other, post_text("/api/submit", good_submission(100'000))).status == 201);
  BOOST_TEST(first_with_data(still).read().status == 503);
}

BOOST_AUTO_TEST_CASE(responses_that_clients_do_not_read_are_broken_off) {
  world w{{.max_connections = 128, .unread_answers_bytes = std::size_t{20} << 20}};
  world::reports how;
  how.images = [](const actors::images_question&) {
    image_page page;
    page.images.resize(1);
    page.images.back().store_id = "S1";
    page.images.back().visit_time = "noon";
    page.images.back().url = std::string(std::size_t{8} << 20, 'x');  // more than the kernel takes
    return actors::query_outcome<image_page>{actors::query_outcome<image_page>::kind::answered,
                                             page};
  };
  w.reports_are(how);
  auto unread = sending(w, 12, get_text("/api/jobs/7/images", "Connection: close\r\n"));
  for (auto& c : unread) {
    while (!c.has_data()) std::this_thread::sleep_for(1ms);
  }
  const auto read = ask_from(w, other, get_text("/api/jobs/7/images"));
  BOOST_TEST(read.body.size() > std::size_t{8} << 20);
  std::size_t broken = 0;
  for (auto& c : unread) {
    const auto all = c.read_until_closed();
    broken += !all || all->size() < std::size_t{8} << 20 ? 1 : 0;
  }
  BOOST_TEST(broken > 4u);
  BOOST_TEST(broken < 12u);  // what is within the bound stays
}

BOOST_AUTO_TEST_CASE(subscribers_of_one_client_leave_places_for_another) {
  world w{{.max_connections = 40}};  // 30 may follow
  w.know(ongoing_job());
  auto following = sending(w, 16, get_text("/api/jobs/7/events"));
  w.wait_for_followers(15);
  BOOST_TEST(ask_from(w, greedy, get_text("/api/status?jobid=7&wait=60")).status == 503);
  client modest{w.port(), other};
  modest.send(get_text("/api/jobs/7/events"));
  BOOST_TEST(modest.read_head().status == 200);
}

BOOST_AUTO_TEST_CASE(audits_of_one_client_leave_places_for_another) {
  world w;
  w.audit_reader_is(manner::hold);
  auto waiting = sending(w, limits::audits / 2 + 1, get_text("/api/jobs/7/audit"));
  BOOST_TEST(first_with_data(waiting).read().status == 503);
  client modest{w.port(), other};
  modest.send(get_text("/api/jobs/7/audit"));
  w.audit_reader_is(manner::normal);
  w.let_go();
  BOOST_TEST(modest.read().status == 404);
}

BOOST_AUTO_TEST_CASE(a_share_of_100_percent_limits_no_client) {
  world w{{.max_connections = 40, .client_share = 100}};
  w.supervisor_is(manner::hold);
  auto asking = sending(w, 35, post_text("/api/submit", good_submission()));
  w.wait_for_held(35);
  w.let_go();
  for (auto& c : asking) BOOST_TEST(c.read().status == 201);
}

BOOST_AUTO_TEST_SUITE_END()
