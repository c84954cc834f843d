#include <atomic>
#include <boost/test/unit_test.hpp>
#include <future>
#include <memory>
#include <stdexcept>
#include <thread>
#include <vector>

#include "core/limits.hpp"
#include "tests/http/client.hpp"
#include "tests/http/world.hpp"

using namespace retail_pulse;
using namespace retail_pulse::tests;
using namespace std::chrono_literals;

namespace {

/// Holds a submission with a callback URL, and with it the thread that sends it to the supervisor,
/// until the gate is opened: for a large submission, the parser thread.
class gate {
 public:
  std::function<void(const submission&)> wait() {
    return [this](const submission& job) {
      if (job.callback_url().empty()) return;
      arrived_.set_value_once();
      opened_.wait();
    };
  }
  void wait_for_arrival() { arrived_.wait(); }
  void open() { open_.set_value(); }

 private:
  struct once {
    std::promise<void> promise;
    std::shared_future<void> future{promise.get_future()};
    bool set = false;  // by the parser thread only
    void set_value_once() {
      if (!std::exchange(set, true)) promise.set_value();
    }
    void wait() const {
      if (future.wait_for(20s) != std::future_status::ready)
        throw std::runtime_error{"nothing came to the parser"};
    }
  };
  once arrived_;
  std::promise<void> open_;
  std::shared_future<void> opened_{open_.get_future()};
};

constexpr http::submission_rules with_webhooks{.sends_webhooks = true};

/// A submission that stops at the gate.
std::string held_submission(std::size_t bytes = 0) {
  return good_submission(bytes).insert(1, R"("callback_url":"http://h.example/ended",)");
}

}  // namespace

BOOST_AUTO_TEST_SUITE(pressure)

BOOST_AUTO_TEST_CASE(an_actor_that_does_not_answer_is_given_up_on) {
  world w{{.request_handle = 200ms}};
  w.supervisor_is(manner::hold);
  w.reader_is(manner::hold);
  client submitting{w.port()};
  const auto submitted = submitting.ask(post_text("/api/submit", good_submission()));
  BOOST_TEST(submitted.status == 503);
  BOOST_TEST(submitted.header("Retry-After").value() == "5");
  BOOST_TEST(
      submitted.body ==
      R"({"error":"the request was not answered in time; what it asked for may still happen"})");
  BOOST_TEST(get(w.port(), "/api/status?jobid=1").status == 503);
  w.let_go();  // too late: the answers are dropped
  BOOST_TEST(submitting.ask(get_text("/healthz")).body == R"({"status":"ok"})");
}

BOOST_AUTO_TEST_CASE(readiness_has_a_shorter_patience) {
  world w{{.readiness_answer = 100ms}};
  w.supervisor_is(manner::hold);
  const auto a = get(w.port(), "/readyz");
  BOOST_TEST(a.status == 503);
  BOOST_TEST(a.body == R"({"status":"unavailable","error":"the service does not answer"})");
}

BOOST_AUTO_TEST_CASE(a_dropped_question_is_an_internal_error_with_the_id_of_the_request) {
  world w;
  w.supervisor_is(manner::forget);
  w.reader_is(manner::forget);
  for (const auto& text :
       {post_text("/api/submit", good_submission(), "X-Request-Id: my-id\r\n"),
        post_text("/api/submit", good_submission(50'000), "X-Request-Id: my-id\r\n"),
        get_text("/api/status?jobid=1", "X-Request-Id: my-id\r\n")}) {
    const auto a = ask(w.port(), text);
    BOOST_TEST(a.status == 500);
    BOOST_TEST(a.header("X-Request-Id").value() == "my-id");
    BOOST_TEST(
        a.body ==
        R"({"error":"an internal error happened; the log has it under request my-id","request_id":"my-id"})");
  }
  BOOST_TEST(get(w.port(), "/readyz").status == 503);
}

BOOST_AUTO_TEST_CASE(an_actor_that_dies_is_an_internal_error) {
  world w;
  w.supervisor_is(manner::die);
  w.reader_is(manner::die);
  for (int i = 0; i < 3; ++i) {  // while it dies, and when it is dead
    BOOST_TEST(post(w.port(), "/api/submit", good_submission()).status == 500);
    BOOST_TEST(get(w.port(), "/api/status?jobid=1").status == 500);
    BOOST_TEST(get(w.port(), "/readyz").status == 503);
  }
  BOOST_TEST(get(w.port(), "/healthz").status == 200);
}

BOOST_AUTO_TEST_CASE(a_large_submission_holds_up_no_other_request) {
  gate parser;
  world w{{.max_body_bytes = std::size_t{64} << 20,
           .threads = 1,
           .submissions = with_webhooks,
           .before_submit = parser.wait()}};
  client large{w.port()};
  BOOST_REQUIRE(large.send(post_text("/api/submit", held_submission(std::size_t{20} << 20))));
  parser.wait_for_arrival();
  for (int i = 0; i < 20; ++i) {
    BOOST_TEST(get(w.port(), "/healthz").status == 200);
    BOOST_TEST(post(w.port(), "/api/submit", good_submission()).status == 201);
  }
  BOOST_TEST(!large.has_data());
  parser.open();
  BOOST_TEST(large.read().body == R"({"job_id":21})");
  BOOST_TEST(w.last_submission()->image_count() > 500'000u);
}

BOOST_AUTO_TEST_CASE(bodies_up_to_the_bound_do_not_wait_for_the_parser_thread) {
  gate parser;
  world w{{.submissions = with_webhooks, .before_submit = parser.wait()}};
  auto longest = good_submission();
  longest.resize(limits::inline_parse_bytes, ' ');
  BOOST_TEST(post(w.port(), "/api/submit", longest).status == 201);
  client one_more{w.port()};
  auto longer = held_submission();
  longer.resize(limits::inline_parse_bytes + 1, ' ');
  one_more.send(post_text("/api/submit", longer));
  parser.wait_for_arrival();
  BOOST_TEST(w.submissions() == 1u);
  parser.open();
  BOOST_TEST(one_more.read().status == 201);
}

BOOST_AUTO_TEST_CASE(a_full_parser_queue_is_refused_gracefully) {
  gate parser;
  const auto body = held_submission(100'000);
  world w{{.submissions = with_webhooks,
           .parser_queue_bytes = body.size(),
           .before_submit = parser.wait()}};
  client first{w.port()};
  first.send(post_text("/api/submit", body));  // fills it to the last byte
  parser.wait_for_arrival();
  const auto refused =
      post(w.port(), "/api/submit", good_submission(limits::inline_parse_bytes + 1));
  BOOST_TEST(refused.status == 503);
  BOOST_TEST(refused.header("Retry-After").value() == "5");
  BOOST_TEST(refused.body == R"({"error":"too many large submissions are waiting"})");
  BOOST_TEST(post(w.port(), "/api/submit", good_submission()).status ==
             201);  // a small one is not queued
  parser.open();
  BOOST_TEST(first.read().status == 201);
}

BOOST_AUTO_TEST_CASE(one_submission_larger_than_the_queue_is_taken_when_it_is_alone) {
  world w{{.parser_queue_bytes = 1000}};
  BOOST_TEST(post(w.port(), "/api/submit", good_submission(50'000)).status == 201);
}

BOOST_AUTO_TEST_CASE(a_submission_whose_client_was_given_up_on_is_not_stored) {
  gate parser;
  world w{{.submissions = with_webhooks, .request_handle = 200ms, .before_submit = parser.wait()}};
  client first{w.port()};
  first.send(post_text("/api/submit", held_submission(50'000)));
  parser.wait_for_arrival();
  client behind{w.port()};
  BOOST_TEST(behind.ask(post_text("/api/submit", good_submission(50'000))).status == 503);
  parser.open();
  client next{w.port()};
  BOOST_TEST(next.ask(post_text("/api/submit", good_submission(50'000))).body == R"({"job_id":2})");
  BOOST_TEST(w.submissions() == 2u);  // the first was on its way to the supervisor
}

BOOST_AUTO_TEST_CASE(more_connections_than_allowed_wait_and_are_served) {
  world w{{.max_connections = 20}};
  std::vector<std::unique_ptr<client>> clients;
  for (int i = 0; i < 100; ++i) {
    clients.push_back(std::make_unique<client>(w.port()));
    clients.back()->send(get_text("/healthz", "Connection: close\r\n"));
  }
  for (const auto& c : clients) BOOST_REQUIRE_EQUAL(c->read().status, 200);
  clients.clear();

  for (int i = 0; i < 20; ++i) {  // all places are taken by clients that say nothing, and those
                                  // that came first make room
    clients.push_back(std::make_unique<client>(w.port()));
    BOOST_REQUIRE_EQUAL(clients.back()->ask(get_text("/healthz")).status, 200);
  }
  client late{w.port()};
  BOOST_TEST(late.ask(get_text("/healthz")).status == 200);
  BOOST_TEST(clients.front()->closed());
  BOOST_TEST(clients.back()->ask(get_text("/healthz")).status == 200);
}

BOOST_AUTO_TEST_CASE(a_connection_without_a_request_is_closed_after_a_while) {
  world w{{.request_read = 60s, .idle = 200ms}};  // the client waits for 20 s only
  client never_used{w.port()};
  client used{w.port()};
  BOOST_TEST(used.ask(get_text("/healthz")).status == 200);
  client half{w.port()};
  half.send(get_text("/healthz").substr(0, 20));
  client blank{w.port()};
  blank.send("\r\n");
  w.supervisor_is(manner::hold);
  client asking{w.port()};
  asking.send(post_text("/api/submit", good_submission()));
  w.wait_for_held(1);
  for (auto* c : {&never_used, &used, &blank}) {
    BOOST_TEST(c->read().status == 0);  // in silence
    BOOST_TEST(c->closed());
  }
  BOOST_TEST(half.ask(get_text("/healthz").substr(20)).status ==
             200);  // those in a request are not touched
  w.let_go();
  BOOST_TEST(asking.read().status == 201);
}

BOOST_AUTO_TEST_CASE(silent_clients_make_room) {
  world w{{.max_connections = 4, .idle = 200ms}};
  std::vector<std::unique_ptr<client>> silent;
  for (int i = 0; i < 8; ++i) silent.push_back(std::make_unique<client>(w.port()));
  BOOST_TEST(get(w.port(), "/healthz").status == 200);
}

BOOST_AUTO_TEST_CASE(clients_that_vanish_take_no_place_for_ever) {
  world w{{.max_connections = 8, .client_share = 100}};  // seven requests are served at once
  for (int i = 0; i < 400; ++i) {
    client c{w.port()};
    if (i % 3 == 1) c.send("GET /hea");
    if (i % 3 == 2) c.send(post_text("/api/submit", good_submission(50'000)));
    c.reset();
  }
  for (int i = 0; i < 100; ++i)
    BOOST_REQUIRE_EQUAL(get(w.port(), "/healthz").status, 200);  // behind all of them
  w.reader_is(manner::hold);
  std::vector<std::unique_ptr<client>> clients;
  for (int i = 0; i < 7; ++i) {
    clients.push_back(std::make_unique<client>(w.port()));
    clients.back()->send(get_text("/api/status?jobid=1"));
  }
  w.wait_for_held(7);
  w.let_go();
  for (const auto& c : clients) BOOST_TEST(c->read().status == 400);
}

BOOST_AUTO_TEST_CASE(many_clients_at_once_are_all_answered) {
  world w;
  std::vector<std::thread> threads;
  std::atomic<int> good{0};
  for (int t = 0; t < 8; ++t) {
    threads.emplace_back([&] {
      client c{w.port()};
      for (int i = 0; i < 100; ++i) {
        if (c.ask(post_text("/api/submit", good_submission(i % 10 == 0 ? 30'000 : 0))).status ==
            201)
          ++good;
        if (c.ask(get_text("/api/status?jobid=1000000")).status == 400) ++good;
        if (c.ask(get_text("/readyz")).status == 200) ++good;
      }
    });
  }
  for (auto& thread : threads) thread.join();
  BOOST_TEST(good == 8 * 300);
}

BOOST_AUTO_TEST_SUITE_END()
