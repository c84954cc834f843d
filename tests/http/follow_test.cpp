#include <boost/test/unit_test.hpp>
#include <map>
#include <optional>
#include <stdexcept>
#include <thread>
#include <vector>

#include "core/limits.hpp"
#include "http/handlers/event_stream.hpp"
#include "http/response/conditional.hpp"
#include "tests/http/client.hpp"
#include "tests/http/world.hpp"

using namespace retail_pulse;
using namespace retail_pulse::tests;
using namespace std::chrono_literals;

namespace {

job_status standing(std::int64_t done, job_state state = job_state::ongoing, std::int32_t run = 1) {
  job_status s;
  s.id = job_id{7};
  s.run = run_number{run};
  s.state = state;
  s.images = {100, done, 0};
  s.submitted_at = unix_millis{1'700'000'000'123};
  if (state != job_state::ongoing) s.finished_at = unix_millis{1'700'000'060'000};
  return s;
}

const std::string ended =
    R"({"status":"completed","job_id":7,"images":{"total":100,"done":100,"failed":0},"submitted_at":"2023-11-14T22:13:20.123Z",)"
    R"("finished_at":"2023-11-14T22:14:20.000Z"})";

std::string progress_data(std::int64_t done, const std::string& status = "ongoing", int run = 1) {
  return R"({"job_id":7,"run":)" + std::to_string(run) + R"(,"status":")" + status +
         R"(","images":{"total":100,"done":)" + std::to_string(done) + R"(,"failed":0}})";
}

/// A client of events on a connection of its own.
class event_client {
 public:
  struct event {
    std::map<std::string, std::string> fields;  ///< "" is a comment
    std::string of(const std::string& name) const {
      return fields.count(name) == 0 ? "" : fields.at(name);
    }
  };

  event_client(std::uint16_t port, const std::string& target = "/api/jobs/7/events",
               const std::string& headers = "")
      : client_{port} {
    client_.send(get_text(target, headers));
    head = client_.read_head();
  }

  /// Nothing at the end of the stream, or where it breaks off.
  std::optional<event> next() {
    std::size_t end = 0;
    while ((end = text_.find("\n\n")) == std::string::npos) {
      const auto chunk = client_.read_chunk();
      if (!chunk || chunk->empty()) {
        whole_ = chunk.has_value();
        return std::nullopt;
      }
      text_ += *chunk;
    }
    event e;
    auto lines = text_.substr(0, end + 1);
    text_.erase(0, end + 2);
    for (std::size_t at = 0; at < lines.size(); at = lines.find('\n', at) + 1) {
      const auto line = lines.substr(at, lines.find('\n', at) - at);
      const auto colon = line.find(':');
      e.fields[line.substr(0, colon)] = line.size() > colon + 2 ? line.substr(colon + 2) : "";
    }
    return e;
  }

  bool at_its_end() { return !next() && whole_; }
  bool broken_off() { return !next() && !whole_; }
  client& connection() { return client_; }

  answer head;

 private:
  client client_;
  std::string text_;
  bool whole_ = false;
};

void check(const std::optional<event_client::event>& e, const std::string& type,
           const std::string& id, const std::string& data) {
  BOOST_REQUIRE(e.has_value());
  BOOST_TEST(e->of("event") == type);
  BOOST_TEST(e->of("id") == id);
  BOOST_TEST(e->of("data") == data);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(events)

BOOST_AUTO_TEST_CASE(a_job_is_followed_from_its_current_progress_to_its_end) {
  world w;
  w.know(standing(10));
  event_client c{w.port()};
  BOOST_TEST(c.head.status == 200);
  BOOST_TEST(c.head.header("Content-Type").value() == "text/event-stream");
  BOOST_TEST(c.head.header("Cache-Control").value() == "no-store");
  BOOST_TEST(c.head.header("X-Accel-Buffering").value() == "no");
  BOOST_TEST(c.next()->of("retry") == "2000");
  check(c.next(), "progress", "1.10", progress_data(10));
  w.tell(standing(20));
  check(c.next(), "progress", "1.20", progress_data(20));
  w.tell(standing(20));  // no change
  w.tell(standing(15));  // older
  w.know(standing(100, job_state::completed));
  w.tell(standing(100, job_state::completed));
  check(c.next(), "end", "1.100.1700000000123", ended);
  BOOST_TEST(c.at_its_end());
  w.wait_for_followers(0);
  BOOST_TEST(c.connection().ask(get_text("/healthz")).status == 200);  // the connection goes on
}

BOOST_AUTO_TEST_CASE(the_events_of_a_finished_job_include_the_final_event) {
  world w;
  w.know(standing(100, job_state::completed));
  // The last three are ids of an earlier database, two of them of the end of another job 7.
  for (const auto* headers :
       {"", "Last-Event-ID: 1.99\r\n", "Last-Event-ID: 3.1\r\n",
        "Last-Event-ID: 1.100.1700000000122\r\n", "Last-Event-ID: 1.100.1700000000124\r\n"}) {
    event_client c{w.port(), "/api/jobs/7/events", headers};
    BOOST_TEST(c.next()->of("retry") == "2000");
    check(c.next(), "progress", "",
          progress_data(100, "completed"));  // only the final event has its id
    check(c.next(), "end", "1.100.1700000000123", ended);
    BOOST_TEST(c.at_its_end());
  }
  event_client older{w.port(), "/api/jobs/7/events",
                     "Last-Event-ID: 1.100\r\n"};  // the id in earlier versions
  BOOST_TEST(older.next()->of("retry") == "2000");
  check(older.next(), "end", "1.100.1700000000123", ended);
  w.wait_for_followers(0);
}

BOOST_AUTO_TEST_CASE(a_client_that_received_the_final_event_gets_204) {
  world w;
  w.know(standing(100, job_state::completed));
  client c{w.port()};
  for (const auto& text :
       {get_text("/api/jobs/7/events", "Last-Event-ID: 1.100.1700000000123\r\n"),
        get_text("/api/jobs/7/events?last_event_id=1.100.1700000000123"),
        get_text("/api/jobs/7/events?lastEventId=1.100.1700000000123"),
        get_text("/api/jobs/7/events?_=1&lastEventId=1.100.1700000000123&_=2"),
        get_text("/api/jobs/7/events?last_event_id=1.5&lastEventId=1.100.1700000000123"),
        get_text("/api/jobs/7/events?lastEventId=1.5", "Last-Event-ID: 1.100.1700000000123\r\n"),
        get_text("/api/jobs/7/events?last_event_id=1.5",
                 "last-event-id: 1.100.1700000000123\r\n")}) {  // the header counts
    c.send(text);
    const auto a = c.read_head();
    BOOST_TEST(a.status == 204);
    BOOST_TEST(!a.header("Content-Length").has_value());
  }
  BOOST_TEST(c.ask(get_text("/healthz")).status == 200);
  w.wait_for_followers(0);
}

BOOST_AUTO_TEST_CASE(an_event_that_a_client_received_is_not_sent_again) {
  world w;
  w.know(standing(10));
  event_client c{w.port(), "/api/jobs/7/events", "Last-Event-ID: 1.10\r\n"};
  BOOST_TEST(c.next()->of("retry") == "2000");
  w.tell(standing(11));
  check(c.next(), "progress", "1.11", progress_data(11));
  event_client older{w.port(), "/api/jobs/7/events?last_event_id=1.9"};
  BOOST_TEST(older.next()->of("retry") == "2000");
  check(older.next(), "progress", "1.10", progress_data(10));
}

BOOST_AUTO_TEST_CASE(an_empty_last_event_id_is_ignored) {
  world w;
  w.know(standing(10));
  const std::string events = "/api/jobs/7/events", no_header, empty_header = "Last-Event-ID: \r\n";
  for (const auto& [target, headers] :
       {std::pair{events + "?lastEventId=&r=5", no_header},
        std::pair{events + "?last_event_id=", no_header},
        std::pair{events + "?lastEventId", no_header}, std::pair{events, empty_header},
        std::pair{events + "?lastEventId=", empty_header}}) {
    event_client c{w.port(), target, headers};
    BOOST_TEST(c.head.status == 200, target);
    BOOST_TEST(c.next()->of("retry") == "2000");
    check(c.next(), "progress", "1.10", progress_data(10));
  }
  w.know(standing(100, job_state::completed));
  client c{w.port()};
  for (const auto& [target, headers] :
       {std::pair{events + "?lastEventId=1.100.1700000000123", empty_header},
        std::pair{events + "?lastEventId=&last_event_id=1.100.1700000000123", no_header},
        std::pair{events + "?lastEventId=1.100.1700000000123&r=5&lastEventId=", no_header}}) {
    c.send(get_text(target, headers));
    BOOST_TEST(c.read_head().status == 204, target);
  }
}

BOOST_AUTO_TEST_CASE(progress_with_all_results_has_no_id_before_the_final_state) {
  world w;
  w.know(standing(100));
  event_client c{w.port(), "/api/jobs/7/events", "Last-Event-ID: 1.99\r\n"};
  BOOST_TEST(c.next()->of("retry") == "2000");
  check(c.next(), "progress", "", progress_data(100));
  w.know(standing(100, job_state::completed));
  w.tell(standing(100, job_state::completed));
  check(c.next(), "end", "1.100.1700000000123", ended);
}

BOOST_AUTO_TEST_CASE(another_run_goes_on_with_larger_ids) {
  world w;
  w.know(standing(90));
  event_client c{w.port()};
  c.next();
  check(c.next(), "progress", "1.90", progress_data(90));
  w.tell(standing(40, job_state::ongoing, 2));
  check(c.next(), "progress", "2.40", progress_data(40, "ongoing", 2));
  w.know(standing(41, job_state::ongoing, 3));
  w.tell(standing(100, job_state::failed, 2));  // its status is read when the next run has begun
  check(c.next(), "progress", "3.41", progress_data(41, "ongoing", 3));
}

BOOST_AUTO_TEST_CASE(progress_that_comes_before_the_status_is_read_is_not_lost) {
  world w;
  w.know(standing(10));
  w.reader_is(manner::hold);
  client c{w.port()};
  c.send(get_text("/api/jobs/7/events"));
  w.wait_for_followers(1);
  w.wait_for_held(1);
  w.tell(standing(30));
  w.let_go();
  BOOST_TEST(c.read_head().status == 200);
  BOOST_TEST(c.read_chunk().value().find("id: 1.30\n") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(an_end_that_comes_while_the_status_is_read_is_not_lost) {
  world w;
  w.know(standing(10));
  w.reader_is(manner::hold);
  client c{w.port()};
  c.send(get_text("/api/jobs/7/events"));
  w.wait_for_followers(1);
  w.wait_for_held(1);  // its answer will be from before the end
  w.tell(standing(100, job_state::completed));
  w.let_go();
  w.wait_for_held(1);  // so the status is asked for once more
  w.know(standing(100, job_state::completed));
  w.let_go();
  BOOST_TEST(c.read_head().status == 200);
  const auto text = c.read_chunks().value();
  BOOST_TEST(text.find("id: 1.10\n") != std::string::npos);
  BOOST_TEST(text.find("event: end\nid: 1.100.1700000000123\ndata: " + ended + "\n\n") !=
             std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_beat_is_a_comment_and_finds_an_end_that_was_missed) {
  world w;
  w.know(standing(10));
  event_client c{w.port()};
  c.next();
  check(c.next(), "progress", "1.10", progress_data(10));
  w.beat();
  BOOST_TEST(c.next()->fields.count("") == 1u);
  w.wait_for_status_questions(2);
  w.know(standing(100, job_state::completed));
  w.reader_is(manner::storage_failed);
  w.beat();  // it cannot be read now
  BOOST_TEST(c.next()->fields.count("") == 1u);
  w.wait_for_status_questions(3);
  w.reader_is(manner::normal);
  w.beat();
  auto e = c.next();
  while (e && e->fields.count("") == 1) e = c.next();
  check(e, "end", "1.100.1700000000123", ended);
  BOOST_TEST(c.at_its_end());
}

BOOST_AUTO_TEST_CASE(a_client_that_does_not_read_holds_the_newest_snapshot_only) {
  world w;
  w.know(standing(0));
  client c{w.port()};
  c.send(get_text("/api/jobs/7/events"));
  BOOST_TEST(c.read_head().status == 200);
  // Many times what the kernel takes; each update replaces the one that waits.
  auto progress = standing(0);
  progress.images.total = 300'001;
  for (int i = 1; i <= 300'000; ++i) {
    progress.images.succeeded = i;
    if (i % 1000 == 0) w.tell(progress);
  }
  progress = standing(0, job_state::completed);
  progress.images = {.total = 300'001, .succeeded = 300'001, .failed = 0};
  w.know(progress);
  w.tell(progress);
  std::size_t events = 0;
  std::int64_t last = -1;
  std::string text;
  while (auto chunk = c.read_chunk()) {
    if (chunk->empty()) break;
    text += *chunk;
  }
  for (std::size_t at = text.find("id: 1."); at != std::string::npos;
       at = text.find("id: 1.", at + 1), ++events) {
    const auto id = std::stoll(text.substr(at + 6));
    BOOST_REQUIRE(id > last);
    last = id;
  }
  BOOST_TEST(last == 300'001);
  BOOST_TEST(events <= 302u);
  BOOST_TEST(text.find("event: end\n") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_client_that_disconnects_is_removed_with_the_next_event) {
  world w;
  w.know(standing(10));
  {
    event_client c{w.port()};
    c.next();
    w.wait_for_followers(1);
    c.connection().reset();
  }
  for (int i = 11; i < 99; ++i) w.tell(standing(i));
  w.beat();
  w.wait_for_followers(0);
}

BOOST_AUTO_TEST_CASE(a_head_request_of_events_follows_nothing) {
  world w;
  w.know(standing(10));
  client c{w.port()};
  c.send("HEAD /api/jobs/7/events HTTP/1.1\r\nHost: h\r\n\r\n");
  const auto head = c.read_head();
  BOOST_TEST(head.status == 200);
  BOOST_TEST(head.header("Content-Type").value() == "text/event-stream");
  w.wait_for_followers(0);
  BOOST_TEST(c.ask(get_text("/healthz")).status == 200);
}

BOOST_AUTO_TEST_CASE(events_of_an_unknown_job_are_404) {
  world w;
  for (const auto* id : {"77", "0", "abc", "9007199254740992"}) {
    const auto a = get(w.port(), std::string{"/api/jobs/"} + id + "/events");
    BOOST_TEST(a.status == 404);
    BOOST_TEST(a.header("Content-Type").value() == "application/problem+json");
    BOOST_TEST(a.body.find(R"("code":"job_not_found")") != std::string::npos);
  }
  w.wait_for_followers(0);
}

BOOST_AUTO_TEST_CASE(a_malformed_last_event_id_is_a_bad_request_that_names_it) {
  world w;
  w.know(standing(10));
  for (const auto* id : {"x", "1", "1.", ".1", "1.x", "0.1", "-1.1", "1.-1", "1.1.1.1", "1.1.0",
                         "1.1+", "99999999999.1", "1.99999999999999999999"}) {
    const auto header = ask(
        w.port(), get_text("/api/jobs/7/events", "Last-Event-ID: " + std::string{id} + "x\r\n"));
    BOOST_TEST(header.status == 400);
    BOOST_TEST(header.body.find("Last-Event-ID is not the id of an event") != std::string::npos);
    for (const std::string name : {"last_event_id", "lastEventId"}) {
      const auto parameter = get(w.port(), "/api/jobs/7/events?" + name + "=" + id);
      BOOST_TEST(parameter.status == 400);
      BOOST_TEST(parameter.body.find(name + " is not the id of an event") != std::string::npos);
    }
  }
  for (const std::string name : {"last_event_id", "lastEventId"}) {
    const auto twice = get(w.port(), "/api/jobs/7/events?" + name + "=1.1&" + name + "=1.1");
    BOOST_TEST(twice.status == 400);
    BOOST_TEST(twice.body.find(name + " is given twice") != std::string::npos);
  }
}

BOOST_AUTO_TEST_CASE(a_status_that_cannot_be_read_is_an_error_of_events) {
  world w{{.request_handle = 300ms}};
  w.reader_is(manner::storage_failed);
  BOOST_TEST(get(w.port(), "/api/jobs/7/events").status == 503);
  w.reader_is(manner::forget);
  BOOST_TEST(get(w.port(), "/api/jobs/7/events").status == 500);
  w.reader_is(manner::hold);
  const auto late = get(w.port(), "/api/jobs/7/events");
  BOOST_TEST(late.status == 503);
  BOOST_TEST(late.header("Content-Type").value() == "application/problem+json");
  w.let_go();
  w.wait_for_followers(0);
}

BOOST_AUTO_TEST_CASE(too_many_subscribers_are_503_with_retry_after) {
  world w{{.max_connections = 8, .client_share = 100}};  // six of them may follow
  w.know(standing(10));
  std::vector<event_client> followers;
  for (int i = 0; i < 5; ++i) followers.emplace_back(w.port());
  client poll{w.port()};
  poll.send(get_text("/api/status?jobid=7&wait=60"));
  w.wait_for_followers(6);
  client c{w.port()};
  const auto refused = c.ask(get_text("/api/jobs/7/events"));
  BOOST_TEST(refused.status == 503);
  BOOST_TEST(refused.header("Retry-After").value() == "5");
  BOOST_TEST(refused.header("Content-Type").value() == "application/problem+json");
  const auto poll_refused = c.ask(get_text("/api/status?jobid=7&wait=60"));
  BOOST_TEST(poll_refused.status == 503);
  BOOST_TEST(poll_refused.body == R"({"error":"too many clients follow jobs"})");
  BOOST_TEST(c.ask(get_text("/api/status?jobid=7")).status == 200);
  w.know(standing(100, job_state::completed));
  w.tell(standing(100, job_state::completed));
  BOOST_TEST(poll.read().status == 200);
  w.wait_for_followers(0);
  c.send(get_text("/api/jobs/7/events"));
  BOOST_TEST(c.read_head().status == 200);
}

BOOST_AUTO_TEST_CASE(a_stop_breaks_events_off_without_an_end) {
  world w;
  w.know(standing(10));
  std::vector<event_client> followers;
  for (int i = 0; i < 20; ++i) followers.emplace_back(w.port());
  client poll{w.port()};
  poll.send(get_text("/api/status?jobid=7&wait=60"));
  w.wait_for_followers(21);
  w.stop_server();
  BOOST_TEST(poll.read().status == 503);
  for (auto& c : followers) {
    while (auto e = c.next()) BOOST_TEST(e->of("event") != "end");
    BOOST_TEST(c.broken_off());
  }
  w.tell(standing(11));  // the herald does not know yet
  w.destroy_server();
  w.beat();
  w.tell(standing(100, job_state::completed));
}

BOOST_AUTO_TEST_CASE(ids_of_events_have_one_form) {
  using http::event_id;
  BOOST_TEST((event_id::parse("1.0") == event_id{1, 0}));
  BOOST_TEST((event_id::parse("12.3456") == event_id{12, 3456}));
  BOOST_TEST((event_id{12, 3456}.text() == "12.3456"));
  BOOST_TEST((event_id::parse("1.3.1700000000123") == event_id{1, 3, 1'700'000'000'123}));
  BOOST_TEST((event_id{1, 3, 1'700'000'000'123}.text() == "1.3.1700000000123"));
  for (const auto* text : {"1", "1.", "1.3.", "1.3.0", "1.3.-1", "1.3.5.7", "1.3x", "0.3",
                           "1.3.99999999999999999999"}) {
    BOOST_TEST(!event_id::parse(text).has_value(), text);
  }
  BOOST_TEST((event_id{1, 99} < event_id{2, 0}));
  BOOST_TEST((event_id{1, 9} < event_id{1, 10}));
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(long_polls)

BOOST_AUTO_TEST_CASE(a_status_that_waits_is_answered_at_the_end_of_the_job) {
  world w;
  w.know(standing(10));
  client c{w.port()};
  c.send(get_text("/api/status?jobid=7&wait=60"));
  w.wait_for_followers(1);
  w.wait_for_status_questions(1);
  w.tell(standing(20));
  w.know(standing(100, job_state::completed));
  w.tell(standing(100, job_state::completed));
  const auto a = c.read();
  BOOST_TEST(a.status == 200);
  BOOST_TEST(a.body == ended);
  BOOST_TEST(a.header("ETag").value() == "W/\"1700000000123.1.100.0.completed\"");
  w.wait_for_followers(0);
}

BOOST_AUTO_TEST_CASE(a_status_that_waits_for_a_job_that_has_ended_is_answered_at_once) {
  world w;
  w.know(standing(100, job_state::completed));
  BOOST_TEST(get(w.port(), "/api/status?wait=60&jobid=7").body == ended);
  BOOST_TEST(get(w.port(), "/api/status/?jobid=8&wait=60").body ==
             R"({"error":"job 8 does not exist"})");
  w.wait_for_followers(0);
}

BOOST_AUTO_TEST_CASE(a_wait_that_is_over_is_answered_with_the_status_at_that_time) {
  world w{{.request_handle = 500ms}};  // the wait is longer, and counts
  w.know(standing(10));
  client c{w.port()};
  c.send(get_text("/api/status?jobid=7&wait=1"));
  w.wait_for_followers(1);
  w.wait_for_status_questions(1);
  w.know(standing(10));  // a status in between would be read by nobody
  for (int done = 11; done < 40; ++done) w.tell(standing(done));
  const auto a = c.read();
  BOOST_TEST(a.status == 200);
  BOOST_TEST(a.body.find(R"("status":"ongoing")") != std::string::npos);
  BOOST_TEST((a.header("ETag").value() == "W/\"1700000000123.1.39.0.ongoing\"" ||
              a.header("ETag").value() == "W/\"1700000000123.1.10.0.ongoing\""));
  w.wait_for_followers(0);
}

BOOST_AUTO_TEST_CASE(a_wait_of_0_seconds_is_answered_at_once) {
  world w;
  w.know(standing(10));
  BOOST_TEST(get(w.port(), "/api/status?jobid=7&wait=0").status == 200);
}

BOOST_AUTO_TEST_CASE(a_wait_that_is_no_number_of_seconds_is_a_bad_request) {
  world w;
  w.know(standing(10));
  for (const auto* wait : {"", "x", "-1", "61", "1.5", "30s", "+1", "99999999999999999999"}) {
    const auto a = get(w.port(), std::string{"/api/status?jobid=7&wait="} + wait);
    BOOST_TEST(a.status == 400);
    BOOST_TEST(a.body == R"({"error":"wait is not a number of seconds from 0 to 60"})");
  }
  BOOST_TEST(get(w.port(), "/api/status?jobid=7&wait=1&wait=1").body ==
             R"({"error":"wait is given twice"})");
}

BOOST_AUTO_TEST_CASE(a_status_that_waits_and_cannot_be_read_is_an_error) {
  world w{{.request_handle = 300ms}};
  w.reader_is(manner::storage_failed);
  BOOST_TEST(get(w.port(), "/api/status?jobid=7&wait=60").status == 503);
  w.reader_is(manner::forget);
  BOOST_TEST(get(w.port(), "/api/status?jobid=7&wait=60").status == 500);
  w.reader_is(manner::hold);
  BOOST_TEST(get(w.port(), "/api/status?jobid=7&wait=60").status == 503);
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(conditional_requests)

BOOST_AUTO_TEST_CASE(a_status_that_the_client_has_is_not_sent_again) {
  world w;
  w.know(standing(10));
  client c{w.port()};
  const auto first = c.ask(get_text("/api/status?jobid=7"));
  BOOST_TEST(first.header("ETag").value() == "W/\"1700000000123.1.10.0.ongoing\"");
  BOOST_TEST(first.header("Cache-Control").value() == "no-cache");
  c.send(
      get_text("/api/status?jobid=7", "If-None-Match: " + first.header("ETag").value() + "\r\n"));
  const auto same = c.read_head();
  BOOST_TEST(same.status == 304);
  BOOST_TEST(same.header("ETag").value() == "W/\"1700000000123.1.10.0.ongoing\"");
  BOOST_TEST(same.header("Cache-Control").value() == "no-cache");
  BOOST_TEST(!same.header("Content-Length").has_value());
  BOOST_TEST(!same.header("Content-Type").has_value());
  w.know(standing(11));
  const auto other = c.ask(get_text(
      "/api/status?jobid=7", "If-None-Match: \"x\", W/\"1700000000123.1.10.0.ongoing\"\r\n"));
  BOOST_TEST(other.status == 200);
  BOOST_TEST(other.header("ETag").value() == "W/\"1700000000123.1.11.0.ongoing\"");
  const auto none = c.ask(get_text("/api/status?jobid=8", "If-None-Match: *\r\n"));
  BOOST_TEST(none.status == 400);
  BOOST_TEST(!none.header("ETag").has_value());
  c.send(get_text("/api/status?jobid=7",
                  "If-None-Match: \"x\"\r\nIf-None-Match: \"1700000000123.1.11.0.ongoing\"\r\n"));
  BOOST_TEST(c.read_head().status == 304);
}

BOOST_AUTO_TEST_CASE(whatever_changes_the_answer_changes_its_tag) {
  std::map<std::string, int> tags;
  ++tags[http::etag_of(standing(10))];
  ++tags[http::etag_of(standing(11))];
  ++tags[http::etag_of(standing(10, job_state::ongoing, 2))];
  ++tags[http::etag_of(standing(100))];
  ++tags[http::etag_of(standing(100, job_state::completed))];
  auto failed = standing(9);
  failed.images.failed = 1;
  ++tags[http::etag_of(failed)];
  auto elsewhere = standing(10);  // job 7 of another database
  elsewhere.submitted_at += 1ms;
  ++tags[http::etag_of(elsewhere)];
  BOOST_TEST(tags.size() == 7u);
}

BOOST_AUTO_TEST_CASE(lists_of_tags_are_compared_weakly) {
  const auto* ours = "W/\"1.2\"";
  for (const auto* text :
       {"*", " * ", "W/\"1.2\"", "\"1.2\"", "\"a\", \"1.2\"", "\"a\",W/\"1.2\",\"b\"",
        " , \"1.2\" ,", "W/\"a,b\" , \"1.2\"", "\"\", \"1.2\""}) {
    BOOST_TEST(http::lists_etag(text, ours), text);
  }
  for (const auto* text : {"", ",", "\"1.3\"", "1.2", "\"1.2", "W\"1.2\"", "w/\"1.2\"",
                           "\"a\" \"1.2\"", "*, \"a\"", "\"1.2x\"", "\"W/1.2\""}) {
    BOOST_TEST(!http::lists_etag(text, ours), text);
  }
}

BOOST_AUTO_TEST_SUITE_END()
